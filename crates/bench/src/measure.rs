//! The plan of a run: everybody's rounds, interleaved, so that a machine that changes its pace changes it for all; then
//! what is counted instead of timed, and what is measured once.

use crate::http::{Ask, Connection};
use crate::load::{self, Operation, Phase, World};
use crate::people::Person;
use crate::process::{self, Cpu};
use crate::proxy::{Proxy, Speaks};
use crate::servers::Servers;
use crate::subject::{Behind, Served, Subject};
use crate::trace::Trace;
use crate::upstream::Upstream;
use anyhow::{Context, ensure};
use serde::Serialize;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How a run is made.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    pub rounds: usize,
    /// Of one measurement.
    pub seconds: f64,
    /// Before each.
    pub warmup: f64,
    pub connections: usize,
    /// Known logins a second of the measurement at a fixed rate; 0 for none.
    pub rate: u64,
    /// People who have registered.
    pub users: u64,
    /// Logins that wait for WeChat at once; 0 for none.
    pub waiting: usize,
    #[serde(skip)]
    pub operations: Vec<Operation>,
    /// The core of the measured program, where cores are told apart.
    pub core: Option<u32>,
}

/// One measurement.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    pub subject: String,
    pub what: String,
    pub round: usize,
    pub operations_per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    /// Processor time of the program for one operation, in microseconds.
    pub cpu_us: f64,
    pub user_us: f64,
    pub system_us: f64,
    /// The same of MariaDB and of Redis.
    pub mysql_us: f64,
    pub redis_us: f64,
    pub peak_mib: f64,
}

/// What is counted of one operation, done one at a time (system calls: on all connections).
#[derive(Debug, Clone, Serialize)]
pub struct Counts {
    pub subject: String,
    pub what: &'static str,
    pub redis_round_trips: f64,
    pub redis_commands: f64,
    /// With those of the writer of events.
    pub mysql_round_trips: f64,
    pub mysql_reads: f64,
    pub mysql_questions: f64,
    pub mysql_prepares: f64,
    /// Nothing where strace is missing or may not trace.
    pub system_calls: Option<f64>,
}

/// What is measured once.
#[derive(Debug, Clone, Serialize)]
pub struct Once {
    pub subject: String,
    pub program_mib: f64,
    pub ready_ms: f64,
    /// Processor time a second without any request, in microseconds.
    pub idle_us: f64,
    pub idle_mib: f64,
    /// While as many logins as the plan says wait two seconds for WeChat.
    pub waiting_mib: Option<f64>,
}

/// A run under way.
pub struct Run<'a> {
    pub plan: Plan,
    pub servers: Servers,
    pub upstream: Upstream,
    pub folder: &'a Path,
}

/// How long system calls are counted.
const TRACED: Duration = Duration::from_secs(2);
/// How often an operation is done to count what it asks of the servers.
const COUNTED: u64 = 200;

impl Run<'_> {
    fn direct(&self) -> Behind {
        Behind::direct(&self.servers, &self.upstream)
    }

    /// Makes the databases and registers everybody.
    ///
    /// # Errors
    /// A subject does not start or refuses somebody.
    pub async fn prepare(&self, subject: &Subject) -> anyhow::Result<()> {
        subject.prepare(&self.servers, self.direct())?;
        let served = subject.start(self.direct(), self.plan.core, self.folder).await?;
        load::register(served.address, self.plan.users).await.with_context(|| subject.name.clone())
    }

    /// Measures every operation that a subject has, and the fixed rate, in one round.
    ///
    /// # Errors
    /// Any answer that is not the one that is due.
    pub async fn round(&self, round: usize, subjects: &[Subject]) -> anyhow::Result<Vec<Figures>> {
        let mut order = subjects.to_vec();
        order.rotate_left(round % subjects.len());
        let mut all = vec![];
        for subject in order {
            let served = subject.start(self.direct(), self.plan.core, self.folder).await?;
            all.push((subject, Rc::new(self.world(&served, round as u64)), served));
        }
        let mut figures = vec![];
        let mut whats: Vec<_> = self.plan.operations.iter().map(|operation| (*operation, 0)).collect();
        if self.plan.rate > 0 {
            whats.push((Operation::KnownLogin, self.plan.rate));
        }
        for (operation, rate) in whats {
            for (subject, world, served) in &all {
                if subject.does(operation) {
                    let context = || format!("{}, {}", subject.name, operation.name());
                    let taken = self.measure(world, served, operation, rate).await.with_context(context)?;
                    figures.push(Figures { subject: subject.name.clone(), round, ..taken });
                }
            }
        }
        Ok(figures)
    }

    fn world(&self, served: &Served, run: u64) -> World {
        World::new(served.address, self.plan.users, (run + 1) * 1_000_000_000)
    }

    async fn measure(
        &self,
        world: &Rc<World>,
        served: &Served,
        operation: Operation,
        rate: u64,
    ) -> anyhow::Result<Figures> {
        self.servers.redis_ask(&["FLUSHALL"])?;
        if operation.needs_session() {
            world.open_sessions(500).await?;
        }
        let phase = Rc::new(Phase::default());
        let mut load = match rate {
            0 => load::closed(world, operation, self.plan.connections, &phase),
            rate => load::open(world, operation, rate, &phase),
        };
        sleep(Duration::from_secs_f64(self.plan.warmup)).await;
        process::forget_peak(served.id())?;
        let (before, begin) = (self.used(served)?, Instant::now());
        phase.records.set(true);
        sleep(Duration::from_secs_f64(self.plan.seconds)).await;
        phase.records.set(false);
        let (after, seconds) = (self.used(served)?, begin.elapsed().as_secs_f64());
        let peak_mib = process::peak_mib(served.id())?;
        phase.ended.set(true);
        load::all_well(&mut load).await?;
        let mut latencies = std::mem::take(&mut phase.taken.borrow_mut().latencies);
        latencies.sort_unstable();
        ensure!(!latencies.is_empty(), "nothing was answered");
        let number = latencies.len() as f64;
        let each = |time: Duration| time.as_secs_f64() * 1e6 / number;
        let [program, mysql, redis] = [0, 1, 2].map(|at| after[at].since(before[at]));
        let what = if rate == 0 { operation.name().to_owned() } else { format!("{} at {rate}/s", operation.name()) };
        Ok(Figures {
            subject: String::new(),
            what,
            round: 0,
            operations_per_second: number / seconds,
            p50_ms: quantile(&latencies, 0.5),
            p99_ms: quantile(&latencies, 0.99),
            p999_ms: quantile(&latencies, 0.999),
            cpu_us: each(program.total()),
            user_us: each(program.user),
            system_us: each(program.system),
            mysql_us: each(mysql.total()),
            redis_us: each(redis.total()),
            peak_mib,
        })
    }

    fn used(&self, served: &Served) -> anyhow::Result<[Cpu; 3]> {
        let (mysql, redis) = self.servers.ids();
        Ok([process::cpu(served.id())?, process::cpu(mysql)?, process::cpu(redis)?])
    }

    /// Counts what every operation asks of the servers and of the kernel.
    ///
    /// # Errors
    /// Any answer that is not the one that is due.
    pub async fn count(&self, subject: &Subject) -> anyhow::Result<Vec<Counts>> {
        let mysql = Proxy::before(self.servers.mysql, Speaks::Mysql);
        let redis = Proxy::before(self.servers.redis, Speaks::Other);
        let behind = Behind { mysql: mysql.address, redis: redis.address, ..self.direct() };
        let served = subject.start(behind, self.plan.core, self.folder).await?;
        let world = Rc::new(self.world(&served, 100));
        let mut connection = Connection::open(served.address).await?;
        let mut all = vec![];
        for operation in self.plan.operations.iter().copied().filter(|operation| subject.does(*operation)) {
            world.open_sessions(20).await?;
            for _ in 0..COUNTED {
                world.once(&mut connection, operation).await?;
            }
            // The writer of events is to be done with what came before.
            sleep(Duration::from_secs(1)).await;
            mysql.take();
            redis.take();
            let (counts, commands) = (self.servers.mysql_counts()?, self.servers.redis_commands()?);
            for _ in 0..COUNTED {
                world.once(&mut connection, operation).await?;
            }
            sleep(Duration::from_secs(1)).await;
            let (asked, of_redis) = (mysql.take(), redis.take());
            let (counts_after, commands_after) = (self.servers.mysql_counts()?, self.servers.redis_commands()?);
            let each = |number: u64| number as f64 / COUNTED as f64;
            // The question itself is one of the questions, and one command.
            let since = |name: &str| each((counts_after[name] - counts[name]).saturating_sub(1));
            all.push(Counts {
                subject: subject.name.clone(),
                what: operation.name(),
                redis_round_trips: each(of_redis.round_trips),
                redis_commands: each((commands_after - commands).saturating_sub(1)),
                mysql_round_trips: each(asked.round_trips),
                mysql_reads: each(asked.reads()),
                mysql_questions: since("Questions"),
                mysql_prepares: each(asked.prepared.values().sum()),
                system_calls: self.system_calls(&world, &served, operation).await?,
            });
        }
        Ok(all)
    }

    async fn system_calls(
        &self,
        world: &Rc<World>,
        served: &Served,
        operation: Operation,
    ) -> anyhow::Result<Option<f64>> {
        let Ok(Some(trace)) = Trace::of(served.id(), self.folder).await else { return Ok(None) };
        let phase = Rc::new(Phase::default());
        phase.records.set(true);
        let mut load = load::closed(world, operation, self.plan.connections, &phase);
        sleep(TRACED).await;
        phase.ended.set(true);
        load::all_well(&mut load).await?;
        let calls = trace.end()?.values().sum::<u64>() as f64;
        Ok(Some(calls / phase.taken.borrow().latencies.len() as f64))
    }

    /// What is measured once.
    ///
    /// # Errors
    /// Any answer that is not the one that is due.
    pub async fn once(&self, subject: &Subject) -> anyhow::Result<Once> {
        let served = subject.start(self.direct(), self.plan.core, self.folder).await?;
        sleep(Duration::from_secs(1)).await;
        let (idle, before) = (Duration::from_secs(5), process::fine_cpu(served.id())?);
        sleep(idle).await;
        let idle_us = (process::fine_cpu(served.id())? - before).as_secs_f64() * 1e6 / idle.as_secs_f64();
        let idle_mib = process::peak_mib(served.id())?;
        let waiting_mib = if self.plan.waiting > 0 { Some(self.waiting(&served).await?) } else { None };
        Ok(Once {
            subject: subject.name.clone(),
            program_mib: std::fs::metadata(&subject.program)?.len() as f64 / 1024.0 / 1024.0,
            ready_ms: served.ready_after.as_secs_f64() * 1e3,
            idle_us,
            idle_mib,
            waiting_mib,
        })
    }

    async fn waiting(&self, served: &Served) -> anyhow::Result<f64> {
        self.upstream.wait(Duration::from_secs(2));
        let mut all = tokio::task::JoinSet::new();
        for number in 0..self.plan.waiting as u64 {
            let mut connection = Connection::open(served.address).await?;
            let body = format!(r#"{{"code":"{}"}}"#, Person(1 + number % self.plan.users).code());
            all.spawn_local(async move {
                let answer = connection.ask(Ask::Post("/v1/login", &body)).await?;
                ensure!(answer.status == 200, "a login that waits for WeChat ends with {answer:?}");
                Ok(())
            });
        }
        load::all_well(&mut all).await?;
        self.upstream.wait(Duration::ZERO);
        process::peak_mib(served.id())
    }
}

fn quantile(sorted: &[Duration], part: f64) -> f64 {
    let at = ((sorted.len() as f64 * part).ceil() as usize).clamp(1, sorted.len()) - 1;
    sorted[at].as_secs_f64() * 1e3
}
