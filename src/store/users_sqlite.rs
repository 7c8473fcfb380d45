//! People in a SQLite file: for development, tests and a single small replica.
//!
//! One connection serves all requests of the process; other processes (a command of this program, say) may use the file
//! at the same time and are waited for.

#[path = "sql_accounts.rs"]
mod accounts;
#[path = "sql_migrations.rs"]
mod migrations;
#[path = "sql_people.rs"]
mod people;
#[path = "sql_rows.rs"]
mod rows;
#[path = "sql_store.rs"]
mod store;
#[path = "sql_transfer.rs"]
mod transfer;

use super::StoreError;
use super::suspicion::Suspicion;
use diesel::QueryableByName;
use diesel::result::{ConnectionError, Error};
use diesel::sql_types::BigInt;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection, AsyncMigrationHarness, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::path::Path;
use std::time::Duration;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const WAIT: Duration = Duration::from_secs(5);
const MIGRATION_ATTEMPTS: u32 = 100;

pub(super) type Backend = Sqlite;
pub(super) type Connection = SyncConnectionWrapper<SqliteConnection>;

/// Accounts in a SQLite file.
pub struct Users {
    pool: Pool<Connection>,
    /// Of no consequence here: a file does not go away.
    suspicion: Suspicion,
}

impl Users {
    /// Opens nothing yet; the file is made at the first call.
    ///
    /// # Errors
    /// The path is not Unicode.
    pub fn new(path: &Path) -> Result<Users, StoreError> {
        let path = path.to_str().ok_or_else(|| StoreError::broken("the path of the SQLite file is not Unicode"))?;
        let mut config = ManagerConfig::<Connection>::default();
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(|path| Box::pin(connect(path.to_owned())));
        let manager = AsyncDieselConnectionManager::new_with_config(path, config);
        let pool = Pool::builder(manager)
            .max_size(1)
            .runtime(deadpool_redis::Runtime::Tokio1)
            .wait_timeout(Some(WAIT))
            .build()
            .map_err(StoreError::broken)?;
        Ok(Users { pool, suspicion: Suspicion::default() })
    }

    /// SQLite has no lock that outlives a transaction, so a process that meets another one looks again.
    async fn apply_pending(&self) -> Result<Vec<String>, StoreError> {
        let mut applied = vec![];
        let mut attempts = 1;
        loop {
            let mut harness = AsyncMigrationHarness::new(self.connection().await?);
            let next = harness.has_pending_migration(MIGRATIONS).and_then(|pending| match pending {
                true => harness.run_next_migration(MIGRATIONS).map(|version| Some(version.to_string())),
                false => Ok(None),
            });
            drop(harness);
            match next {
                Ok(Some(version)) => applied.push(version),
                Ok(None) => return Ok(applied),
                Err(error) => {
                    let message = error.to_string();
                    let marks = ["locked", "already exists", "UNIQUE", "No migrations have been run"];
                    let met = marks.iter().any(|text| message.contains(text));
                    if !met || attempts == MIGRATION_ATTEMPTS {
                        return Err(StoreError::broken(error));
                    }
                    attempts += 1;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

/// Entering WAL mode needs the file alone for a moment, and does not wait for that by itself.
async fn connect(path: String) -> diesel::ConnectionResult<Connection> {
    let mut attempts = 1;
    loop {
        let mut connection = Connection::establish(&path).await?;
        let settings = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;";
        match connection.batch_execute(settings).await {
            Ok(()) => return Ok(connection),
            Err(error) if attempts < 100 && error.to_string().contains("locked") => attempts += 1,
            Err(error) => return Err(ConnectionError::CouldntSetupConfiguration(error)),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Nothing to do: the process has one connection, and a transaction that meets another process's is made again.
async fn lock(_: &mut Connection, _: &[i64]) -> Result<(), Error> {
    Ok(())
}

/// The number that the last insertion on this connection was given.
async fn last_id(c: &mut Connection) -> Result<i64, Error> {
    #[derive(QueryableByName)]
    struct LastId {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let last: LastId = diesel::sql_query("SELECT last_insert_rowid() AS id").get_result(c).await?;
    Ok(last.id)
}
