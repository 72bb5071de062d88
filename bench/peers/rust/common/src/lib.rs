//! What the programs on different runtimes have in common: arguments, meter, output, buffers, and the pieces of the
//! benchmarks that no runtime provides. All of them do the same work; only the runtime differs.
//!
//! Output is in the format of Go benchmarks, so that benchstat reads it.

use std::cell::Cell;
use std::fs::File;
use std::future::Future;
use std::os::unix::fs::OpenOptionsExt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Bytes of one read, of its alignment, and of the buffer of one connection.
pub const BLOCK: usize = 4096;

/// What a program was asked to do.
pub struct Args {
    /// echo, micro or read.
    pub verb: String,
    /// Operations of each micro benchmark.
    pub count: u64,
    /// The file to read.
    pub file: String,
    /// Reads in flight.
    pub depth: usize,
    /// Whether reads go past the page cache.
    pub direct: bool,
    /// For how long to read.
    pub time: Duration,
}

impl Args {
    /// Reads the command line, and ends the process with status 2 when it makes no sense.
    pub fn parse() -> Args {
        let mut words = std::env::args().skip(1);
        let mut a = Args {
            verb: words.next().unwrap_or_default(),
            count: 1_000_000,
            file: String::new(),
            depth: 1,
            direct: false,
            time: Duration::from_secs(1),
        };
        while let Some(flag) = words.next() {
            match flag.as_str() {
                "-n" => a.count = value(words.next()),
                "-file" => a.file = value(words.next()),
                "-depth" => a.depth = value(words.next()),
                "-seconds" => a.time = Duration::from_secs_f64(value(words.next())),
                "-direct" => a.direct = true,
                _ => usage(),
            }
        }
        if a.verb == "read" && (a.file.is_empty() || a.depth == 0) {
            usage()
        }
        a
    }

    /// Opens the file to read.
    pub fn open(&self) -> File {
        let flags = if self.direct { libc::O_DIRECT } else { 0 };
        let file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(&self.file);
        file.unwrap_or_else(|e| fail(&format!("{}: {e}", self.file)))
    }

    /// The name of the benchmark that reads.
    pub fn read_name(&self, implementation: &str) -> String {
        let cache = if self.direct { "direct" } else { "page" };
        format!("Read/cache={cache}/depth={}/impl={implementation}", self.depth)
    }
}

fn value<T: std::str::FromStr>(word: Option<String>) -> T {
    word.and_then(|w| w.parse().ok()).unwrap_or_else(|| usage())
}

/// Says what the program can do and ends the process.
pub fn usage() -> ! {
    fail("usage: echo | micro [-n COUNT] | read -file FILE [-depth N] [-direct] [-seconds S]")
}

fn fail(text: &str) -> ! {
    eprintln!("{text}");
    std::process::exit(2)
}

/// Announces a server on standard output, and ends the process when standard input ends.
pub fn serving(address: std::net::SocketAddr) {
    println!("listening {address}");
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0)
    });
}

/// Measures wall time and the processor time of all threads.
pub struct Meter {
    wall: Instant,
    cpu: u64,
}

impl Meter {
    pub fn start() -> Meter {
        Meter { cpu: cpu_ns(), wall: Instant::now() }
    }

    /// Prints what each of n operations took.
    pub fn line(&self, name: &str, n: u64) {
        let wall = self.wall.elapsed().as_nanos() as f64 / n as f64;
        let cpu = (cpu_ns() - self.cpu) as f64 / n as f64;
        println!("Benchmark{name}\t{n}\t{wall:.2} ns/op\t{cpu:.2} cpu-ns/op");
    }
}

fn cpu_ns() -> u64 {
    // SAFETY: getrusage writes one rusage, for which zero is a value.
    let u = unsafe {
        let mut u: libc::rusage = std::mem::zeroed();
        if libc::getrusage(libc::RUSAGE_SELF, &mut u) != 0 {
            fail("getrusage failed");
        }
        u
    };
    let ns = |t: libc::timeval| t.tv_sec as u64 * 1_000_000_000 + t.tv_usec as u64 * 1_000;
    ns(u.ru_utime) + ns(u.ru_stime)
}

/// Gives way once: wakes itself and is pending the first time. For runtimes that bring no such future.
#[derive(Default)]
pub struct YieldOnce {
    gave_way: Cell<bool>,
}

impl Future for YieldOnce {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.gave_way.replace(true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A flag that one task sets and another waits for. The same for all runtimes, so that their wakes are compared and not
/// their channels.
#[derive(Clone, Default)]
pub struct Baton(Arc<Mutex<(bool, Option<Waker>)>>);

impl Baton {
    /// Sets the flag and wakes who waits for it.
    pub fn pass(&self) {
        let waker = {
            let mut state = self.0.lock().unwrap();
            state.0 = true;
            state.1.take()
        };
        if let Some(w) = waker {
            w.wake()
        }
    }

    /// Waits for the flag and clears it.
    pub async fn take(&self) {
        std::future::poll_fn(|cx| {
            let mut state = self.0.lock().unwrap();
            if std::mem::take(&mut state.0) {
                return Poll::Ready(());
            }
            state.1 = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

/// One side of a ping-pong: waits for its own flag and sets the other one, n times. The first side sets before it waits.
pub async fn ping_pong(own: Baton, other: Baton, n: u64, first: bool) {
    for _ in 0..n {
        if first {
            other.pass();
        }
        own.take().await;
        if !first {
            other.pass();
        }
    }
}

/// A block of memory that is aligned as O_DIRECT wants it.
pub struct Block(Box<Page>);

#[repr(align(4096))]
struct Page([u8; BLOCK]);

impl Default for Block {
    fn default() -> Block {
        Block(Box::new(Page([0; BLOCK])))
    }
}

impl Block {
    /// The address of the block; it stays when the block is moved.
    pub fn ptr(&self) -> *const u8 {
        self.0 .0.as_ptr()
    }

    /// The same for those who write.
    pub fn ptr_mut(&mut self) -> *mut u8 {
        self.0 .0.as_mut_ptr()
    }

    pub fn bytes(&mut self) -> &mut [u8] {
        &mut self.0 .0
    }
}

/// Random offsets of blocks, and the end of the time for reading them.
pub struct Offsets {
    state: u64,
    blocks: u64,
    until: Instant,
    /// How many were given out.
    pub count: u64,
}

impl Offsets {
    /// Each reader has a seed of its own.
    pub fn new(file: &File, seed: u64, until: Instant) -> Offsets {
        let blocks = file.metadata().map(|m| m.len() / BLOCK as u64).unwrap_or(0);
        if blocks == 0 {
            fail("the file has no full block");
        }
        Offsets { state: seed * 2 + 1, blocks, until, count: 0 }
    }

    /// The next offset, or none when the time is over. The clock is read for one in 16.
    pub fn next(&mut self) -> Option<u64> {
        if self.count % 16 == 0 && Instant::now() >= self.until {
            return None;
        }
        self.count += 1;
        self.state = self.state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        Some((((self.state >> 32) * self.blocks) >> 32) * BLOCK as u64)
    }

    /// Checks the result of one read.
    pub fn check(result: std::io::Result<usize>) {
        match result {
            Ok(BLOCK) => (),
            Ok(n) => fail(&format!("read {n} bytes, want {BLOCK}")),
            Err(e) => fail(&format!("read: {e}")),
        }
    }
}
