//! How settings are checked: each value by itself and with its neighbours, every problem remembered.

use crate::identity::AppId;
use crate::redis_url::RedisUrl;
use crate::settings::{DatabaseUrl, IntrospectionClient, LogFormat, Problems, Settings, TokenStoreUrl, WechatApp};
use crate::settings_layers::Layers;
use chrono::TimeDelta;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use url::Url;

/// The settings that `environment`, the file it names and `defaults` amount to.
///
/// # Errors
/// Every problem found.
pub fn read(environment: &BTreeMap<String, String>, defaults: &[(&str, &str)]) -> Result<Settings, Problems> {
    let Layers { values, apps, problems } = Layers::of(environment, defaults);
    let mut read = Reader { problems, values };
    let settings = read.settings(apps, environment);
    match (settings, read.problems.is_empty()) {
        (Some(settings), true) => Ok(settings),
        _ => Err(Problems(read.problems)),
    }
}

/// Reads values, remembering what is wrong instead of stopping at it.
struct Reader {
    problems: Vec<String>,
    values: BTreeMap<&'static str, String>,
}

impl Reader {
    fn settings(&mut self, file_apps: Vec<WechatApp>, environment: &BTreeMap<String, String>) -> Option<Settings> {
        let listen = self.listen();
        let database = self.database();
        let tokens = self.tokens();
        let apps = self.all_apps(file_apps, environment);
        let wechat_base_urls = self.base_urls();
        let trusted_proxies = self.list("TRUSTED_PROXIES", "addresses or ranges", |text| {
            text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from)).ok()
        });
        let introspection_clients = self.list("INTROSPECTION_CLIENTS", "id:secret", |text| {
            let (id, secret) = text.split_once(':')?;
            let whole = !id.is_empty() && !secret.is_empty();
            whole.then(|| IntrospectionClient { id: id.to_owned(), secret: secret.to_owned().into() })
        });
        let log_format = match self.text("LOG_FORMAT") {
            "json" => LogFormat::Json,
            "pretty" => LogFormat::Pretty,
            _ => {
                self.problems.push("LOG_FORMAT: must be json or pretty".into());
                LogFormat::Json
            }
        };
        let log = self.text("LOG").to_owned();
        if log.parse::<tracing_subscriber::filter::EnvFilter>().is_err() {
            self.problems.push("LOG: is not a filter such as info or weapp_login=debug,info".into());
        }
        let session_ttl = self.seconds("SESSION_TTL_SECONDS", 1);
        let session_max_age = self.seconds("SESSION_MAX_AGE_SECONDS", 1);
        if session_max_age < session_ttl {
            self.problems.push("SESSION_MAX_AGE_SECONDS: must not be below SESSION_TTL_SECONDS".into());
        }
        Some(Settings {
            listen,
            redis_key_prefix: self.text("REDIS_KEY_PREFIX").to_owned(),
            apps,
            wechat_base_urls,
            wechat_max_calls_per_minute: self.number("WECHAT_MAX_CALLS_PER_MINUTE", 0, 100_000_000),
            ticket_ttl: self.seconds("TICKET_TTL_SECONDS", 1),
            session_ttl,
            session_max_age,
            sessions_per_user: self.number("SESSIONS_PER_USER", 0, 100_000),
            data_max_age: self.seconds("DATA_MAX_AGE_SECONDS", 0),
            rate_limit_per_minute: self.number("RATE_LIMIT_PER_MINUTE", 0, 100_000_000),
            rate_limit_per_app_per_minute: self.number("RATE_LIMIT_PER_APP_PER_MINUTE", 0, 100_000_000),
            trusted_proxies,
            events_retention: TimeDelta::days(self.number("EVENTS_RETENTION_DAYS", 1, 36_500).into()),
            introspection_clients,
            max_in_flight: self.number("MAX_IN_FLIGHT", 1, 1_000_000) as usize,
            drain: self.seconds("DRAIN_SECONDS", 0),
            shutdown: self.seconds("SHUTDOWN_SECONDS", 0),
            log,
            log_format,
            database: database?,
            tokens: tokens?,
        })
    }

    fn text(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        Some(self.text(name)).filter(|path| !path.is_empty()).map(PathBuf::from)
    }

    fn number(&mut self, name: &str, least: u32, most: u32) -> u32 {
        match u32::from_str(self.text(name)) {
            Ok(number) if (least..=most).contains(&number) => number,
            _ => {
                self.problems.push(format!("{name}: must be a whole number from {least} to {most}"));
                least
            }
        }
    }

    fn seconds(&mut self, name: &str, least: u32) -> TimeDelta {
        TimeDelta::seconds(self.number(name, least, 315_360_000).into())
    }

    fn list<T>(&mut self, name: &str, form: &str, parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let items: Vec<_> =
            self.text(name).split(',').map(str::trim).filter(|item| !item.is_empty()).map(parse).collect();
        if items.iter().any(Option::is_none) {
            self.problems.push(format!("{name}: must be {form}, comma-separated"));
        }
        items.into_iter().flatten().collect()
    }

    fn listen(&mut self) -> String {
        let listen = self.text("LISTEN").to_owned();
        let whole = listen.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if !whole {
            self.problems.push("LISTEN: must be host:port".into());
        }
        listen
    }

    fn database(&mut self) -> Option<DatabaseUrl> {
        let text = self.text("DATABASE_URL").to_owned();
        if let Some(path) = text.strip_prefix("sqlite://").filter(|path| !path.is_empty()) {
            return Some(DatabaseUrl::Sqlite { path: path.into() });
        }
        let mysql = Url::parse(&text).ok().filter(|url| url.scheme() == "mysql");
        let whole = mysql.is_some_and(|url| url.has_host() && url.path().len() > 1);
        let pool_size = self.number("DATABASE_POOL_SIZE", 1, 10_000) as usize;
        if whole {
            return Some(DatabaseUrl::Mysql { url: text.into(), ca_file: self.path("DATABASE_CA_FILE"), pool_size });
        }
        self.problems.push(match text.is_empty() {
            true => "DATABASE_URL: is missing".into(),
            false => "DATABASE_URL: must be mysql://user:password@host:port/database or sqlite://path".into(),
        });
        None
    }

    fn tokens(&mut self) -> Option<TokenStoreUrl> {
        let text = self.text("REDIS_URL");
        if text.is_empty() {
            self.problems.push("REDIS_URL: is missing".into());
            return None;
        }
        if matches!(text, "memory:" | "memory://") {
            return Some(TokenStoreUrl::Memory);
        }
        match text.parse::<RedisUrl>() {
            Err(problem) => {
                self.problems.push(format!("REDIS_URL: {problem}"));
                None
            }
            Ok(mut url) => {
                url.ca_file = self.path("REDIS_CA_FILE");
                url.client_certificate = match (self.path("REDIS_CERT_FILE"), self.path("REDIS_KEY_FILE")) {
                    (None, None) => None,
                    (Some(certificate), Some(key)) => Some((certificate, key)),
                    _ => {
                        self.problems.push("REDIS_CERT_FILE, REDIS_KEY_FILE: go together".into());
                        None
                    }
                };
                if !url.tls && (url.ca_file.is_some() || url.client_certificate.is_some()) {
                    self.problems.push("REDIS_CA_FILE, REDIS_CERT_FILE: need a rediss:// address".into());
                }
                Some(TokenStoreUrl::Redis(Box::new(url)))
            }
        }
    }

    fn all_apps(&mut self, mut apps: Vec<WechatApp>, environment: &BTreeMap<String, String>) -> Vec<WechatApp> {
        match (self.text("WECHAT_APP_ID"), self.text("WECHAT_APP_SECRET")) {
            ("", "") => {}
            (id, secret) => match id.parse::<AppId>() {
                Ok(id) if !secret.is_empty() => {
                    apps.retain(|app| app.id != id);
                    apps.insert(0, WechatApp { id, secret: secret.to_owned().into() });
                }
                Ok(_) => self.problems.push("WECHAT_APP_SECRET: is missing".into()),
                Err(problem) if !id.is_empty() => self.problems.push(format!("WECHAT_APP_ID: {problem}")),
                Err(_) => self.problems.push("WECHAT_APP_ID: is missing".into()),
            },
        }
        if apps.is_empty()
            && !self.problems.iter().any(|problem| problem.contains("WECHAT_APP") || problem.contains("apps["))
        {
            let named = environment.contains_key("WEAPP_LOGIN_CONFIG");
            let or_file = if named { " or [[wechat.apps]] in the file" } else { "" };
            self.problems.push(format!("WECHAT_APP_ID, WECHAT_APP_SECRET{or_file}: no mini program is configured"));
        }
        let mut ids: Vec<_> = apps.iter().map(|app| &app.id).collect();
        ids.sort();
        let twice = ids.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone());
        self.problems.extend(twice.map(|id| format!("wechat.apps: {id} is there twice")));
        apps
    }

    fn base_urls(&mut self) -> Vec<Url> {
        let urls = self.list("WECHAT_BASE_URL", "http:// or https:// addresses", |text| {
            Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        });
        if urls.is_empty() && !self.problems.iter().any(|problem| problem.starts_with("WECHAT_BASE_URL")) {
            self.problems.push("WECHAT_BASE_URL: is missing".into());
        }
        urls
    }
}
