//! What an operator may set: one list, read once, checked whole.
//!
//! The environment (and `.env`, which never overrides it) wins over the optional TOML file named by `WEAPP_LOGIN_CONFIG`.
//! Every problem is named in one go. No value of a secret is ever part of a problem, and no secret has a default.

use crate::identity::AppId;
use crate::redis_url::RedisUrl;
use crate::settings_reader;
use chrono::TimeDelta;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use url::Url;

/// Name, default (empty: none) and meaning of every variable. `.env.example` and the README's table are compared with it.
/// In the TOML file the same names are written in lower case.
pub const VARIABLES: &[(&str, &str, &str)] = &[
    ("LISTEN", "127.0.0.1:8080", "address and port to serve on"),
    ("DATABASE_URL", "", "mysql://user:pw@host:port/db or sqlite://path"),
    ("DATABASE_CA_FILE", "", "PEM of a private certificate authority; switches TLS to MySQL on"),
    ("DATABASE_POOL_SIZE", "16", "connections to MySQL a replica may open"),
    (
        "REDIS_URL",
        "",
        "redis://, rediss://, redis+sentinel://h1:p1,h2:p2/master, redis+cluster://h1:p1,h2:p2 or memory:",
    ),
    ("REDIS_CA_FILE", "", "PEM of a private certificate authority for rediss"),
    ("REDIS_CERT_FILE", "", "PEM of our client certificate for Redis"),
    ("REDIS_KEY_FILE", "", "PEM of the client certificate's key"),
    ("REDIS_KEY_PREFIX", "weapp-login:", "begin of every key in Redis"),
    ("WECHAT_APP_ID", "", "the mini program; several go into the TOML file as [[wechat.apps]]"),
    ("WECHAT_APP_SECRET", "", "its secret"),
    ("WECHAT_BASE_URL", "https://api.weixin.qq.com", "WeChat's address; several, comma-separated, are tried in order"),
    (
        "WECHAT_MAX_CALLS_PER_MINUTE",
        "300000",
        "calls to WeChat a replica may make for one mini program; 0 turns it off",
    ),
    ("TICKET_TTL_SECONDS", "300", "life of a ticket"),
    ("SESSION_TTL_SECONDS", "604800", "life of a session that is not used"),
    ("SESSION_MAX_AGE_SECONDS", "2592000", "life of a session however much it is used"),
    ("SESSIONS_PER_USER", "0", "sessions a person may have, the longest unused ends first; 0: any number"),
    ("DATA_MAX_AGE_SECONDS", "600", "how old watermark.timestamp may be; 0 turns the check off"),
    ("RATE_LIMIT_PER_MINUTE", "60", "login and register requests a client address may make; 0 turns it off"),
    ("RATE_LIMIT_PER_APP_PER_MINUTE", "0", "login requests all clients of one mini program may make; 0 turns it off"),
    ("TRUSTED_PROXIES", "", "addresses or ranges, comma-separated, whose X-Forwarded-For counts"),
    ("EVENTS_RETENTION_DAYS", "180", "how long login_events are kept"),
    ("INTROSPECTION_CLIENTS", "", "id:secret, comma-separated, for POST /v1/introspect"),
    ("MAX_IN_FLIGHT", "1024", "requests in progress at once; more are answered with overloaded"),
    ("DRAIN_SECONDS", "3", "how long a replica told to end still takes requests, with /readyz at 503"),
    ("SHUTDOWN_SECONDS", "20", "how long requests in progress may take after that"),
    ("LOG", "info", "tracing filter, such as info or weapp_login=debug"),
    ("LOG_FORMAT", "json", "json or pretty"),
];

/// One mini program and the secret that WeChat gave for it.
#[derive(Debug, Clone)]
pub struct WechatApp {
    pub id: AppId,
    pub secret: SecretString,
}

/// Where people are kept.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    Mysql { url: SecretString, ca_file: Option<PathBuf>, pool_size: usize },
    Sqlite { path: PathBuf },
}

/// Where tickets, sessions and counters are kept.
#[derive(Debug, Clone)]
pub enum TokenStoreUrl {
    Memory,
    Redis(Box<RedisUrl>),
}

/// Somebody who may ask `POST /v1/introspect`.
#[derive(Debug, Clone)]
pub struct IntrospectionClient {
    pub id: String,
    pub secret: SecretString,
}

/// Form of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Pretty,
}

/// Everything that can be set, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    pub listen: String,
    pub database: DatabaseUrl,
    pub tokens: TokenStoreUrl,
    pub redis_key_prefix: String,
    pub apps: Vec<WechatApp>,
    pub wechat_base_urls: Vec<Url>,
    pub wechat_max_calls_per_minute: u32,
    pub ticket_ttl: TimeDelta,
    pub session_ttl: TimeDelta,
    pub session_max_age: TimeDelta,
    pub sessions_per_user: u32,
    pub data_max_age: TimeDelta,
    pub rate_limit_per_minute: u32,
    pub rate_limit_per_app_per_minute: u32,
    pub trusted_proxies: Vec<IpNet>,
    pub events_retention: TimeDelta,
    pub introspection_clients: Vec<IntrospectionClient>,
    pub max_in_flight: usize,
    pub drain: TimeDelta,
    pub shutdown: TimeDelta,
    pub log: String,
    pub log_format: LogFormat,
}

/// Everything that is wrong with the settings, a line each.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings cannot be used:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

impl Settings {
    /// The settings of this process: its environment, `.env` in the working folder, the file that `WEAPP_LOGIN_CONFIG` names.
    ///
    /// `defaults` stand in for what none of them sets.
    ///
    /// # Errors
    /// Every problem found.
    pub fn load(defaults: &[(&str, &str)]) -> Result<Settings, Problems> {
        Settings::from_sources(&environment()?, defaults)
    }

    /// The settings that `environment` and the file it names amount to.
    ///
    /// # Errors
    /// Every problem found.
    pub fn from_sources(
        environment: &BTreeMap<String, String>,
        defaults: &[(&str, &str)],
    ) -> Result<Settings, Problems> {
        settings_reader::read(environment, defaults)
    }

    /// The settings of the mini program `id`, or of the only one when no id is given.
    pub fn app(&self, id: Option<&str>) -> Option<&WechatApp> {
        match (id, self.apps.as_slice()) {
            (Some(id), apps) => apps.iter().find(|app| app.id.as_str() == id),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

/// This process's variables over those of `.env`.
///
/// # Errors
/// `.env` is there and cannot be read.
pub fn environment() -> Result<BTreeMap<String, String>, Problems> {
    let mut all = BTreeMap::new();
    match dotenvy::from_path_iter(".env") {
        Ok(lines) => {
            let mut last = "the beginning".to_owned();
            for line in lines {
                let problem = || Problems(vec![format!(".env: what follows {last} is not NAME=value")]);
                let (name, value) = line.map_err(|_| problem())?;
                last.clone_from(&name);
                all.insert(name, value);
            }
        }
        Err(error) if error.not_found() => {}
        Err(_) => return Err(Problems(vec![".env: cannot be read".into()])),
    }
    all.extend(std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))));
    Ok(all)
}

/// Whether a secret is what somebody sent, taking as long whatever differs.
pub fn matches_secret(secret: &SecretString, given: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    secret.expose_secret().as_bytes().ct_eq(given).into()
}
