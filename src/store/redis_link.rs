//! One live connection to Redis, shared by all requests of a replica, and its successor when it breaks.
//!
//! A connection is multiplexed: requests need not take turns, and a command is one round trip. The pool opens, times out
//! and replaces connections; it is asked only when there is none, because its check at every hand-over would double the
//! round trips of a session check.

use crate::redis_url::{RedisUrl, Topology};
use deadpool_redis::{Manager, Pool, PoolError, Runtime};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{AsyncConnectionConfig, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, Pipeline};
use redis::{
    RedisConnectionInfo, RedisError, RedisFuture, RedisResult, ServerErrorKind, TlsCertificates, TlsMode, Value,
};
use secrecy::ExposeSecret;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use tokio::sync::Mutex;

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long Redis may take to answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// How long an answer is worth waiting for that nobody else waits for.
const PATIENCE: Duration = Duration::from_secs(60);

enum Opener {
    Single(Pool),
    /// Asks the sentinels for the primary at every opening.
    Sentinel(Box<Mutex<SentinelClient>>),
    Cluster(Box<ClusterClient>),
}

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
        let opener = match &url.topology {
            Topology::Single => {
                let manager = Manager::new_with_config(single(url)?, connection_config())?;
                let pool = Pool::builder(manager)
                    .max_size(2)
                    .runtime(Runtime::Tokio1)
                    .create_timeout(Some(CONNECT_TIMEOUT))
                    .wait_timeout(Some(CONNECT_TIMEOUT))
                    .recycle_timeout(Some(CONNECT_TIMEOUT))
                    .build()
                    .map_err(io::Error::other)?;
                Opener::Single(pool)
            }
            Topology::Sentinel { master } => Opener::Sentinel(Box::new(Mutex::new(sentinel(url, master)?))),
            Topology::Cluster => Opener::Cluster(Box::new(cluster(url)?)),
        };
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
        let opened = tokio::time::timeout(CONNECT_TIMEOUT * 3, self.open()).await.unwrap_or_else(|_| Err(timed_out()));
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

    async fn open(&self) -> RedisResult<Connection> {
        match &self.opener {
            Opener::Single(pool) => {
                let connection = pool.get().await.map_err(|error| match error {
                    PoolError::Backend(error) => error,
                    PoolError::Timeout(_) => timed_out(),
                    other => io::Error::other(other).into(),
                })?;
                Ok(Connection::Node(deadpool_redis::Connection::take(connection)))
            }
            Opener::Sentinel(client) => {
                let mut client = client.lock().await;
                Ok(Connection::Node(client.get_async_connection_with_config(&connection_config()).await?))
            }
            Opener::Cluster(client) => Ok(Connection::Cluster(client.get_async_connection().await?)),
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

fn connection_config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(ANSWER_TIMEOUT))
}

fn single(url: &RedisUrl) -> RedisResult<ConnectionInfo> {
    let (host, port) = url.nodes[0].clone();
    let info = node(url, host, port)?;
    match certificates(url)? {
        None => Ok(info),
        Some(certificates) => Ok(redis::Client::build_with_tls(info, certificates)?.get_connection_info().clone()),
    }
}

fn node(url: &RedisUrl, host: String, port: u16) -> RedisResult<ConnectionInfo> {
    let address = match url.tls {
        false => ConnectionAddr::Tcp(host, port),
        true => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
    };
    let mut settings = RedisConnectionInfo::default().set_db(url.database);
    if let Some(username) = &url.username {
        settings = settings.set_username(username);
    }
    if let Some(password) = &url.password {
        settings = settings.set_password(password.expose_secret());
    }
    Ok(address.into_connection_info()?.set_redis_settings(settings))
}

fn sentinel(url: &RedisUrl, master: &str) -> RedisResult<SentinelClient> {
    let sentinels = url.nodes.iter().map(|(host, port)| match url.tls {
        false => ConnectionAddr::Tcp(host.clone(), *port),
        true => ConnectionAddr::TcpTls { host: host.clone(), port: *port, insecure: false, tls_params: None },
    });
    let mut builder =
        SentinelClientBuilder::new(sentinels, master, SentinelServerType::Master)?.set_client_to_redis_db(url.database);
    if let Some(username) = &url.username {
        builder = builder.set_client_to_redis_username(username);
    }
    if let Some(password) = &url.password {
        builder = builder.set_client_to_redis_password(password.expose_secret());
    }
    if url.tls {
        builder =
            builder.set_client_to_redis_tls_mode(TlsMode::Secure).set_client_to_sentinel_tls_mode(TlsMode::Secure);
        if let Some(certificates) = certificates(url)? {
            builder = builder.set_client_to_redis_certificates(certificates.clone());
            builder = builder.set_client_to_sentinel_certificates(certificates);
        }
    }
    builder.build()
}

fn cluster(url: &RedisUrl) -> RedisResult<ClusterClient> {
    let nodes = url.nodes.iter().map(|(host, port)| node(url, host.clone(), *port)).collect::<RedisResult<Vec<_>>>()?;
    let mut builder = ClusterClient::builder(nodes)
        .connection_timeout(CONNECT_TIMEOUT)
        .response_timeout(ANSWER_TIMEOUT)
        .retries(3)
        .max_retry_wait(200);
    if let Some(certificates) = certificates(url)? {
        builder = builder.certs(certificates);
    }
    builder.build()
}

fn certificates(url: &RedisUrl) -> RedisResult<Option<TlsCertificates>> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    };
    let client_tls = match &url.client_certificate {
        None => None,
        Some((certificate, key)) => {
            Some(redis::ClientTlsConfig { client_cert: read(certificate)?, client_key: read(key)? })
        }
    };
    let root_cert = url.ca_file.as_deref().map(read).transpose()?;
    Ok((client_tls.is_some() || root_cert.is_some()).then_some(TlsCertificates { client_tls, root_cert }))
}

/// The error of an answer that did not come in time.
pub fn timed_out() -> RedisError {
    io::Error::from(io::ErrorKind::TimedOut).into()
}
