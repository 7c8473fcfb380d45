//! `make soak`: hours in minutes. A steady mix of sign-ins and checks, a fault now and then, and nobody who asks for the
//! metrics: memory and descriptors must stay where they were.

use anyhow::ensure;
use bench::http::Connection;
use bench::load::{self, Operation, World};
use bench::process;
use bench::servers::Servers;
use bench::subject::{Behind, Kind, Subject};
use bench::upstream::Upstream;
use clap::Parser;
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Has people sign in and use their sessions for a long time, and watches what the program holds.
///
/// Ends with 1 when memory or descriptors grew, or when requests failed while everything was well.
#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value = "target/release/weapp-login")]
    program: PathBuf,
    #[arg(long, default_value_t = 30.0)]
    minutes: f64,
    /// Requests a second, whatever is answered
    #[arg(long, default_value_t = 1500)]
    rate: u64,
    /// People who have registered before
    #[arg(long, default_value_t = 20_000)]
    users: u64,
    /// Seconds between two faults, in turn a Redis and a database that do not answer; 0 for none
    #[arg(long, default_value_t = 60)]
    fault_every: u64,
    /// Seconds that a fault takes
    #[arg(long, default_value_t = 3)]
    fault_for: u64,
}

/// How long after a fault a failed request is still its consequence.
const AFTERMATH: Duration = Duration::from_secs(8);
/// Connections that the load keeps open.
const MAX_IDLE: usize = 64;
/// How often the program is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What is known of the requests.
#[derive(Default)]
struct Tally {
    done: Cell<u64>,
    failed_in_fault: Cell<u64>,
    failed: RefCell<Vec<String>>,
    last_fault: Cell<Option<Instant>>,
    faults: Cell<u64>,
    ended: Cell<bool>,
}

/// What the program held at one moment.
struct Held {
    mib: f64,
    descriptors: usize,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    process::apart(async |core| run(arguments, core).await)
}

async fn run(arguments: Arguments, core: Option<u32>) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("soak-").tempdir()?;
    let servers = Servers::start(folder.path()).await?;
    let upstream = Upstream::start();
    let behind = Behind::direct(&servers, &upstream);
    let subject = Subject { name: "soak".into(), program: arguments.program.clone(), kind: Kind::WeappLogin };
    subject.prepare(&servers, behind)?;
    let served = subject.start(behind, core, folder.path()).await?;
    load::register(served.address, arguments.users).await?;
    let world = Rc::new(World::new(served.address, arguments.users, 1_000_000_000));
    world.open_sessions(500).await?;

    let tally = Rc::new(Tally::default());
    let mut all = JoinSet::new();
    all.spawn_local(requests(world, arguments.rate, tally.clone()));
    all.spawn_local(faults(servers.ids(), arguments.fault_every, arguments.fault_for, tally.clone()));
    let held = watch(served.id(), Duration::from_secs_f64(arguments.minutes * 60.0), &tally).await?;
    tally.ended.set(true);
    load::all_well(&mut all).await?;
    judge(&held, &tally)
}

/// Of a hundred requests three are first logins, seventeen known ones, five strangers; the others use sessions.
async fn requests(world: Rc<World>, rate: u64, tally: Rc<Tally>) -> anyhow::Result<()> {
    let idle = Rc::new(RefCell::new(Vec::<Connection>::new()));
    let mut under_way = JoinSet::new();
    let (begin, mut sent) = (Instant::now(), 0);
    while !tally.ended.get() {
        let due = (begin.elapsed().as_secs_f64() * rate as f64) as u64;
        for number in sent..due {
            let operation = match number * 37 % 100 {
                0..3 => Operation::FirstLogin,
                3..20 => Operation::KnownLogin,
                20..25 => Operation::UnknownLogin,
                25..60 => Operation::GatewayCheck,
                _ => Operation::SessionCheck,
            };
            let (world, idle, tally) = (world.clone(), idle.clone(), tally.clone());
            under_way.spawn_local(async move {
                let free = idle.borrow_mut().pop();
                match asked(&world, free, operation).await {
                    Ok(connection) => {
                        tally.done.set(tally.done.get() + 1);
                        // What a fault made many of is closed again, as clients do.
                        let mut idle = idle.borrow_mut();
                        if idle.len() < MAX_IDLE {
                            idle.push(connection);
                        }
                    }
                    Err(error) => tally.note(operation, &error),
                }
            });
        }
        sent = due.max(sent);
        while under_way.try_join_next().is_some() {}
        sleep(Duration::from_millis(1)).await;
    }
    while under_way.join_next().await.is_some() {}
    Ok(())
}

async fn asked(world: &World, free: Option<Connection>, operation: Operation) -> anyhow::Result<Connection> {
    let mut connection = match free {
        Some(connection) => connection,
        None => Connection::open(world.address).await?,
    };
    world.once(&mut connection, operation).await?;
    Ok(connection)
}

impl Tally {
    fn note(&self, operation: Operation, error: &anyhow::Error) {
        if self.last_fault.get().is_some_and(|fault| fault.elapsed() < AFTERMATH) {
            self.failed_in_fault.set(self.failed_in_fault.get() + 1);
        } else {
            self.failed.borrow_mut().push(format!("{}: {error:#}", operation.name()));
        }
    }
}

/// Has Redis and the database stand still in turn.
async fn faults((mysql, redis): (u32, u32), every: u64, lasts: u64, tally: Rc<Tally>) -> anyhow::Result<()> {
    if every == 0 {
        return Ok(());
    }
    let mut next = Instant::now() + Duration::from_secs(every);
    while !tally.ended.get() {
        sleep(Duration::from_millis(200)).await;
        if Instant::now() < next {
            continue;
        }
        let number = tally.faults.get();
        let whose = if number.is_multiple_of(2) { redis } else { mysql };
        signal("-STOP", whose)?;
        let end = Instant::now() + Duration::from_secs(lasts);
        while Instant::now() < end {
            tally.last_fault.set(Some(Instant::now()));
            sleep(Duration::from_millis(50)).await;
        }
        signal("-CONT", whose)?;
        tally.last_fault.set(Some(Instant::now()));
        tally.faults.set(number + 1);
        next = Instant::now() + Duration::from_secs(every);
    }
    Ok(())
}

fn signal(which: &str, process: u32) -> anyhow::Result<()> {
    let status = Command::new("kill").arg(which).arg(process.to_string()).status()?;
    ensure!(status.success(), "process {process} has ended");
    Ok(())
}

async fn watch(process: u32, lasts: Duration, tally: &Tally) -> anyhow::Result<Vec<Held>> {
    let begin = Instant::now();
    let (mut held, mut told) = (vec![], Instant::now());
    while begin.elapsed() < lasts {
        sleep(LOOK_EVERY).await;
        let mib = process::resident_mib(process)?;
        let descriptors = std::fs::read_dir(format!("/proc/{process}/fd"))?.count();
        held.push(Held { mib, descriptors });
        if told.elapsed() > Duration::from_secs(60) || held.len() == 1 {
            told = Instant::now();
            let seconds = begin.elapsed().as_secs();
            println!("{seconds:>5} s  {:>9} requests  {mib:>6.1} MiB  {descriptors:>4} descriptors", tally.done.get());
        }
    }
    Ok(held)
}

/// Compares the second quarter of the time, when everything that is kept once was made, with the last.
fn judge(held: &[Held], tally: &Tally) -> anyhow::Result<()> {
    let quarter = held.len() / 4;
    ensure!(quarter > 0, "too short to say anything: look at it for a minute at least");
    let median = |part: &[Held], of: fn(&Held) -> f64| {
        let mut values: Vec<_> = part.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let (early, late) = (&held[quarter..2 * quarter], &held[held.len() - quarter..]);
    let memory = (median(early, |held| held.mib), median(late, |held| held.mib));
    let descriptors = (median(early, |held| held.descriptors as f64), median(late, |held| held.descriptors as f64));
    let failed = tally.failed.borrow();
    println!("requests answered as they should be: {}", tally.done.get());
    println!("faults: {}, requests that failed by them: {}", tally.faults.get(), tally.failed_in_fault.get());
    println!("requests that failed while all was well: {}", failed.len());
    println!("memory, second and last quarter: {:.1} and {:.1} MiB", memory.0, memory.1);
    println!("descriptors, second and last quarter: {} and {}", descriptors.0, descriptors.1);
    let first = failed.first().cloned().unwrap_or_default();
    ensure!(failed.is_empty(), "{} requests failed while all was well, such as {first}", failed.len());
    ensure!(memory.1 <= memory.0 * 1.05 + 1.0, "memory grew");
    ensure!(descriptors.1 <= descriptors.0 * 1.05 + 4.0, "descriptors grew");
    Ok(())
}
