//! A store of its own for every test.

use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use testkit::given;
use weapp_login::app::install_crypto;
use weapp_login::clock::Clock;
use weapp_login::store::{MemoryTokens, MysqlUsers, RedisTokens, SqliteUsers, TokenStore, UserStore};
use weapp_login::token::random_bytes;

fn unique() -> String {
    format!("weapp_{:016x}", u64::from_ne_bytes(random_bytes()))
}

/// Where people are kept during a test.
pub trait People: Sized {
    fn new() -> Self;
    /// A store over the same data, as another process would have it.
    fn open(&self) -> Arc<dyn UserStore>;
    /// Address for a command of the program.
    fn url(&self) -> String;
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

    fn url(&self) -> String {
        format!("sqlite://{}", self.file().display())
    }
}

pub struct Mysql(String);

impl Mysql {
    fn on_server(sql: String) {
        let work = async move {
            use mysql_async::prelude::Queryable;
            let mut connection = mysql_async::Conn::from_url(given("TEST_DATABASE_URL")).await.unwrap();
            connection.query_drop(sql).await.unwrap();
            connection.disconnect().await.unwrap();
        };
        let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
        std::thread::spawn(run).join().unwrap();
    }
}

impl People for Mysql {
    const MIGRATIONS: &str = "migrations/mysql";

    fn new() -> Self {
        install_crypto();
        let database = unique();
        Mysql::on_server(format!("CREATE DATABASE {database} CHARACTER SET utf8mb4"));
        Mysql(database)
    }

    fn open(&self) -> Arc<dyn UserStore> {
        Arc::new(MysqlUsers::new(&self.url().into(), None, 12, std::time::Duration::from_secs(1800)).unwrap())
    }

    fn url(&self) -> String {
        let mut url = url::Url::parse(&given("TEST_DATABASE_URL")).unwrap();
        url.set_path(&self.0);
        url.into()
    }
}

impl Drop for Mysql {
    fn drop(&mut self) {
        Mysql::on_server(format!("DROP DATABASE {}", self.0));
    }
}

/// Where short-lived things are kept during a test.
pub trait Tokens {
    fn open() -> Arc<dyn TokenStore>;
}

pub struct Redis;

impl Tokens for Redis {
    fn open() -> Arc<dyn TokenStore> {
        let url = given("TEST_REDIS_URL").parse().unwrap();
        Arc::new(RedisTokens::new(&url, &format!("{}:", unique())).unwrap())
    }
}

pub struct Memory;

impl Tokens for Memory {
    fn open() -> Arc<dyn TokenStore> {
        Arc::new(MemoryTokens::new(Clock::system()))
    }
}
