//! Benchmarks on tokio: its runtime of several threads with epoll (impl=tokio), and its runtime of one thread
//! (impl=tokio-current). Files are read on its pool of blocking threads, as tokio::fs does.

use peer_common::{ping_pong, serving, usage, Args, Baton, Block, Meter, Offsets, BLOCK};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

/// Workers of the micro benchmarks. A server has as many as it may use processors.
const WORKERS: usize = 2;

fn main() {
    let args = Args::parse();
    match args.verb.as_str() {
        "echo" => Builder::new_multi_thread().enable_io().build().unwrap().block_on(echo()),
        "micro" => micro(args.count),
        "read" => workers().block_on(read(args)),
        _ => usage(),
    }
}

fn workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(WORKERS).enable_io().build().unwrap()
}

fn current() -> Runtime {
    Builder::new_current_thread().enable_io().build().unwrap()
}

async fn echo() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    serving(listener.local_addr().unwrap());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(serve(stream));
    }
}

async fn serve(mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut buf = [0u8; BLOCK];
    while let Ok(n) = stream.read(&mut buf).await {
        if n == 0 || stream.write_all(&buf[..n]).await.is_err() {
            return;
        }
    }
}

/// Runs each benchmark in a task, not in the future that the runtime blocks on: that one is outside of the workers.
fn micro(n: u64) {
    for (runtime, name) in [(workers(), "tokio"), (current(), "tokio-current")] {
        for together in [1, 100] {
            runtime.block_on(async move { tokio::spawn(spawn_join(n, together, name)).await.unwrap() });
        }
        for tasks in [1, 100] {
            runtime.block_on(async move { tokio::spawn(yields(n, tasks, name)).await.unwrap() });
        }
        let place = if name == "tokio" { "free" } else { "same" };
        runtime.block_on(async move { tokio::spawn(wakes(n, place, name)).await.unwrap() });
    }
    wakes_across(n / 10);
}

async fn spawn_join(n: u64, together: u64, name: &str) {
    let mut handles = Vec::with_capacity(together as usize);
    let meter = Meter::start();
    for _ in 0..n / together {
        handles.extend((0..together).map(|_| tokio::spawn(async { 1 })));
        for handle in handles.drain(..) {
            assert_eq!(handle.await.unwrap(), 1);
        }
    }
    meter.line(&format!("SpawnJoin/together={together}/impl={name}"), n / together * together);
}

async fn yields(n: u64, tasks: u64, name: &str) {
    let each = n / tasks;
    let meter = Meter::start();
    let work = |_| {
        tokio::spawn(async move {
            for _ in 0..each {
                tokio::task::yield_now().await;
            }
        })
    };
    let handles: Vec<_> = (0..tasks).map(work).collect();
    for handle in handles {
        handle.await.unwrap();
    }
    meter.line(&format!("Yield/tasks={tasks}/impl={name}"), each * tasks);
}

/// One operation is one wake and the poll that it leads to.
async fn wakes(n: u64, place: &str, name: &str) {
    let (a, b) = (Baton::default(), Baton::default());
    let meter = Meter::start();
    let other = tokio::spawn(ping_pong(b.clone(), a.clone(), n / 2, false));
    tokio::spawn(ping_pong(a, b, n / 2, true)).await.unwrap();
    other.await.unwrap();
    meter.line(&format!("Wake/where={place}/impl={name}"), n / 2 * 2);
}

/// The same between two threads, each with a runtime of its own.
fn wakes_across(n: u64) {
    let (a, b) = (Baton::default(), Baton::default());
    let meter = Meter::start();
    let other = (b.clone(), a.clone());
    let thread = std::thread::spawn(move || current().block_on(ping_pong(other.0, other.1, n / 2, false)));
    current().block_on(ping_pong(a, b, n / 2, true));
    thread.join().unwrap();
    meter.line("Wake/where=cross/impl=tokio-current", n / 2 * 2);
}

async fn read(args: Args) {
    let file = Arc::new(args.open());
    let meter = Meter::start();
    let until = Instant::now() + args.time;
    let reader = |i| {
        let file = file.clone();
        let mut offsets = Offsets::new(&file, i as u64, until);
        tokio::spawn(async move {
            let mut block = Block::default();
            while let Some(offset) = offsets.next() {
                let file = file.clone();
                let task = tokio::task::spawn_blocking(move || (file.read_at(block.bytes(), offset), block));
                let (result, back) = task.await.unwrap();
                Offsets::check(result);
                block = back;
            }
            offsets.count
        })
    };
    let readers: Vec<_> = (0..args.depth).map(reader).collect();
    let mut count = 0;
    for r in readers {
        count += r.await.unwrap();
    }
    meter.line(&args.read_name("tokio"), count);
}
