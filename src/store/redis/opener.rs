//! How a connection to Redis is opened: to one server, to the primary that sentinels name, or to a cluster; with or
//! without TLS.

use super::connection::{ANSWER_TIMEOUT, CONNECT_TIMEOUT, Connection, LATE_ANSWER_TIMEOUT, Shards, timed_out};
use crate::settings::{RedisUrl, Topology};
use deadpool_redis::{Manager, Pool, PoolError, Runtime};
use redis::cluster::ClusterClient;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{AsyncConnectionConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
use redis::{RedisConnectionInfo, RedisResult, TlsCertificates, TlsMode};
use secrecy::ExposeSecret;
use std::io;
use std::path::Path;
use tokio::sync::Mutex;

/// What opens connections.
pub(super) enum Opener {
    Single(Pool),
    /// Asks the sentinels for the primary at every opening.
    Sentinel(Box<Mutex<SentinelClient>>),
    Cluster(Box<Cluster>),
}

/// What opens the two connections to a cluster.
pub(super) struct Cluster {
    repeating: ClusterClient,
    once: ClusterClient,
}

impl Opener {
    /// Checks address and certificates; opens nothing yet.
    ///
    /// # Errors
    /// A certificate cannot be read or used.
    pub(super) fn new(url: &RedisUrl) -> RedisResult<Opener> {
        Ok(match &url.topology {
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
        })
    }

    /// A fresh connection.
    pub(super) async fn open(&self) -> RedisResult<Connection> {
        match self {
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
            Opener::Cluster(cluster) => {
                let (repeating, once) =
                    tokio::try_join!(cluster.repeating.get_async_connection(), cluster.once.get_async_connection())?;
                Ok(Connection::Cluster(Shards { repeating, once }))
            }
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

fn cluster(url: &RedisUrl) -> RedisResult<Cluster> {
    let nodes = url.nodes.iter().map(|(host, port)| node(url, host.clone(), *port)).collect::<RedisResult<Vec<_>>>()?;
    let certificates = certificates(url)?;
    let builder = || {
        let builder = ClusterClient::builder(nodes.clone()).connection_timeout(CONNECT_TIMEOUT);
        match certificates.clone() {
            Some(certificates) => builder.certs(certificates),
            None => builder,
        }
    };
    Ok(Cluster {
        repeating: builder().response_timeout(ANSWER_TIMEOUT).retries(3).max_retry_wait(200).build()?,
        once: builder().response_timeout(LATE_ANSWER_TIMEOUT).retries(0).build()?,
    })
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
