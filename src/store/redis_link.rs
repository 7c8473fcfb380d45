//! One live connection to Redis, shared by all requests of a replica, and its successor when it breaks.
//!
//! A connection is multiplexed: requests need not take turns, and a command is one round trip. The pool opens, times out
//! and replaces connections; it is asked only when there is none, because its check at every hand-over would double the
//! round trips of a session check.

use super::redis_opener::Opener;
use crate::settings::RedisUrl;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, ServerErrorKind, Value};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use tokio::sync::Mutex;

/// How long a connection may take to open.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long Redis may take to answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// How long an answer is worth waiting for that nobody else waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to the server, the sentinels' primary or the whole cluster. Clones share it.
#[derive(Clone)]
pub enum Connection {
    Node(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Connection {
    /// This connection with a minute for the next answer.
    pub fn patient(mut self) -> Connection {
        if let Connection::Node(node) = &mut self {
            node.set_response_timeout(PATIENCE);
        }
        self
    }
}

/// The connection of this replica.
pub struct RedisLink {
    opener: Opener,
    current: Mutex<Current>,
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

impl RedisLink {
    /// Checks address and certificates; opens nothing yet.
    ///
    /// # Errors
    /// A certificate cannot be read or used.
    pub fn new(url: &RedisUrl) -> RedisResult<RedisLink> {
        let opener = Opener::new(url)?;
        Ok(RedisLink { opener, current: Mutex::default(), attempts: AtomicU64::new(0) })
    }

    /// The connection in use, opened if there is none, and its number.
    ///
    /// Of several calls at once one opens it and the others share what comes of that. Each trying for itself, one after
    /// another, the last of many would wait for the sum of their time limits.
    pub async fn connection(&self) -> RedisResult<(u64, Connection)> {
        let ended_before = self.attempts.load(SeqCst);
        let mut current = self.current.lock().await;
        if let Some(connection) = &current.connection {
            return Ok((current.number, connection.clone()));
        }
        if let Some(failure) = current.failure.as_ref().filter(|_| self.attempts.load(SeqCst) > ended_before) {
            return Err(failure.clone());
        }
        let opened =
            tokio::time::timeout(CONNECT_TIMEOUT * 3, self.opener.open()).await.unwrap_or_else(|_| Err(timed_out()));
        self.attempts.fetch_add(1, SeqCst);
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
    pub async fn reconsider(&self, number: u64, error: &RedisError) {
        if !is_broken(error) {
            return;
        }
        let mut current = self.current.lock().await;
        if current.number == number {
            current.connection = None;
        }
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

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Connection::Node(node) => node.req_packed_command(command),
            Connection::Cluster(cluster) => cluster.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Connection::Node(node) => node.req_packed_commands(pipeline, offset, count),
            Connection::Cluster(cluster) => cluster.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Connection::Node(node) => node.get_db(),
            Connection::Cluster(cluster) => cluster.get_db(),
        }
    }
}

/// The error of an answer that did not come in time.
pub fn timed_out() -> RedisError {
    io::Error::from(io::ErrorKind::TimedOut).into()
}
