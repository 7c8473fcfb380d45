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
/// Characters of the longest name of an operator that fits into an event.
const MAX_NAME: usize = 64;

/// Somebody who may ask `POST /v1/introspect`.
#[derive(Debug, Clone)]
pub struct IntrospectionClient {
    /// Its name; may be logged.
    pub id: String,
    /// What proves that it is the one.
    pub secret: SecretString,
}

/// Somebody who may use the admin API.
#[derive(Debug, Clone)]
pub struct AdminToken {
    /// The operator's name, for events; may be logged.
    pub name: String,
    /// What proves that it is they.
    pub token: SecretString,
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
        /// name:token, comma-separated, for the admin API on INTERNAL_LISTEN; a token has at least 32 characters
        admin_tokens: Vec<AdminToken> = "ADMIN_TOKENS", operators, {
            chinese: "name:token，逗号分隔，用于 INTERNAL_LISTEN 上的管理 API；token 至少 32 个字符",
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

fn operators(text: &str) -> Parsed<Vec<AdminToken>> {
    let operators = list("name:token", operator)(text)?;
    if !operators.iter().all(|operator| operator.token.expose_secret().chars().count() >= LEAST_SECRET) {
        return Err(format!("each token must have at least {LEAST_SECRET} characters"));
    }
    if operators.iter().any(|operator| operator.name.chars().count() > MAX_NAME) {
        return Err(format!("a name must have at most {MAX_NAME} characters"));
    }
    Ok(operators)
}

fn operator(text: &str) -> Option<AdminToken> {
    let (name, token) = text.split_once(':')?;
    let whole = !name.is_empty() && !token.is_empty();
    whole.then(|| AdminToken { name: name.to_owned(), token: token.to_owned().into() })
}

fn client(text: &str) -> Option<IntrospectionClient> {
    let (id, secret) = text.split_once(':')?;
    let whole = !id.is_empty() && !secret.is_empty();
    whole.then(|| IntrospectionClient { id: id.to_owned(), secret: secret.to_owned().into() })
}
