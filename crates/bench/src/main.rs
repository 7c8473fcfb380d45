//! `make bench`: what a login costs, on this machine, beside servers of the run's own.

use anyhow::{Context, ensure};
use bench::load::Operation;
use bench::measure::{Plan, Run};
use bench::process;
use bench::report::Report;
use bench::servers::Servers;
use bench::subject::{Kind, Subject};
use bench::upstream::Upstream;
use clap::Parser;
use std::path::PathBuf;
use std::time::Duration;

/// Measures `weapp-login serve` from outside: processor time, latency, memory, and what it asks of its servers.
///
/// Any answer that is not the one that is due ends the run with 1.
#[derive(Parser)]
struct Arguments {
    /// The program, or NAME=PATH; several are compared with the first
    #[arg(long, default_value = "target/release/weapp-login")]
    program: Vec<String>,
    /// Another program that answers the same requests, with which all are compared: see docs/performance.md
    #[arg(long, env = "BENCH_FLOOR")]
    floor: Option<PathBuf>,
    /// The SQL of its tables
    #[arg(long, env = "BENCH_FLOOR_SCHEMA")]
    floor_schema: Option<PathBuf>,
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Of each measurement
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Seconds before each measurement
    #[arg(long, default_value_t = 1.0)]
    warmup: f64,
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Known logins a second of the measurement at a fixed rate; 0 for none
    #[arg(long, default_value_t = 1000)]
    rate: u64,
    /// People who have registered before
    #[arg(long, default_value_t = 10_000)]
    users: u64,
    /// Logins that wait two seconds for WeChat at once; 0 for none
    #[arg(long, default_value_t = 2000)]
    waiting: usize,
    /// Only these, by words of their names: known,session
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Only time, neither count nor measure what is measured once
    #[arg(long)]
    quick: bool,
    /// Where everything that was found goes, as JSON
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    process::apart(async |core| run(arguments, core).await)
}

async fn run(arguments: Arguments, core: Option<u32>) -> anyhow::Result<()> {
    let operations: Vec<_> = Operation::ALL
        .into_iter()
        .filter(|operation| {
            arguments.only.is_empty() || arguments.only.iter().any(|word| operation.name().contains(word.as_str()))
        })
        .collect();
    ensure!(arguments.rounds > 0 && arguments.users > 0, "at least one round, and somebody who has registered");
    let subjects = subjects(&arguments)?;
    let plan = Plan {
        rounds: arguments.rounds,
        seconds: arguments.seconds,
        warmup: arguments.warmup,
        connections: arguments.connections,
        rate: arguments.rate,
        users: arguments.users,
        waiting: arguments.waiting,
        operations,
        core,
    };
    let folder = tempfile::Builder::new().prefix("bench-").tempdir()?;
    let servers = Servers::start(folder.path()).await?;
    let run = Run { plan: plan.clone(), servers, upstream: Upstream::start(), folder: folder.path() };
    let base = subjects[0].name.clone();
    let mut report = Report { plan, base, figures: vec![], counts: vec![], once: vec![] };
    let outcome = everything(&run, &subjects, arguments.quick, &mut report).await;
    println!("{}", report.tables());
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_string_pretty(&report)?).with_context(|| path.display().to_string())?;
    }
    if outcome.is_err() {
        // The logs of the servers tell more.
        eprintln!("logs are kept in {}", folder.keep().display());
    }
    outcome
}

async fn everything(run: &Run<'_>, subjects: &[Subject], quick: bool, report: &mut Report) -> anyhow::Result<()> {
    for subject in subjects {
        run.prepare(subject).await?;
    }
    // The database writes on for a moment.
    tokio::time::sleep(Duration::from_secs(1)).await;
    for round in 0..run.plan.rounds {
        eprintln!("round {} of {}", round + 1, run.plan.rounds);
        report.figures.extend(run.round(round, subjects).await?);
    }
    if quick {
        return Ok(());
    }
    for subject in subjects {
        eprintln!("counting: {}", subject.name);
        report.counts.extend(run.count(subject).await?);
        report.once.push(run.once(subject).await?);
    }
    Ok(())
}

/// Whom to compare, the base first.
fn subjects(arguments: &Arguments) -> anyhow::Result<Vec<Subject>> {
    let mut all = vec![];
    if let Some(floor) = &arguments.floor {
        let kind = Kind::Floor { schema: arguments.floor_schema.clone() };
        all.push(Subject { name: "floor".into(), program: floor.clone(), kind });
    }
    for program in &arguments.program {
        let (name, path) = program.split_once('=').unwrap_or(("weapp-login", program));
        all.push(Subject { name: name.into(), program: path.into(), kind: Kind::WeappLogin });
    }
    for subject in &mut all {
        subject.program = subject.program.canonicalize().with_context(|| subject.program.display().to_string())?;
    }
    Ok(all)
}
