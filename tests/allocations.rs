//! How often a session check allocates: a bound that a slow machine and a busy one keep alike.
//!
//! This program is both sides. Started by cargo it is the test, which starts itself once more as the service, `serve`, whose
//! allocations are counted from the first on. The service tells the count to whoever connects to a socket in its folder.

use bench::http::Connection;
use bench::load::{self, Operation, World};
use bench::servers::Servers;
use bench::subject::{Behind, Kind, Subject};
use bench::upstream::Upstream;
use clap::Parser;
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;
use weapp_login::commands::Cli;

/// An upper bound, to be lowered to a fifth above what is measured.
const MOST: f64 = 120.0;

const CHECKS: u64 = 500;

/// The socket in the service's folder.
const SOCKET: &str = "allocations";

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is the system allocator's own, with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

fn main() -> ExitCode {
    #[expect(
        clippy::disallowed_methods,
        reason = "only the test gives settings; cargo's own arguments may be any words"
    )]
    if std::env::var_os("WECHAT_APP_SECRET").is_some() {
        return serve();
    }
    LocalSet::new().block_on(&Runtime::new().unwrap(), a_session_check_allocates_little());
    println!("test a_session_check_allocates_little ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored");
    ExitCode::SUCCESS
}

/// The program as it is, besides what tells the count.
fn serve() -> ExitCode {
    // `migrate` runs in the folder of the sources, where nobody asks.
    let asked = std::env::args().nth(1).is_some_and(|command| command == "serve");
    std::thread::spawn(move || {
        let Some(socket) = asked.then(|| UnixListener::bind(SOCKET).unwrap()) else { return };
        for caller in socket.incoming() {
            // Who has gone does not want to know.
            let _ = caller.and_then(|mut caller| write!(caller, "{}", ALLOCATIONS.load(Relaxed)));
        }
    });
    Runtime::new().unwrap().block_on(Cli::parse().run()).unwrap();
    ExitCode::SUCCESS
}

fn told(folder: &Path) -> u64 {
    let mut text = String::new();
    UnixStream::connect(folder.join(SOCKET)).unwrap().read_to_string(&mut text).unwrap();
    text.parse().unwrap()
}

async fn a_session_check_allocates_little() {
    let folder = tempfile::tempdir().unwrap();
    let servers = Servers::start(folder.path()).await.unwrap();
    let behind = Behind { mysql: servers.mysql, redis: servers.redis, wechat: Upstream::start().address };
    let subject = Subject { name: "counted".into(), program: std::env::current_exe().unwrap(), kind: Kind::WeappLogin };
    subject.prepare(&servers, behind).unwrap();
    let served = subject.start(behind, None, folder.path()).await.unwrap();
    load::register(served.address, 20).await.unwrap();
    let world = World::new(served.address, 20, 1_000_000_000);
    world.open_sessions(20).await.unwrap();
    let mut connection = Connection::open(served.address).await.unwrap();
    for _ in 0..CHECKS {
        world.once(&mut connection, Operation::SessionCheck).await.unwrap();
    }

    let before = told(folder.path());
    for _ in 0..CHECKS {
        world.once(&mut connection, Operation::SessionCheck).await.unwrap();
    }
    let each = (told(folder.path()) - before) as f64 / CHECKS as f64;

    assert!(each <= MOST, "a session check allocates {each:.1} times");
}
