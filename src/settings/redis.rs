//! Where tickets, sessions and counters are kept.

use super::parsers::{Parsed, file, optional, required, text};
use super::reader::{Reader, Section};
use super::redis_url::RedisUrl;
use super::section::section;
use std::path::PathBuf;

/// Where tickets, sessions and counters are kept.
#[derive(Debug, Clone)]
pub enum TokenStoreUrl {
    /// In this process.
    Memory,
    /// In Redis, with the certificates to reach it.
    Redis(Box<RedisUrl>),
}

section! {
    /// Where tickets, sessions and counters are kept.
    pub struct RedisSettings {
        /// redis://, rediss://, redis+sentinel://h1:p1,h2:p2/master, redis+cluster://h1:p1,h2:p2 or memory:
        url: TokenStoreUrl = "REDIS_URL", required(address), {
            example: "redis://127.0.0.1:6379/0",
            chinese: "redis://、rediss://、redis+sentinel://h1:p1,h2:p2/master、redis+cluster://h1:p1,h2:p2 或 memory:",
            secret: true,
        };
        /// PEM of a private certificate authority for rediss
        ca_file: Option<PathBuf> = "REDIS_CA_FILE", optional(file), { chinese: "rediss 的私有证书机构（PEM）" };
        /// PEM of our client certificate for Redis
        cert_file: Option<PathBuf> = "REDIS_CERT_FILE", optional(file), { chinese: "连接 Redis 的客户端证书（PEM）" };
        /// PEM of the client certificate's key
        key_file: Option<PathBuf> = "REDIS_KEY_FILE", optional(file), { chinese: "该证书的私钥（PEM）" };
        /// prefix of every key in Redis
        key_prefix: String = "REDIS_KEY_PREFIX", text, {
            default: "weapp-login:",
            chinese: "Redis 中所有键的前缀",
        };
    }
}

impl Section for RedisSettings {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut settings = RedisSettings::fields(reader)?;
        let client_certificate = match (&settings.cert_file, &settings.key_file) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
            _ => {
                reader.problem("REDIS_CERT_FILE, REDIS_KEY_FILE: go together");
                None
            }
        };
        if let TokenStoreUrl::Redis(url) = &mut settings.url {
            if !url.tls && (settings.ca_file.is_some() || client_certificate.is_some()) {
                reader.problem("REDIS_CA_FILE, REDIS_CERT_FILE: need a rediss:// address");
            }
            url.ca_file.clone_from(&settings.ca_file);
            url.client_certificate = client_certificate;
        }
        Some(settings)
    }
}

fn address(text: &str) -> Parsed<TokenStoreUrl> {
    match text {
        "memory:" | "memory://" => Ok(TokenStoreUrl::Memory),
        text => match text.parse() {
            Ok(url) => Ok(TokenStoreUrl::Redis(Box::new(url))),
            Err(problem) => Err(format!("{problem}")),
        },
    }
}
