//! Where people are kept, and for how long what they did.

use super::log::{ClientAddresses, client_addresses};
use super::parsers::{Parsed, days, file, optional, required, seconds, whole};
use super::reader::{Reader, Section};
use super::section::section;
use chrono::TimeDelta;
use secrecy::SecretString;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// Which database, and where.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// `mysql://user:password@host:port/database`.
    Mysql(SecretString),
    /// A file.
    Sqlite(PathBuf),
}

section! {
    /// Where people are kept, and for how long what they did.
    pub struct DatabaseSettings {
        /// mysql://user:pw@host:port/db or sqlite://path
        url: DatabaseUrl = "DATABASE_URL", required(address), {
            example: "mysql://weapp:change-me@127.0.0.1:3306/weapp",
            chinese: "mysql://user:pw@host:port/db 或 sqlite://path",
            secret: true,
        };
        /// PEM of a private certificate authority; switches TLS to MySQL on
        ca_file: Option<PathBuf> = "DATABASE_CA_FILE", optional(file), {
            chinese: "私有证书机构（PEM）；设置后到 MySQL 的连接启用 TLS",
        };
        /// connections to MySQL a replica may open
        pool_size: usize = "DATABASE_POOL_SIZE", whole(1, 10_000), {
            default: "16",
            chinese: "一个副本可打开的 MySQL 连接数",
        };
        /// how long a connection to MySQL is used before a fresh one takes its place; 0: for ever
        connection_max_age: Duration = "DATABASE_CONNECTION_MAX_AGE_SECONDS", seconds(0), {
            default: "1800",
            chinese: "一个 MySQL 连接使用多久后换新；0 为不换",
        };
        /// how long login_events and visits are kept
        events_retention: TimeDelta = "EVENTS_RETENTION_DAYS", days(1, 36_500), {
            default: "180",
            chinese: "login_events 与 visits 保留的天数",
        };
        /// what login_events keep of the address that somebody signs in from: whole, masked (IPv4 to /24, IPv6 to /48) or none
        client_addresses: ClientAddresses = "EVENTS_CLIENT_ADDRESS", client_addresses, {
            default: "masked",
            chinese: "login_events 中登录来源地址的保留方式：whole 完整，masked 掩码（IPv4 /24，IPv6 /48），none 不保留",
        };
    }
}

impl Section for DatabaseSettings {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        DatabaseSettings::fields(reader)
    }
}

fn address(text: &str) -> Parsed<DatabaseUrl> {
    if let Some(path) = text.strip_prefix("sqlite://").filter(|path| !path.is_empty()) {
        return Ok(DatabaseUrl::Sqlite(path.into()));
    }
    let mysql = Url::parse(text).ok().filter(|url| url.scheme() == "mysql");
    match mysql.is_some_and(|url| url.has_host() && url.path().len() > 1) {
        true => Ok(DatabaseUrl::Mysql(text.to_owned().into())),
        false => Err("must be mysql://user:password@host:port/database or sqlite://path".into()),
    }
}
