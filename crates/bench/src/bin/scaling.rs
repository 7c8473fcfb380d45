//! How far more replicas carry: one, two and four of them, each with the same share of a core, beside one Redis and one
//! database.

use anyhow::Context;
use bench::load::{self, Operation, Phase, World};
use bench::process::{self, Cpu};
use bench::servers::Servers;
use bench::share::Share;
use bench::subject::{Behind, Kind, Subject};
use bench::upstream::Upstream;
use clap::Parser;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Measures what one, two and four replicas do together, each with a share of a core, and what their servers spend on it.
///
/// Any answer that is not the one that is due ends the run with 1.
#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value = "target/release/weapp-login")]
    program: PathBuf,
    #[arg(long, value_delimiter = ',', default_value = "1,2,4")]
    replicas: Vec<usize>,
    /// Of a core, for each replica, in percent
    #[arg(long, default_value_t = 20)]
    share: u64,
    /// Of each measurement
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// To each replica
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// People who have registered before
    #[arg(long, default_value_t = 5000)]
    users: u64,
}

/// What was seen of one number of replicas.
struct Seen {
    per_second: f64,
    /// Processor time a second: all replicas, the database, Redis.
    busy: [f64; 3],
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let pinned = process::can_pin();
    process::settle(pinned.then_some(1))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, run(arguments, pinned.then_some(0)))
}

async fn run(arguments: Arguments, core: Option<u32>) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("scaling-").tempdir()?;
    let servers = Servers::start(folder.path()).await?;
    let upstream = Upstream::start();
    let behind = Behind { mysql: servers.mysql, redis: servers.redis, wechat: upstream.address };
    let subject = Subject { name: "scaling".into(), program: arguments.program.clone(), kind: Kind::WeappLogin };
    subject.prepare(&servers, behind)?;
    load::register(subject.start(behind, core, folder.path()).await?.address, arguments.users).await?;

    println!(
        "each replica with {} % of a core, {} connections to each, medians of {} rounds of {} s\n",
        arguments.share, arguments.connections, arguments.rounds, arguments.seconds
    );
    println!("| operation | replicas | per second | to one replica | replicas busy | MySQL busy | Redis busy |");
    println!("|---|---|---|---|---|---|---|");
    for operation in [Operation::KnownLogin, Operation::SessionCheck] {
        let mut first = None;
        for number in &arguments.replicas {
            let mut rounds = vec![];
            for _ in 0..arguments.rounds {
                let replicas = (0..*number).map(|_| subject.start(behind, core, folder.path()));
                let replicas = futures(replicas).await?;
                let mut shares = vec![];
                for (at, replica) in replicas.iter().enumerate() {
                    let share = Share::of(arguments.share, &at.to_string())?;
                    share.take(replica.id())?;
                    shares.push(share);
                }
                let ids: Vec<_> = replicas.iter().map(|replica| replica.id()).collect();
                let worlds = replicas.iter().map(|replica| Rc::new(World::new(replica.address, arguments.users, 0)));
                rounds.push(seen(&arguments, &servers, worlds.collect(), ids, operation).await?);
                drop(replicas);
                drop(shares);
            }
            rounds.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
            let seen = &rounds[rounds.len() / 2];
            let one = *first.get_or_insert(seen.per_second);
            let [replicas, mysql, redis] = seen.busy.map(|busy| format!("{:.0} %", busy * 100.0));
            println!(
                "| {} | {number} | {:.0} | {:.2} | {replicas} | {mysql} | {redis} |",
                operation.name(),
                seen.per_second,
                seen.per_second / one
            );
        }
    }
    Ok(())
}

/// One after the other: a start takes a tenth of a second.
async fn futures<T>(all: impl Iterator<Item = impl Future<Output = anyhow::Result<T>>>) -> anyhow::Result<Vec<T>> {
    let mut done = vec![];
    for one in all {
        done.push(one.await?);
    }
    Ok(done)
}

async fn seen(
    arguments: &Arguments,
    servers: &Servers,
    worlds: Vec<Rc<World>>,
    ids: Vec<u32>,
    operation: Operation,
) -> anyhow::Result<Seen> {
    servers.redis_ask(&["FLUSHALL"])?;
    let phase = Rc::new(Phase::default());
    let mut loads = vec![];
    for world in &worlds {
        if operation.needs_session() {
            world.open_sessions(200).await?;
        }
        loads.push(load::closed(world, operation, arguments.connections, &phase));
    }
    sleep(Duration::from_secs(1)).await;
    let used = || -> anyhow::Result<[Duration; 3]> {
        let (mysql, redis) = servers.ids();
        let of = |id| anyhow::Ok(Cpu::total(process::cpu(id)?));
        let replicas = ids.iter().map(|id| of(*id)).sum::<anyhow::Result<Duration>>()?;
        Ok([replicas, of(mysql)?, of(redis)?])
    };
    let (before, begin) = (used()?, Instant::now());
    phase.records.set(true);
    sleep(Duration::from_secs_f64(arguments.seconds)).await;
    phase.records.set(false);
    let (after, seconds) = (used()?, begin.elapsed().as_secs_f64());
    phase.ended.set(true);
    for mut load in loads {
        load::all_well(&mut load).await.context(operation.name())?;
    }
    let number = phase.taken.borrow().latencies.len() as f64;
    let busy = [0, 1, 2].map(|at| (after[at] - before[at]).as_secs_f64() / seconds);
    Ok(Seen { per_second: number / seconds, busy })
}
