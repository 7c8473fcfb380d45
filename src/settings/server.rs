//! Where the service listens, whom it believes, and how it ends.

use super::parsers::{Parsed, host_and_port, list, optional, seconds};
use super::reader::{Reader, Section};
use super::section::section;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use std::net::IpAddr;
use std::time::Duration;

/// Characters of the shortest secret that nobody guesses.
const LEAST_SECRET: usize = 32;

/// Somebody who may ask `POST /v1/introspect`.
#[derive(Debug, Clone)]
pub struct IntrospectionClient {
    /// Its name; may be logged.
    pub id: String,
    /// What proves that it is the one.
    pub secret: SecretString,
}

section! {
    /// Where the service listens, whom it believes, and how it ends.
    pub struct ServerSettings {
        /// address and port to serve on
        listen: String = "LISTEN", host_and_port, { default: "127.0.0.1:8080", chinese: "监听的地址和端口" };
        /// a second host:port, for /metrics, /readyz, /v1/auth, /v1/introspect and the admin API, then 404 on LISTEN
        internal_listen: Option<String> = "INTERNAL_LISTEN", optional(host_and_port), {
            chinese: "第二个监听地址 host:port，供 /metrics、/readyz、/v1/auth、/v1/introspect 和管理 API；它们在 LISTEN 上即为 404",
        };
        /// addresses or ranges, comma-separated, whose X-Forwarded-For counts
        trusted_proxies: Vec<IpNet> = "TRUSTED_PROXIES", list("addresses or ranges", network), {
            chinese: "其 X-Forwarded-For 可信的地址或网段，逗号分隔",
        };
        /// id:secret, comma-separated, for POST /v1/introspect; a secret has at least 32 characters
        introspection_clients: Vec<IntrospectionClient> = "INTROSPECTION_CLIENTS", clients, {
            chinese: "id:secret，逗号分隔，用于 POST /v1/introspect；secret 至少 32 个字符",
            secret: true,
        };
        /// how long a replica told to end still takes requests, with /readyz at 503
        drain: Duration = "DRAIN_SECONDS", seconds(0), {
            default: "3",
            chinese: "收到结束信号后继续接受请求的时间，其间 /readyz 为 503",
        };
        /// how long requests in progress may take after that
        shutdown: Duration = "SHUTDOWN_SECONDS", seconds(0), {
            default: "20",
            chinese: "此后进行中的请求还可用的时间",
        };
    }
}

impl Section for ServerSettings {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let server = ServerSettings::fields(reader)?;
        if server.internal_listen.as_ref() == Some(&server.listen) && !server.listen.ends_with(":0") {
            reader.problem("INTERNAL_LISTEN: must not be the address of LISTEN");
        }
        Some(server)
    }
}

/// Whether a secret is what somebody sent, taking as long whatever differs.
pub fn matches_secret(secret: &SecretString, given: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    secret.expose_secret().as_bytes().ct_eq(given).into()
}

fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()
}

fn clients(text: &str) -> Parsed<Vec<IntrospectionClient>> {
    let clients = list("id:secret", client)(text)?;
    match clients.iter().all(|client| client.secret.expose_secret().chars().count() >= LEAST_SECRET) {
        true => Ok(clients),
        false => Err(format!("each secret must have at least {LEAST_SECRET} characters")),
    }
}

fn client(text: &str) -> Option<IntrospectionClient> {
    let (id, secret) = text.split_once(':')?;
    let whole = !id.is_empty() && !secret.is_empty();
    whole.then(|| IntrospectionClient { id: id.to_owned(), secret: secret.to_owned().into() })
}
