//! A store of its own for every test.

use diesel::Connection;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tempfile::TempDir;
use testkit::{Cluster, Database, given, unique};
use weapp_login::clock::Clock;
use weapp_login::store::{MemoryTokens, MysqlUsers, RedisTokens, SqliteUsers, TokenStore, UserStore};

/// Where people are kept during a test.
pub trait People: Sized {
    fn new() -> Self;
    /// A store over the same data, as another process would have it.
    fn open(&self) -> Arc<dyn UserStore>;
    /// Address for a command of the program.
    fn url(&self) -> String;
    /// What is written in `login_events`: account, 0 for nobody known, and kind, in order.
    async fn events(&self) -> Vec<(i64, String)>;
    /// Runs a statement as an admin would.
    async fn run(&self, sql: &str);
    /// Makes the database refuse events of the account `id`.
    async fn refuse_events_of(&self, id: i64);
    /// Folder of its migrations.
    const MIGRATIONS: &str;

    async fn migrated() -> (Self, Arc<dyn UserStore>) {
        let backend = Self::new();
        let users = backend.open();
        users.migrate().await.unwrap();
        (backend, users)
    }
}

pub struct Sqlite(TempDir);

impl Sqlite {
    fn file(&self) -> PathBuf {
        self.0.path().join("people.sqlite3")
    }
}

impl People for Sqlite {
    const MIGRATIONS: &str = "migrations/sqlite";

    fn new() -> Self {
        Sqlite(tempfile::tempdir().unwrap())
    }

    fn open(&self) -> Arc<dyn UserStore> {
        Arc::new(SqliteUsers::new(&self.file()).unwrap())
    }

    async fn events(&self) -> Vec<(i64, String)> {
        use diesel::prelude::*;
        use weapp_login::store::schema::login_events::dsl::{id, kind, login_events, user_id};
        let mut connection = SqliteConnection::establish(self.file().to_str().unwrap()).unwrap();
        let rows: Vec<(Option<i64>, String)> =
            login_events.order(id).select((user_id, kind)).load(&mut connection).unwrap();
        rows.into_iter().map(|(account, what)| (account.unwrap_or_default(), what)).collect()
    }

    async fn run(&self, sql: &str) {
        use diesel::connection::SimpleConnection;
        let mut connection = diesel::SqliteConnection::establish(self.file().to_str().unwrap()).unwrap();
        connection.batch_execute(sql).unwrap();
    }

    async fn refuse_events_of(&self, id: i64) {
        use diesel::connection::SimpleConnection;
        let mut connection = diesel::SqliteConnection::establish(self.file().to_str().unwrap()).unwrap();
        let trigger = format!(
            "CREATE TRIGGER refusal BEFORE INSERT ON login_events WHEN NEW.user_id = {id} \
             BEGIN SELECT RAISE(ABORT, 'Incorrect account'); END"
        );
        connection.batch_execute(&trigger).unwrap();
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.file().display())
    }
}

/// On the server of the test run; where that is a cluster, every store is on the next of its nodes.
pub struct Mysql {
    database: Database,
    opened: AtomicUsize,
}

impl People for Mysql {
    const MIGRATIONS: &str = "migrations/mysql";

    fn new() -> Self {
        Mysql { database: Database::new(), opened: AtomicUsize::new(0) }
    }

    fn open(&self) -> Arc<dyn UserStore> {
        let url = self.database.url_at(self.opened.fetch_add(1, Relaxed));
        Arc::new(MysqlUsers::new(&url.into(), None, 12, std::time::Duration::from_secs(1800)).unwrap())
    }

    async fn events(&self) -> Vec<(i64, String)> {
        use mysql_async::prelude::Queryable;
        let mut connection = self.database.connect().await;
        connection.query("SELECT COALESCE(user_id, 0), kind FROM login_events ORDER BY id").await.unwrap()
    }

    async fn run(&self, sql: &str) {
        use mysql_async::prelude::Queryable;
        self.database.connect().await.query_drop(sql).await.unwrap();
    }

    async fn refuse_events_of(&self, id: i64) {
        use mysql_async::prelude::Queryable;
        let trigger = format!(
            "CREATE TRIGGER refusal BEFORE INSERT ON login_events FOR EACH ROW \
             IF NEW.user_id = {id} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Incorrect account'; END IF"
        );
        self.database.connect().await.query_drop(trigger).await.unwrap();
    }

    fn url(&self) -> String {
        self.database.url()
    }
}

/// Where short-lived things are kept during a test.
pub trait Tokens {
    fn open() -> Opened;
}

/// A token store, with the servers that were started for it.
#[derive(Clone)]
pub struct Opened {
    store: Arc<dyn TokenStore>,
    _servers: Option<Arc<Cluster>>,
}

impl Deref for Opened {
    type Target = dyn TokenStore;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

fn opened(url: &str, servers: Option<Arc<Cluster>>) -> Opened {
    let store = RedisTokens::new(&url.parse().unwrap(), &format!("weapp_{}:", unique())).unwrap();
    Opened { store: Arc::new(store), _servers: servers }
}

pub struct Redis;

impl Tokens for Redis {
    fn open() -> Opened {
        opened(&given("TEST_REDIS_URL"), None)
    }
}

/// One cluster, for as long as some test uses it.
pub struct RedisCluster;

impl Tokens for RedisCluster {
    fn open() -> Opened {
        static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let cluster = shared.upgrade().unwrap_or_else(|| Arc::new(Cluster::start()));
        *shared = Arc::downgrade(&cluster);
        opened(&cluster.url(), Some(cluster))
    }
}

pub struct Memory;

impl Tokens for Memory {
    fn open() -> Opened {
        Opened { store: Arc::new(MemoryTokens::new(Clock::system())), _servers: None }
    }
}
