//! Everything that a handler may touch, made once for each worker, in one function readable from top to bottom.
//!
//! A worker is a whole service: its connections to Redis, MySQL and WeChat are its own, and so a request waits for nobody
//! but the servers it asks. What must be one in a process is named in [`Shared`].

use crate::access_token::AccessTokens;
use crate::clock::Clock;
use crate::decryption_budget::DecryptionBudget;
use crate::events::{EventLog, EventWriter, event_log};
use crate::phone_code::PhoneCodes;
use crate::random::Random;
use crate::rate_limit::{Quotas, RateLimits, own_counts};
use crate::session::{Lives, Sessions};
use crate::settings::{DatabaseSettings, DatabaseUrl, RedisSettings, Settings, TokenStoreUrl};
use crate::store::{
    Connections, MemoryTokens, MysqlUsers, RedisTokens, SqliteUsers, StoreError, TokenStore, UserStore,
};
use crate::telemetry::metrics::recorder;
use crate::telemetry::sign_ins::SignIns;
use crate::ticket::Tickets;
use crate::wechat::{Gate, WechatClient};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Weak};

/// What the workers of a process share, on purpose.
pub struct Shared {
    /// Read once.
    pub settings: Settings,
    /// Of the machine, or of a test.
    pub clock: Clock,
    /// Where all workers leave events; one task writes them.
    pub events: EventLog,
    /// True once the process was told to end: no new traffic should come here.
    pub draining: AtomicBool,
    /// Requests in progress, whose bound is the process's.
    pub in_flight: AtomicUsize,
    /// Bytes of bodies that have not arrived whole.
    pub arriving_bytes: AtomicUsize,
    /// The token store when it is the one in memory: another one would be another world.
    pub memory: Option<Arc<MemoryTokens>>,
    /// The user store when it is a SQLite file, which has one writer.
    embedded: Option<Arc<dyn UserStore>>,
    /// The way to WeChat: places and breakers, whose bound and verdict are the process's.
    pub wechat_gate: Arc<Gate>,
    /// Counted for each mini program.
    pub sign_ins: SignIns,
    /// This process's calls to WeChat, whose limit is the process's.
    wechat_calls: Arc<MemoryTokens>,
    /// The user store of each worker, to be counted by whichever of them is asked for the metrics.
    opened: Mutex<Vec<Weak<dyn UserStore>>>,
    writer: Mutex<Option<EventWriter>>,
}

/// The service of one worker, without its HTTP side.
pub struct App {
    /// What it shares with the other workers.
    pub shared: Arc<Shared>,
    /// Unlike the others' in every worker, so that no two wait for it.
    pub random: Random,
    /// People.
    pub users: Arc<dyn UserStore>,
    /// Short-lived things.
    pub tokens: Arc<dyn TokenStore>,
    /// To register with.
    pub tickets: Tickets,
    /// Of people who are signed in.
    pub sessions: Sessions,
    /// Of what sessions' keys do not open.
    pub decryptions: DecryptionBudget,
    /// Of requests and of calls.
    pub limits: RateLimits,
    /// WeChat's servers.
    pub wechat: Arc<WechatClient>,
    /// Numbers that people tell by a tap.
    pub phone_codes: PhoneCodes,
}

/// Why the service cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its address or its certificate authority cannot be used.
    #[error("the database cannot be opened")]
    Users(#[source] StoreError),
    /// A certificate cannot be read or used.
    #[error("redis cannot be opened")]
    Tokens(#[source] StoreError),
    /// TLS cannot be set up on this machine.
    #[error("the client for wechat cannot be made")]
    Wechat(#[source] reqwest::Error),
}

impl Shared {
    /// What the workers of a process with these settings share. It connects to nothing.
    ///
    /// # Errors
    /// The path of the SQLite file cannot be used.
    pub fn new(settings: Settings, clock: Clock) -> Result<Arc<Shared>, OpenError> {
        install_crypto();
        recorder();
        let embedded = match &settings.database.url {
            DatabaseUrl::Sqlite(_) => Some(open_users(&settings.database, 1).map_err(OpenError::Users)?),
            DatabaseUrl::Mysql(_) => None,
        };
        let memory =
            matches!(settings.redis.url, TokenStoreUrl::Memory).then(|| Arc::new(MemoryTokens::new(clock.clone())));
        let (events, writer) = event_log(clock.clone());
        let places = settings.limits.wechat_max_in_flight;
        Ok(Arc::new(Shared {
            events,
            draining: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            arriving_bytes: AtomicUsize::new(0),
            wechat_gate: Arc::new(Gate::new(settings.wechat.apps.iter().map(|app| &app.id), places)),
            sign_ins: SignIns::new(settings.wechat.apps.iter().map(|app| &app.id)),
            memory,
            opened: Mutex::new(embedded.iter().map(Arc::downgrade).collect()),
            embedded,
            wechat_calls: own_counts(clock.clone()),
            writer: Mutex::new(Some(writer)),
            clock,
            settings,
        }))
    }

    /// What writes the events that the workers leave, for the first who asks.
    #[must_use]
    pub fn event_writer(&self) -> Option<EventWriter> {
        self.writer.lock().expect("nothing panics while it holds the writer").take()
    }

    /// True from the moment on that the process was told to end.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Relaxed)
    }

    /// People, over `connections` connections of one's own.
    ///
    /// # Errors
    /// The address or the certificate authority cannot be used.
    pub fn users(&self, connections: usize) -> Result<Arc<dyn UserStore>, StoreError> {
        if let Some(embedded) = &self.embedded {
            return Ok(embedded.clone());
        }
        let users = open_users(&self.settings.database, connections)?;
        self.opened.lock().expect("nothing panics while it holds this list").push(Arc::downgrade(&users));
        Ok(users)
    }

    /// How the connections of all workers to the database are used at this moment.
    #[must_use]
    pub fn database_connections(&self) -> Connections {
        let mut opened = self.opened.lock().expect("nothing panics while it holds this list");
        opened.retain(|users| users.strong_count() > 0);
        let each = opened.iter().filter_map(Weak::upgrade).map(|users| users.connections());
        each.fold(Connections { idle: 0, busy: 0, awaited: 0 }, |all, one| Connections {
            idle: all.idle + one.idle,
            busy: all.busy + one.busy,
            awaited: all.awaited + one.awaited,
        })
    }

    /// Short-lived things, over a connection of one's own.
    ///
    /// # Errors
    /// A certificate cannot be read or used.
    pub fn tokens(&self) -> Result<Arc<dyn TokenStore>, StoreError> {
        match &self.memory {
            Some(memory) => Ok(memory.clone()),
            None => open_tokens(&self.settings.redis, &self.clock),
        }
    }
}

impl App {
    /// The service of one of `workers` workers, or of a command that is the only one. It connects at the first request.
    ///
    /// # Errors
    /// A certificate cannot be read, or TLS cannot be set up.
    pub fn new(shared: Arc<Shared>, workers: usize) -> Result<App, OpenError> {
        let settings = &shared.settings;
        let clock = &shared.clock;
        let random = Random::system();
        let connections = settings.database.pool_size.div_ceil(workers.max(1));
        let users = shared.users(connections).map_err(OpenError::Users)?;
        let tokens = shared.tokens().map_err(OpenError::Tokens)?;
        let wechat = WechatClient::new(settings.wechat.base_urls.clone(), shared.wechat_gate.clone());
        let wechat = Arc::new(wechat.map_err(OpenError::Wechat)?);
        let lives = Lives {
            idle: settings.sessions.ttl,
            absolute: settings.sessions.max_age,
            per_user: settings.sessions.per_user,
        };
        let access_tokens = AccessTokens::new(tokens.clone(), wechat.clone(), clock.clone(), random.clone());
        let quotas = Quotas {
            per_address: settings.limits.per_address_per_minute,
            per_app: settings.limits.per_app_per_minute,
            wechat_calls: settings.limits.wechat_calls_per_minute,
        };
        Ok(App {
            tickets: Tickets::new(tokens.clone(), clock.clone(), random.clone(), settings.sessions.ticket_ttl),
            sessions: Sessions::new(tokens.clone(), users.clone(), clock.clone(), random.clone(), lives)
                .telling(shared.events.clone()),
            decryptions: DecryptionBudget::new(tokens.clone()),
            limits: RateLimits::new(tokens.clone(), shared.wechat_calls.clone(), quotas),
            phone_codes: PhoneCodes::new(tokens.clone(), wechat.clone(), access_tokens, random.clone()),
            wechat,
            users,
            tokens,
            random,
            shared,
        })
    }

    /// The settings of the process.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The clock of the process.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }
}

/// The user store that the address asks for, over as many connections at the most.
///
/// # Errors
/// The address or the certificate authority cannot be used.
pub fn open_users(settings: &DatabaseSettings, connections: usize) -> Result<Arc<dyn UserStore>, StoreError> {
    install_crypto();
    Ok(match &settings.url {
        DatabaseUrl::Mysql(url) => {
            Arc::new(MysqlUsers::new(url, settings.ca_file.as_deref(), connections, settings.connection_max_age)?)
        }
        DatabaseUrl::Sqlite(path) => Arc::new(SqliteUsers::new(path)?),
    })
}

/// The token store that the address asks for, over one connection. One in memory knows nothing of any other.
///
/// # Errors
/// A certificate cannot be read or used.
pub fn open_tokens(settings: &RedisSettings, clock: &Clock) -> Result<Arc<dyn TokenStore>, StoreError> {
    install_crypto();
    Ok(match &settings.url {
        TokenStoreUrl::Memory => Arc::new(MemoryTokens::new(clock.clone())),
        TokenStoreUrl::Redis(url) => Arc::new(RedisTokens::new(url, &settings.key_prefix)?),
    })
}

/// One crypto provider for every TLS connection of the process. A second call finds the first one's in place.
pub fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
