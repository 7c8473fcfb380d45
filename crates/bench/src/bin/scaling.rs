//! How far more replicas carry: one, two and four of them, each with the same share of a core, beside one Redis and one
//! database.

use anyhow::Context;
use bench::load::{self, Operation, Phase, World};
use bench::process::{self, Cpu};
use bench::servers::Servers;
use bench::share::Share;
use bench::subject::{Behind, Kind, Served, Subject};
use bench::upstream::Upstream;
use clap::Parser;
use std::path::{Path, PathBuf};
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
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
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
    process::apart(async |core| run(arguments, core).await)
}

async fn run(arguments: Arguments, core: Option<u32>) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("scaling-").tempdir()?;
    let servers = Servers::start(folder.path()).await?;
    let upstream = Upstream::start();
    let behind = Behind::direct(&servers, &upstream);
    let subject = Subject { name: "scaling".into(), program: arguments.program.clone(), kind: Kind::WeappLogin };
    subject.prepare(&servers, behind)?;
    load::register(subject.start(behind, core, folder.path()).await?.address, arguments.users).await?;
    let bed = Bed { arguments, servers, subject, behind, core, folder: folder.path() };

    println!(
        "each replica with {} % of a core, {} connections to each, medians of {} rounds of {} s\n",
        bed.arguments.share, bed.arguments.connections, bed.arguments.rounds, bed.arguments.seconds
    );
    println!("| operation | replicas | per second | to one replica | replicas busy | MySQL busy | Redis busy |");
    println!("|---|---|---|---|---|---|---|");
    for operation in [Operation::KnownLogin, Operation::SessionCheck] {
        let mut first = None;
        for number in &bed.arguments.replicas {
            let seen = bed.median(*number, operation).await?;
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

/// What is measured, and beside what.
struct Bed<'a> {
    arguments: Arguments,
    servers: Servers,
    subject: Subject,
    behind: Behind,
    core: Option<u32>,
    folder: &'a Path,
}

impl Bed<'_> {
    async fn median(&self, replicas: usize, operation: Operation) -> anyhow::Result<Seen> {
        let mut rounds = vec![];
        for _ in 0..self.arguments.rounds {
            rounds.push(self.round(replicas, operation).await?);
        }
        rounds.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
        Ok(rounds.swap_remove(rounds.len() / 2))
    }

    async fn round(&self, number: usize, operation: Operation) -> anyhow::Result<Seen> {
        // In this order: a group can be removed when the replica in it has ended.
        let (mut shares, mut replicas) = (vec![], vec![]);
        for at in 0..number {
            let replica = self.subject.start(self.behind, self.core, self.folder).await?;
            let share = Share::of(self.arguments.share, &at.to_string())?;
            share.take(replica.id())?;
            shares.push(share);
            replicas.push(replica);
        }
        self.seen(&replicas, operation).await
    }

    async fn seen(&self, replicas: &[Served], operation: Operation) -> anyhow::Result<Seen> {
        self.servers.redis_ask(&["FLUSHALL"])?;
        let phase = Rc::new(Phase::default());
        let mut loads = vec![];
        for replica in replicas {
            let world = Rc::new(World::new(replica.address, self.arguments.users, 0));
            if operation.needs_session() {
                world.open_sessions(200).await?;
            }
            loads.push(load::closed(&world, operation, self.arguments.connections, &phase));
        }
        sleep(Duration::from_secs(1)).await;
        let (before, begin) = (self.used(replicas)?, Instant::now());
        phase.records.set(true);
        sleep(Duration::from_secs_f64(self.arguments.seconds)).await;
        phase.records.set(false);
        let (after, seconds) = (self.used(replicas)?, begin.elapsed().as_secs_f64());
        phase.ended.set(true);
        for mut load in loads {
            load::all_well(&mut load).await.context(operation.name())?;
        }
        let number = phase.taken.borrow().latencies.len() as f64;
        let busy = [0, 1, 2].map(|at| (after[at] - before[at]).as_secs_f64() / seconds);
        Ok(Seen { per_second: number / seconds, busy })
    }

    fn used(&self, replicas: &[Served]) -> anyhow::Result<[Duration; 3]> {
        let (mysql, redis) = self.servers.ids();
        let of = |id| anyhow::Ok(Cpu::total(process::cpu(id)?));
        let replicas = replicas.iter().map(|replica| of(replica.id())).sum::<anyhow::Result<Duration>>()?;
        Ok([replicas, of(mysql)?, of(redis)?])
    }
}
