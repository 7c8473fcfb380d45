//! One way to ask a database: a connection, what is done with it, repetition where that is safe, a time limit, a measure.
//!
//! A connection on which something was left unfinished, because its time was up or whoever asked went away, is never
//! given to anybody else: its next answer would be the answer to another question.

use super::error::StoreError;
use super::failure::{Failure, Verdict};
use super::liveness::Liveness;
use super::words::Connections;
use crate::random::Random;
use crate::telemetry::spans;
use deadpool::managed::{Manager, Object, Pool};
use diesel_async::{AsyncConnection, TransactionManager};
use metrics::Histogram;
use std::sync::Arc;
use std::time::{Duration, Instant};
use strum::VariantArray;

/// How long one attempt may take, and the wait for a connection with it.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// The same where thousands of rows are moved or read.
const LONG_TIME_LIMIT: Duration = Duration::from_secs(60);
/// How often the database may ask for a transaction to be repeated.
const ATTEMPTS: u32 = 6;

/// What is asked of the database, as its metric names it: the methods of the contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Operation {
    Find,
    Register,
    ByPair,
    ById,
    UpdateProfile,
    SetPhone,
    SetStatus,
    Erase,
    Unlink,
    Merged,
    Identities,
    Youngest,
    Note,
    Search,
    Held,
    Record,
    ForgetEvents,
    ForgetVisits,
    Import,
    Present,
    Export,
    ExportWithoutPair,
    Ping,
    PendingMigrations,
    Caveats,
}

impl Operation {
    fn time_limit(self) -> Duration {
        match self {
            Operation::Import
            | Operation::Present
            | Operation::Export
            | Operation::ExportWithoutPair
            | Operation::ForgetEvents
            | Operation::ForgetVisits
            | Operation::Search => LONG_TIME_LIMIT,
            _ => TIME_LIMIT,
        }
    }
}

/// What is done with a connection, `async |c| …`: a function whose future may move between threads. The compiler has no
/// other name for such a bound on an async closure.
pub(super) trait Work<C, T>: AsyncFn(C) -> Result<T, Failure> + Fn(C) -> <Self as Work<C, T>>::Done {
    /// The future.
    type Done: Future<Output = Result<T, Failure>> + Send;
}

impl<F, C, T, D> Work<C, T> for F
where
    F: AsyncFn(C) -> Result<T, Failure> + Fn(C) -> D,
    D: Future<Output = Result<T, Failure>> + Send,
{
    type Done = D;
}

/// A connection that is thrown away unless it is given back.
struct Lease<M: Manager>(Option<Object<M>>);

impl<M: Manager> Lease<M> {
    fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl<M: Manager> Drop for Lease<M> {
    fn drop(&mut self) {
        // Out of the pool, which makes another one when it needs it.
        drop(self.0.take().map(Object::take));
    }
}

/// A database, asked in one way.
pub(super) struct Attempts<M: Manager> {
    /// As traces name the database.
    system: &'static str,
    pool: Pool<M>,
    liveness: Option<Arc<Liveness>>,
    server: Arc<str>,
    random: Random,
    seconds: Vec<Histogram>,
}

impl<M> Attempts<M>
where
    M: Manager<Type: Send, Error: std::error::Error + Send + Sync + 'static>,
{
    /// Asks `server`, as errors name it, a `system` as traces name it, over the connections of `pool`; tells `liveness`, where
    /// there is one, what became of them.
    pub(super) fn new(
        system: &'static str,
        server: &str,
        pool: Pool<M>,
        liveness: Option<Arc<Liveness>>,
    ) -> Attempts<M> {
        let seconds = Operation::VARIANTS.iter().map(|operation| {
            let name: &'static str = operation.into();
            metrics::histogram!("weapp_login_database_seconds", "operation" => name)
        });
        let (server, random) = (server.into(), Random::system());
        Attempts { system, pool, liveness, server, random, seconds: seconds.collect() }
    }

    /// A connection that is alive as far as is known.
    pub(super) async fn connection(&self) -> Result<Object<M>, StoreError> {
        self.pool.get().await.map_err(|error| StoreError::unavailable(error).of(&self.server))
    }

    /// How the connections are used at this moment.
    pub(super) fn connections(&self) -> Connections {
        let status = self.pool.status();
        Connections {
            idle: status.available,
            busy: status.size.saturating_sub(status.available),
            awaited: status.waiting,
        }
    }

    /// What `work` answers.
    ///
    /// It is done again while it meets other transactions, and once on another connection when the first one turns out to
    /// be dead before a COMMIT was sent over it. So what it does outside of [`transaction`] must bear doing twice.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database does not answer in time or asks for more repetition than is
    /// reasonable; [`StoreError::Broken`] when it finds fault with what was asked.
    pub(super) async fn run<T, F>(&self, operation: Operation, work: F) -> Result<T, StoreError>
    where
        for<'c> F: AsyncFn(&'c mut M::Type) -> Result<T, Failure> + Work<&'c mut M::Type, T> + Sync,
    {
        let begin = Instant::now();
        let mut span = spans::asked(self.system, || <&str>::from(operation).into());
        let answer = self.repeated(operation.time_limit(), &work).await;
        span.answered(answer.as_ref().err().map(StoreError::kind));
        self.seconds[operation as usize].record(begin.elapsed().as_secs_f64());
        answer.map_err(|error| error.of(&self.server))
    }

    async fn repeated<T, F>(&self, limit: Duration, work: &F) -> Result<T, StoreError>
    where
        for<'c> F: AsyncFn(&'c mut M::Type) -> Result<T, Failure> + Work<&'c mut M::Type, T> + Sync,
    {
        let mut replaced = false;
        for tries in 1.. {
            let failure = match tokio::time::timeout(limit, self.once(work)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failure)) => failure,
                Err(elapsed) => StoreError::unavailable(elapsed).into(),
            };
            let verdict = failure.verdict();
            let unanswered = matches!(failure, Failure::Store(StoreError::Unavailable(_)));
            if let Some(liveness) = &self.liveness {
                match verdict {
                    Verdict::ReadOnly => liveness.found_read_only(Instant::now()),
                    Verdict::Dead => liveness.found_dead(Instant::now()),
                    Verdict::Sound if unanswered => liveness.found_dead(Instant::now()),
                    Verdict::Sound => {}
                }
            }
            let again = match verdict {
                Verdict::Dead | Verdict::ReadOnly => !replaced && !matches!(failure, Failure::Commit(_)),
                Verdict::Sound => tries < ATTEMPTS && failure.is_transient(),
            };
            if !again {
                return Err(failure.into_store_error());
            }
            replaced |= verdict != Verdict::Sound;
            let [chance] = self.random.bytes();
            tokio::time::sleep(Duration::from_millis(u64::from(tries) * u64::from(chance % 16 + 1))).await;
        }
        unreachable!("the loop above ends by returning")
    }

    async fn once<T, F>(&self, work: &F) -> Result<T, Failure>
    where
        for<'c> F: AsyncFn(&'c mut M::Type) -> Result<T, Failure> + Work<&'c mut M::Type, T> + Sync,
    {
        let mut lease = Lease(Some(self.pool.get().await.map_err(StoreError::unavailable)?));
        let connection = lease.0.as_mut().expect("a lease holds its connection until it ends");
        let answer = work(&mut **connection).await;
        if answer.as_ref().err().is_none_or(|failure| failure.verdict() == Verdict::Sound) {
            lease.give_back();
        }
        answer
    }
}

/// Does `work` in one transaction, which is undone when it fails.
///
/// # Errors
/// Those of `work`; [`Failure::Commit`] when the COMMIT was refused or went unanswered.
pub(super) async fn transaction<C, T, F>(c: &mut C, work: F) -> Result<T, Failure>
where
    C: AsyncConnection,
    for<'c> F: AsyncFn(&'c mut C) -> Result<T, Failure> + Work<&'c mut C, T>,
{
    C::TransactionManager::begin_transaction(c).await?;
    match work(c).await {
        Ok(answer) => {
            C::TransactionManager::commit_transaction(c).await.map_err(Failure::Commit)?;
            Ok(answer)
        }
        Err(failure) => {
            // What went wrong first says more; a connection that cannot undo is thrown away by the pool.
            let _ = C::TransactionManager::rollback_transaction(c).await;
            Err(failure)
        }
    }
}
