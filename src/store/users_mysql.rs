//! People in MySQL or MariaDB, over pure Rust.

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
use diesel::mysql::Mysql;
use diesel::result::{ConnectionError, Error};
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::{ConnectionResult, QueryableByName};
use diesel_async::pooled_connection::deadpool::{Hook, HookError, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, PoolError, RecyclingMethod};
use diesel_async::{AsyncMigrationHarness, AsyncMysqlConnection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/mysql");
/// Processes that migrate at once take turns at this lock of the server.
const MIGRATION_LOCK: &str = "weapp-login migrate";
const MIGRATION_WAIT: Duration = Duration::from_secs(120);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

pub(super) type Backend = Mysql;
pub(super) type Connection = AsyncMysqlConnection;

/// Accounts in a MySQL database.
pub struct Users {
    pool: Pool<Connection>,
    suspicion: Arc<Suspicion>,
}

impl Users {
    /// Checks the address and the certificate authority; connects at the first call.
    ///
    /// # Errors
    /// The address is none of MySQL's.
    pub fn new(url: &SecretString, ca_file: Option<&Path>, pool_size: usize) -> Result<Users, StoreError> {
        // The driver's own error repeats the address, password and all.
        let opts = mysql_async::Opts::from_url(url.expose_secret())
            .map_err(|_| StoreError::broken("DATABASE_URL is not an address of MySQL"))?;
        let mut builder = mysql_async::OptsBuilder::from_opts(opts)
            .stmt_cache_size(0)
            .client_found_rows(true)
            .prefer_socket(false)
            .init(vec!["SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"]);
        if let Some(ca_file) = ca_file {
            let roots = vec![ca_file.to_path_buf().into()];
            builder = builder.ssl_opts(mysql_async::SslOpts::default().with_root_certs(roots));
        }
        let opts = mysql_async::Opts::from(builder);
        let mut config = ManagerConfig::<Connection>::default();
        config.custom_setup = Box::new(move |_| Box::pin(connect(opts.clone())));
        config.recycling_method = RecyclingMethod::Fast;
        let suspicion = Arc::new(Suspicion::default());
        let manager = AsyncDieselConnectionManager::new_with_config("", config);
        let pool = Pool::builder(manager)
            .max_size(pool_size)
            .runtime(deadpool_redis::Runtime::Tokio1)
            .create_timeout(Some(CONNECT_TIMEOUT))
            .wait_timeout(Some(CONNECT_TIMEOUT))
            .recycle_timeout(Some(CONNECT_TIMEOUT))
            .pre_recycle(proof_of_life(suspicion.clone()))
            .build()
            .map_err(StoreError::broken)?;
        Ok(Users { pool, suspicion })
    }

    async fn apply_pending(&self) -> Result<Vec<String>, StoreError> {
        #[derive(QueryableByName)]
        struct Locked {
            #[diesel(sql_type = Nullable<Integer>)]
            locked: Option<i32>,
        }
        let mut connection = self.connection().await?;
        let lock = diesel::sql_query("SELECT CAST(GET_LOCK(?, ?) AS SIGNED INTEGER) AS locked")
            .bind::<Text, _>(MIGRATION_LOCK)
            .bind::<BigInt, _>(MIGRATION_WAIT.as_secs() as i64);
        let locked: Locked = lock.get_result(&mut connection).await.map_err(StoreError::unavailable)?;
        if locked.locked != Some(1) {
            return Err(StoreError::unavailable("another process has been migrating for two minutes"));
        }
        let mut harness = AsyncMigrationHarness::new(connection);
        let applied = harness
            .run_pending_migrations(MIGRATIONS)
            .map(|versions| versions.iter().map(ToString::to_string).collect())
            .map_err(StoreError::broken);
        let mut connection = harness.into_inner();
        let release = diesel::sql_query("DO RELEASE_LOCK(?)").bind::<Text, _>(MIGRATION_LOCK);
        // The server lets go of the lock when the connection closes, too.
        release.execute(&mut connection).await.map_err(StoreError::unavailable)?;
        applied
    }
}

/// Asks a connection that is under suspicion for an answer; without one it is replaced.
fn proof_of_life(suspicion: Arc<Suspicion>) -> Hook<Connection> {
    Hook::async_fn(move |connection: &mut Connection, metrics| {
        let wanted = suspicion.wants_proof(metrics.last_used());
        Box::pin(async move {
            if !wanted {
                return Ok(());
            }
            let query = diesel::sql_query("SELECT 1");
            match tokio::time::timeout(CONNECT_TIMEOUT, query.execute(connection)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(HookError::Backend(PoolError::QueryError(error))),
                Err(_) => Err(HookError::message("the connection does not answer")),
            }
        })
    })
}

async fn connect(opts: mysql_async::Opts) -> ConnectionResult<Connection> {
    let connection =
        mysql_async::Conn::new(opts).await.map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
    AsyncMysqlConnection::try_from(connection).await
}

/// Makes other transactions that lock the same accounts wait until this one ends.
async fn lock(c: &mut Connection, accounts: &[i64]) -> Result<(), Error> {
    let ids = accounts.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    diesel::sql_query(format!("SELECT id FROM users WHERE id IN ({ids}) ORDER BY id FOR UPDATE")).execute(c).await?;
    Ok(())
}

/// The number that the last insertion on this connection was given.
async fn last_id(c: &mut Connection) -> Result<i64, Error> {
    #[derive(QueryableByName)]
    struct LastId {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let last: LastId = diesel::sql_query("SELECT CAST(LAST_INSERT_ID() AS SIGNED) AS id").get_result(c).await?;
    Ok(last.id)
}
