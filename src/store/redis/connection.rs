//! A connection to Redis as everything above sees it: to one server or to a cluster, and when it is of no use any more.

use futures_util::future::try_join_all;
use metrics::{Histogram, histogram};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};
use std::io;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// How long a connection may take to open.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long Redis may take to answer.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// How long an answer is worth waiting for that nobody else waits for.
pub(super) const LATE_ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// How often a shard is asked that says, instead of carrying a command out, that another one has the key or will have it.
const REFUSALS: u32 = 5;
/// How long the shards are given to agree on who has it.
const AGREEMENT: Duration = Duration::from_millis(50);

/// The time that Redis took, whichever connection was asked.
pub(super) static SECONDS: LazyLock<Histogram> = LazyLock::new(|| histogram!("weapp_login_redis_seconds"));

/// A connection to the server, the sentinels' primary or the whole cluster. Clones share it.
#[derive(Clone)]
pub(super) enum Connection {
    /// To one server.
    Node(MultiplexedConnection),
    /// To all shards.
    Cluster(Shards),
}

/// Connections to all shards of a cluster, twice, because the client repeats everything that is asked over a connection or
/// nothing.
#[derive(Clone)]
pub(super) struct Shards {
    /// Sends again what got no answer.
    pub repeating: ClusterConnection,
    /// Sends everything once, and waits for late answers.
    pub once: ClusterConnection,
}

impl Connection {
    /// The answer to one command, which may be sent again where it gets none.
    pub(super) async fn answer(&mut self, command: &Cmd) -> RedisResult<Value> {
        let _time = RoundTrip::begin();
        match self {
            Connection::Node(node) => node.send_packed_command(command).await?.extract_error(),
            Connection::Cluster(shards) => shards.repeating.req_packed_command(command).await?.extract_error(),
        }
    }

    /// The answer to one command, which is carried out once at the most, if it comes within `patience`.
    pub(super) async fn answer_once(&mut self, command: &Cmd, patience: Duration) -> RedisResult<Value> {
        let _time = RoundTrip::begin();
        match self {
            Connection::Node(node) => {
                let mut node = node.clone();
                node.set_response_timeout(patience);
                node.send_packed_command(command).await?.extract_error()
            }
            Connection::Cluster(shards) => {
                let answer = tokio::time::timeout(patience, shards.answer_once(command)).await;
                answer.unwrap_or_else(|_| Err(timed_out()))
            }
        }
    }

    /// The answers to several commands, which are carried out in their order: one round trip. The shards of a cluster are
    /// asked at the same time, and know no order between them.
    pub(super) async fn answers(&mut self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        let _time = RoundTrip::begin();
        match self {
            Connection::Node(node) => {
                let answers = node.send_packed_commands(commands, 0, commands.len()).await?;
                answers.into_iter().map(Value::extract_error).collect()
            }
            Connection::Cluster(shards) => {
                let asked = commands.cmd_iter().map(|command| {
                    let mut shard = shards.repeating.clone();
                    async move { shard.req_packed_command(command).await?.extract_error() }
                });
                try_join_all(asked).await
            }
        }
    }
}

/// Measures a round trip until it is dropped, be it answered or given up.
struct RoundTrip(Instant);

impl RoundTrip {
    fn begin() -> RoundTrip {
        RoundTrip(Instant::now())
    }
}

impl Drop for RoundTrip {
    fn drop(&mut self) {
        SECONDS.record(self.0.elapsed().as_secs_f64());
    }
}

impl Shards {
    async fn answer_once(&mut self, command: &Cmd) -> RedisResult<Value> {
        for _ in 1..REFUSALS {
            let answer = self.once.req_packed_command(command).await.and_then(Value::extract_error);
            if !answer.as_ref().is_err_and(is_refusal) {
                return answer;
            }
            tokio::time::sleep(AGREEMENT).await;
        }
        self.once.req_packed_command(command).await?.extract_error()
    }
}

/// Whether a shard says that it has not carried a command out, and that another time or place would do.
fn is_refusal(error: &RedisError) -> bool {
    use ServerErrorKind::{Ask, BusyLoading, ClusterDown, MasterDown, Moved, ReadOnly, TryAgain};
    matches!(
        error.kind(),
        ErrorKind::Server(Ask | BusyLoading | ClusterDown | MasterDown | Moved | ReadOnly | TryAgain)
    )
}

/// Whether the connection itself is of no use: gone, silent, or with a server that is no primary any more.
pub(super) fn is_broken(error: &RedisError) -> bool {
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
pub(super) fn timed_out() -> RedisError {
    io::Error::from(io::ErrorKind::TimedOut).into()
}
