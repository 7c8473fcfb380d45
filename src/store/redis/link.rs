//! The live connection to Redis that all requests of a worker share, and its successor when it breaks.
//!
//! A connection is multiplexed: requests need not take turns, and what they send at one moment goes out together. The pool
//! opens, times out and replaces connections; it is asked only when there is none, because its check at every hand-over
//! would double the round trips of a session check.

use super::opener::Opener;
use crate::settings::RedisUrl;
use futures_util::future::try_join_all;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// How long a connection may take to open.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long Redis may take to answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// How long an answer is worth waiting for that nobody else waits for.
const LATE_ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A connection to the server, the sentinels' primary or the whole cluster. Clones share it.
#[derive(Clone)]
pub enum Connection {
    /// To one server.
    Node(MultiplexedConnection),
    /// To all shards.
    Cluster(ClusterConnection),
}

impl Connection {
    /// This connection with a minute for the next answer.
    pub fn patient(mut self) -> Connection {
        if let Connection::Node(node) = &mut self {
            node.set_response_timeout(LATE_ANSWER_TIMEOUT);
        }
        self
    }

    /// The answer to one command.
    pub async fn answer(&mut self, command: &Cmd) -> RedisResult<Value> {
        match self {
            Connection::Node(node) => node.send_packed_command(command).await?.extract_error(),
            Connection::Cluster(cluster) => cluster.req_packed_command(command).await?.extract_error(),
        }
    }

    /// The answers to several commands, which are carried out in their order: one round trip. The shards of a cluster are
    /// asked at the same time, and know no order between them.
    pub async fn answers(&mut self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        match self {
            Connection::Node(node) => {
                let answers = node.send_packed_commands(commands, 0, commands.len()).await?;
                answers.into_iter().map(Value::extract_error).collect()
            }
            Connection::Cluster(cluster) => {
                let asked = commands.cmd_iter().map(|command| {
                    let mut cluster = cluster.clone();
                    async move { cluster.req_packed_command(command).await?.extract_error() }
                });
                try_join_all(asked).await
            }
        }
    }
}

/// The connection of one worker.
pub struct Link {
    opener: Opener,
    current: Mutex<Current>,
    /// Held by whoever opens a connection.
    opening: tokio::sync::Mutex<()>,
    /// How many attempts to open a connection have ended.
    attempts: AtomicU64,
}

#[derive(Default)]
struct Current {
    /// How many connections there were, this one included.
    number: u64,
    connection: Option<Connection>,
    /// Why the last attempt to open one gave none.
    failure: Option<RedisError>,
}

impl Link {
    /// Checks address and certificates; opens nothing yet.
    ///
    /// # Errors
    /// A certificate cannot be read or used.
    pub fn new(url: &RedisUrl) -> RedisResult<Link> {
        let opener = Opener::new(url)?;
        Ok(Link {
            opener,
            current: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            attempts: AtomicU64::new(0),
        })
    }

    /// The connection in use and its number, if there is one.
    pub fn ready(&self) -> Option<(u64, Connection)> {
        let current = self.current();
        Some((current.number, current.connection.clone()?))
    }

    /// The connection in use, opened if there is none, and its number.
    ///
    /// Of several calls at once one opens it and the others share what comes of that. Each trying for itself, one after
    /// another, the last of many would wait for the sum of their time limits.
    pub async fn connection(&self) -> RedisResult<(u64, Connection)> {
        let ended_before = self.attempts.load(SeqCst);
        let _opening = self.opening.lock().await;
        if let Some(ready) = self.ready() {
            return Ok(ready);
        }
        if self.attempts.load(SeqCst) > ended_before
            && let Some(failure) = self.current().failure.clone()
        {
            return Err(failure);
        }
        let opened =
            tokio::time::timeout(CONNECT_TIMEOUT * 3, self.opener.open()).await.unwrap_or_else(|_| Err(timed_out()));
        self.attempts.fetch_add(1, SeqCst);
        let mut current = self.current();
        match opened {
            Ok(connection) => {
                *current = Current { number: current.number + 1, connection: Some(connection.clone()), failure: None };
                Ok((current.number, connection))
            }
            Err(error) => {
                current.failure = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Has the next request open a successor if `error` says that connection `number` is of no use any more.
    pub fn reconsider(&self, number: u64, error: &RedisError) {
        if !is_broken(error) {
            return;
        }
        let mut current = self.current();
        if current.number == number {
            current.connection = None;
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().expect("nothing panics while it holds the connection")
    }
}

/// Whether the connection itself is of no use: gone, silent, or with a server that is no primary any more.
pub fn is_broken(error: &RedisError) -> bool {
    let demoted = matches!(
        error.kind(),
        ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown)
            | ErrorKind::ClusterConnectionNotFound
    );
    demoted
        || error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.is_unrecoverable_error()
}

/// The error of an answer that did not come in time.
pub fn timed_out() -> RedisError {
    io::Error::from(io::ErrorKind::TimedOut).into()
}
