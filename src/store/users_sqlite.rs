//! People in a SQLite file: for development, tests and a single small replica.
//!
//! One connection serves all requests of the process; other processes (a command of this program, say) may use the file
//! at the same time and are waited for.

#[path = "sql/mod.rs"]
mod sql;

use super::attempt::Attempts;
use super::error::StoreError;
use super::failure::Failure;
use diesel::connection::SimpleConnection;
use diesel::result::{ConnectionError, Error};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use futures_util::future::BoxFuture;
use std::error::Error as StdError;
use std::path::Path;
use std::time::Duration;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const WAIT: Duration = Duration::from_secs(5);
/// How long a process waits for another one that migrates.
const MIGRATION_WAIT: Duration = Duration::from_secs(60);

pub(super) type Backend = Sqlite;
pub(super) type Connection = SyncConnectionWrapper<SqliteConnection, BlockingThreads>;
/// The function that gives the greatest of its arguments.
const NEWER: &str = "MAX";
/// What an insertion does instead where the key is there already.
const ELSE_UPDATE: &str = "ON CONFLICT DO UPDATE SET";

/// Where SQLite works: on the blocking threads of the runtime that asks, whichever that is.
///
/// Whoever asks may go away. What was begun then ends by itself, on a connection that nobody is given again; the library's
/// own way would wait for it by blocking the asking thread, which a runtime of one thread refuses by a panic.
pub(super) struct BlockingThreads;

impl SpawnBlocking for BlockingThreads {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> BoxFuture<'a, Result<R, Box<dyn StdError + Send + Sync + 'static>>>
    where
        R: Send + 'static,
    {
        let handle = tokio::task::spawn_blocking(task);
        Box::pin(async move { handle.await.map_err(Into::into) })
    }

    fn get_runtime() -> Self {
        BlockingThreads
    }
}

/// Accounts in a SQLite file.
pub struct Users {
    attempts: Attempts<AsyncDieselConnectionManager<Connection>>,
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
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(Some(WAIT))
            .build()
            .map_err(StoreError::broken)?;
        let server = format!("the database in {path}");
        Ok(Users { attempts: Attempts::new("sqlite", &server, pool, None) })
    }

    /// All that is pending, in one transaction that begins by taking SQLite's lock on writing: a process that meets another
    /// one waits for it, and finds nothing left to do.
    async fn apply_pending(&self) -> Result<Vec<String>, StoreError> {
        let mut connection = self.attempts.connection().await?;
        let apply = |c: &mut SqliteConnection| {
            SimpleConnection::batch_execute(c, &busy_timeout(MIGRATION_WAIT))?;
            let applied = c.immediate_transaction(|c| -> diesel::migration::Result<Vec<String>> {
                Ok(c.run_pending_migrations(MIGRATIONS)?.iter().map(ToString::to_string).collect())
            });
            SimpleConnection::batch_execute(c, &busy_timeout(WAIT))?;
            Ok(applied)
        };
        connection.spawn_blocking(apply).await.map_err(StoreError::broken)?.map_err(StoreError::broken)
    }
}

/// How long a statement waits for another process that writes.
fn busy_timeout(wait: Duration) -> String {
    format!("PRAGMA busy_timeout = {};", wait.as_millis())
}

/// Entering WAL mode needs the file alone for a moment, and does not wait for that by itself.
async fn connect(path: String) -> diesel::ConnectionResult<Connection> {
    let mut attempts = 1;
    loop {
        let mut connection = Connection::establish(&path).await?;
        let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;";
        match connection.batch_execute(&format!("{}{settings}", busy_timeout(WAIT))).await {
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

/// SQLite does all that the schema asks it for.
async fn caveats(_: &mut Connection) -> Result<Vec<String>, Failure> {
    Ok(vec![])
}

/// Whether the file can be read; whether it can be written shows at the first write.
async fn writable(c: &mut Connection) -> Result<(), Failure> {
    Ok(c.batch_execute("SELECT 1").await?)
}

diesel::define_sql_function! {
    fn last_insert_rowid() -> diesel::sql_types::BigInt;
}

/// The number of the first of the `rows` that the last insertion on this connection made.
async fn first_id(c: &mut Connection, rows: usize) -> Result<i64, Error> {
    Ok(last_id(c).await? - rows as i64 + 1)
}

/// The number that the last insertion on this connection was given.
async fn last_id(c: &mut Connection) -> Result<i64, Error> {
    diesel::select(last_insert_rowid()).get_result(c).await
}
