//! Everything that a handler may touch, made once, in one function readable from top to bottom.

use crate::access_token::AccessTokens;
use crate::clock::Clock;
use crate::events::{EventLog, forget_old_events};
use crate::rate_limit::RateLimits;
use crate::session::{Lives, Sessions};
use crate::settings::{DatabaseUrl, Settings, TokenStoreUrl};
use crate::store::{MemoryTokens, MysqlUsers, RedisTokens, SqliteUsers, StoreError, TokenStore, UserStore};
use crate::ticket::Tickets;
use crate::wechat::WechatClient;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// The service without its HTTP side.
pub struct App {
    pub settings: Settings,
    pub clock: Clock,
    pub users: Arc<dyn UserStore>,
    pub tokens: Arc<dyn TokenStore>,
    /// The token store once more when it is the one in memory, for the page that shows what lies in it.
    pub memory: Option<Arc<MemoryTokens>>,
    pub tickets: Tickets,
    pub sessions: Sessions,
    pub limits: RateLimits,
    pub wechat: Arc<WechatClient>,
    pub access_tokens: AccessTokens,
    pub events: EventLog,
    /// Where all input and output of stores and WeChat happens. A connection is driven by the runtime that opened it, so
    /// none may be opened by a worker thread of the HTTP server, which can be busy.
    pub runtime: Handle,
    /// True once the process was told to end: no new traffic should come here.
    pub draining: AtomicBool,
    pub in_flight: AtomicUsize,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    event_writer: Mutex<Option<JoinHandle<()>>>,
}

/// Why the service cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the database cannot be opened")]
    Users(#[source] StoreError),
    #[error("redis cannot be opened")]
    Tokens(#[source] StoreError),
    #[error("the client for wechat cannot be made")]
    Wechat(#[source] reqwest::Error),
}

impl App {
    /// Puts the service together as `settings` say. It connects to nothing yet. Must be called on a multi-threaded runtime,
    /// which it then belongs to.
    ///
    /// # Errors
    /// A certificate cannot be read, or TLS cannot be set up.
    pub fn open(settings: Settings, clock: Clock) -> Result<App, OpenError> {
        install_crypto();
        crate::telemetry::metrics();
        let users = open_users(&settings).map_err(OpenError::Users)?;
        let (tokens, memory) = open_tokens(&settings, &clock).map_err(OpenError::Tokens)?;
        let wechat = Arc::new(WechatClient::new(settings.wechat_base_urls.clone()).map_err(OpenError::Wechat)?);
        let lives =
            Lives { idle: settings.session_ttl, most: settings.session_max_age, per_user: settings.sessions_per_user };
        let (events, event_writer) = EventLog::start(users.clone(), clock.clone());
        let forgetting = forget_old_events(users.clone(), tokens.clone(), clock.clone(), settings.events_retention);
        Ok(App {
            tickets: Tickets::new(tokens.clone(), clock.clone(), settings.ticket_ttl),
            sessions: Sessions::new(tokens.clone(), users.clone(), clock.clone(), lives),
            limits: RateLimits::new(
                tokens.clone(),
                clock.clone(),
                settings.rate_limit_per_minute,
                settings.rate_limit_per_app_per_minute,
                settings.wechat_max_calls_per_minute,
            ),
            access_tokens: AccessTokens::new(tokens.clone(), wechat.clone(), clock.clone()),
            wechat,
            events,
            runtime: Handle::current(),
            draining: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            tasks: Mutex::new(vec![tokio::spawn(forgetting)]),
            event_writer: Mutex::new(Some(event_writer)),
            users,
            tokens,
            memory,
            clock,
            settings,
        })
    }

    /// Ends the background work; tells the task that writes the remaining events, which ends once this app is dropped.
    pub fn close(&self) -> Option<JoinHandle<()>> {
        for task in self.tasks.lock().expect("nothing panics while it holds the tasks").drain(..) {
            task.abort();
        }
        self.event_writer.lock().expect("nothing panics while it holds the writer").take()
    }
}

/// One crypto provider for every TLS connection of the process. A second call finds the first one's in place.
pub fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// How long a connection to the database lives: after a failover the last of them leads elsewhere by then.
const CONNECTION_AGE: Duration = Duration::from_secs(30 * 60);

/// The user store that the address asks for.
///
/// # Errors
/// The address or the certificate authority cannot be used.
pub fn open_users(settings: &Settings) -> Result<Arc<dyn UserStore>, StoreError> {
    Ok(match &settings.database {
        DatabaseUrl::Mysql { url, ca_file, pool_size } => {
            Arc::new(MysqlUsers::new(url, ca_file.as_deref(), *pool_size, CONNECTION_AGE)?)
        }
        DatabaseUrl::Sqlite { path } => Arc::new(SqliteUsers::new(path)?),
    })
}

/// A token store, and the same once more if it is the one in memory.
pub type OpenTokens = (Arc<dyn TokenStore>, Option<Arc<MemoryTokens>>);

/// The token store that the address asks for.
///
/// # Errors
/// A certificate cannot be read or used.
pub fn open_tokens(settings: &Settings, clock: &Clock) -> Result<OpenTokens, StoreError> {
    Ok(match &settings.tokens {
        TokenStoreUrl::Memory => {
            let memory = Arc::new(MemoryTokens::new(clock.clone()));
            (memory.clone(), Some(memory))
        }
        TokenStoreUrl::Redis(url) => (Arc::new(RedisTokens::new(url, &settings.redis_key_prefix)?), None),
    })
}
