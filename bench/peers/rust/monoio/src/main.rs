//! Benchmarks on monoio: one thread with a ring of its own, in which it also sleeps.

use monoio::buf::IoBufMut;
use monoio::fs::File;
use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::{TcpListener, TcpStream};
use monoio::{IoUringDriver, RuntimeBuilder};
use peer_common::{ping_pong, serving, usage, Args, Baton, Block, Meter, Offsets, YieldOnce, BLOCK};
use std::rc::Rc;
use std::time::Instant;

fn main() {
    let args = Args::parse();
    match args.verb.as_str() {
        "echo" => start(echo()),
        "micro" => micro(args.count),
        "read" => start(read(args)),
        _ => usage(),
    }
}

/// The driver is named: monoio's default would fall back to epoll and say nothing.
fn start<F: std::future::Future>(f: F) -> F::Output {
    RuntimeBuilder::<IoUringDriver>::new().with_entries(1024).build().unwrap().block_on(f)
}

async fn echo() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    serving(listener.local_addr().unwrap());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        monoio::spawn(serve(stream));
    }
}

async fn serve(mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut buf = Vec::with_capacity(BLOCK);
    loop {
        let (result, full) = stream.read(buf).await;
        if !matches!(result, Ok(n) if n > 0) {
            return;
        }
        let (result, back) = stream.write_all(full).await;
        if result.is_err() {
            return;
        }
        buf = back;
    }
}

fn micro(n: u64) {
    start(async {
        for together in [1, 100] {
            monoio::spawn(spawn_join(n, together)).await;
        }
        for tasks in [1, 100] {
            monoio::spawn(yields(n, tasks)).await;
        }
        monoio::spawn(wakes(n)).await;
    });
    wakes_across(n / 10);
}

async fn spawn_join(n: u64, together: u64) {
    let mut handles = Vec::with_capacity(together as usize);
    let meter = Meter::start();
    for _ in 0..n / together {
        handles.extend((0..together).map(|_| monoio::spawn(async { 1 })));
        for handle in handles.drain(..) {
            assert_eq!(handle.await, 1);
        }
    }
    meter.line(&format!("SpawnJoin/together={together}/impl=monoio"), n / together * together);
}

async fn yields(n: u64, tasks: u64) {
    let each = n / tasks;
    let meter = Meter::start();
    let work = |_| {
        monoio::spawn(async move {
            for _ in 0..each {
                YieldOnce::default().await;
            }
        })
    };
    let handles: Vec<_> = (0..tasks).map(work).collect();
    for handle in handles {
        handle.await;
    }
    meter.line(&format!("Yield/tasks={tasks}/impl=monoio"), each * tasks);
}

/// One operation is one wake and the poll that it leads to.
async fn wakes(n: u64) {
    let (a, b) = (Baton::default(), Baton::default());
    let meter = Meter::start();
    let other = monoio::spawn(ping_pong(b.clone(), a.clone(), n / 2, false));
    monoio::spawn(ping_pong(a, b, n / 2, true)).await;
    other.await;
    meter.line("Wake/where=same/impl=monoio", n / 2 * 2);
}

/// The same between two threads, each with a runtime of its own.
fn wakes_across(n: u64) {
    let (a, b) = (Baton::default(), Baton::default());
    let meter = Meter::start();
    let other = (b.clone(), a.clone());
    let thread = std::thread::spawn(move || start(ping_pong(other.0, other.1, n / 2, false)));
    start(ping_pong(a, b, n / 2, true));
    thread.join().unwrap();
    meter.line("Wake/where=cross/impl=monoio", n / 2 * 2);
}

struct Buf(Block);

// SAFETY: the memory is on the heap, stays when the value is moved, and is initialized in full.
unsafe impl IoBufMut for Buf {
    fn write_ptr(&mut self) -> *mut u8 {
        self.0.ptr_mut()
    }

    fn bytes_total(&mut self) -> usize {
        BLOCK
    }

    unsafe fn set_init(&mut self, _: usize) {}
}

async fn read(args: Args) {
    let file = args.open();
    let meter = Meter::start();
    let until = Instant::now() + args.time;
    let offsets: Vec<_> = (0..args.depth).map(|i| Offsets::new(&file, i as u64, until)).collect();
    let file = Rc::new(File::from_std(file).unwrap());
    let reader = |mut offsets: Offsets| {
        let file = file.clone();
        monoio::spawn(async move {
            let mut buf = Buf(Block::default());
            while let Some(offset) = offsets.next() {
                let (result, back) = file.read_at(buf, offset).await;
                Offsets::check(result);
                buf = back;
            }
            offsets.count
        })
    };
    let readers: Vec<_> = offsets.into_iter().map(reader).collect();
    let mut count = 0;
    for r in readers {
        count += r.await;
    }
    meter.line(&args.read_name("monoio"), count);
}
