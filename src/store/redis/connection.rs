//! A connection to Redis as everything above sees it: to one server or to a cluster, and when it is of no use any more.

use futures_util::future::try_join_all;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};
use std::io;
use std::time::Duration;

/// How long a connection may take to open.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long Redis may take to answer.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// How long an answer is worth waiting for that nobody else waits for.
const LATE_ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A connection to the server, the sentinels' primary or the whole cluster. Clones share it.
#[derive(Clone)]
pub(super) enum Connection {
    /// To one server.
    Node(MultiplexedConnection),
    /// To all shards.
    Cluster(ClusterConnection),
}

impl Connection {
    /// This connection with a minute for the next answer.
    pub(super) fn patient(mut self) -> Connection {
        if let Connection::Node(node) = &mut self {
            node.set_response_timeout(LATE_ANSWER_TIMEOUT);
        }
        self
    }

    /// The answer to one command.
    pub(super) async fn answer(&mut self, command: &Cmd) -> RedisResult<Value> {
        match self {
            Connection::Node(node) => node.send_packed_command(command).await?.extract_error(),
            Connection::Cluster(cluster) => cluster.req_packed_command(command).await?.extract_error(),
        }
    }

    /// The answers to several commands, which are carried out in their order: one round trip. The shards of a cluster are
    /// asked at the same time, and know no order between them.
    pub(super) async fn answers(&mut self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
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
