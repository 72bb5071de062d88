//! Benchmarks on tokio-uring: one thread, tokio's scheduler, and a ring that it polls through epoll.

use peer_common::{ping_pong, serving, usage, Args, Baton, Block, Meter, Offsets, BLOCK};
use std::rc::Rc;
use std::time::Instant;
use tokio_uring::buf::{BoundedBuf, IoBuf, IoBufMut};
use tokio_uring::fs::File;
use tokio_uring::net::{TcpListener, TcpStream};

fn main() {
    let args = Args::parse();
    match args.verb.as_str() {
        "echo" => start(echo()),
        "micro" => micro(args.count),
        "read" => start(read(args)),
        _ => usage(),
    }
}

fn start<F: std::future::Future>(f: F) -> F::Output {
    tokio_uring::builder().entries(1024).start(f)
}

async fn echo() {
    let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    serving(listener.local_addr().unwrap());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio_uring::spawn(serve(stream));
    }
}

async fn serve(stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut buf = vec![0u8; BLOCK];
    loop {
        let (result, full) = stream.read(buf).await;
        match result {
            Ok(n) if n > 0 => {
                let (result, slice) = stream.write_all(full.slice(..n)).await;
                if result.is_err() {
                    return;
                }
                buf = slice.into_inner();
            }
            _ => return,
        }
    }
}

fn micro(n: u64) {
    start(async {
        for together in [1, 100] {
            tokio_uring::spawn(spawn_join(n, together)).await.unwrap();
        }
        for tasks in [1, 100] {
            tokio_uring::spawn(yields(n, tasks)).await.unwrap();
        }
        tokio_uring::spawn(wakes(n)).await.unwrap();
    });
    wakes_across(n / 10);
}

async fn spawn_join(n: u64, together: u64) {
    let mut handles = Vec::with_capacity(together as usize);
    let meter = Meter::start();
    for _ in 0..n / together {
        handles.extend((0..together).map(|_| tokio_uring::spawn(async { 1 })));
        for handle in handles.drain(..) {
            assert_eq!(handle.await.unwrap(), 1);
        }
    }
    meter.line(&format!("SpawnJoin/together={together}/impl=tokio-uring"), n / together * together);
}

async fn yields(n: u64, tasks: u64) {
    let each = n / tasks;
    let meter = Meter::start();
    let work = |_| {
        tokio_uring::spawn(async move {
            for _ in 0..each {
                tokio::task::yield_now().await;
            }
        })
    };
    let handles: Vec<_> = (0..tasks).map(work).collect();
    for handle in handles {
        handle.await.unwrap();
    }
    meter.line(&format!("Yield/tasks={tasks}/impl=tokio-uring"), each * tasks);
}

/// One operation is one wake and the poll that it leads to.
async fn wakes(n: u64) {
    let (a, b) = (Baton::default(), Baton::default());
    let meter = Meter::start();
    let other = tokio_uring::spawn(ping_pong(b.clone(), a.clone(), n / 2, false));
    tokio_uring::spawn(ping_pong(a, b, n / 2, true)).await.unwrap();
    other.await.unwrap();
    meter.line("Wake/where=same/impl=tokio-uring", n / 2 * 2);
}

/// The same between two threads, each with a runtime of its own.
fn wakes_across(n: u64) {
    let (a, b) = (Baton::default(), Baton::default());
    let meter = Meter::start();
    let other = (b.clone(), a.clone());
    let thread = std::thread::spawn(move || start(ping_pong(other.0, other.1, n / 2, false)));
    start(ping_pong(a, b, n / 2, true));
    thread.join().unwrap();
    meter.line("Wake/where=cross/impl=tokio-uring", n / 2 * 2);
}

struct Buf(Block);

// SAFETY: the memory is on the heap, stays when the value is moved, and is initialized in full.
unsafe impl IoBuf for Buf {
    fn stable_ptr(&self) -> *const u8 {
        self.0.ptr()
    }

    fn bytes_init(&self) -> usize {
        BLOCK
    }

    fn bytes_total(&self) -> usize {
        BLOCK
    }
}

// SAFETY: as above.
unsafe impl IoBufMut for Buf {
    fn stable_mut_ptr(&mut self) -> *mut u8 {
        self.0.ptr_mut()
    }

    unsafe fn set_init(&mut self, _: usize) {}
}

async fn read(args: Args) {
    let file = args.open();
    let meter = Meter::start();
    let until = Instant::now() + args.time;
    let offsets: Vec<_> = (0..args.depth).map(|i| Offsets::new(&file, i as u64, until)).collect();
    let file = Rc::new(File::from_std(file));
    let reader = |mut offsets: Offsets| {
        let file = file.clone();
        tokio_uring::spawn(async move {
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
        count += r.await.unwrap();
    }
    meter.line(&args.read_name("tokio-uring"), count);
}
