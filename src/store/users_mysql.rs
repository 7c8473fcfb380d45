//! People in MySQL or MariaDB, over pure Rust.

#[path = "sql/mod.rs"]
mod sql;

use super::attempt::Attempts;
use super::error::StoreError;
use super::failure::Failure;
use super::liveness::{Liveness, Proof, life};
use diesel::mysql::Mysql;
use diesel::result::{ConnectionError, DatabaseErrorKind, Error};
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use diesel::{ConnectionResult, QueryableByName};
use diesel_async::pooled_connection::deadpool::{Hook, HookError, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, PoolError, RecyclingMethod};
use diesel_async::{AsyncMigrationHarness, AsyncMysqlConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/mysql");
/// Processes that migrate at once take turns at this lock of the server.
const MIGRATION_LOCK: &str = "weapp-login migrate";
const MIGRATION_WAIT: Duration = Duration::from_secs(120);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

pub(super) type Backend = Mysql;
pub(super) type Connection = AsyncMysqlConnection;
/// The function that gives the greatest of its arguments.
const NEWER: &str = "GREATEST";
/// What an insertion does instead where the key is there already.
const ELSE_UPDATE: &str = "ON DUPLICATE KEY UPDATE";

/// Accounts in a MySQL database.
pub struct Users {
    attempts: Attempts<AsyncDieselConnectionManager<Connection>>,
}

impl Users {
    /// Checks the address and the certificate authority; connects at the first call. A connection is replaced when it is
    /// about `max_age` old (a tenth more or less), so that a server that went out of service is left in the end.
    ///
    /// # Errors
    /// The address is none of MySQL's.
    pub fn new(
        url: &SecretString,
        ca_file: Option<&Path>,
        pool_size: usize,
        max_age: Duration,
    ) -> Result<Users, StoreError> {
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
        let server = format!("the database at {}:{}", opts.ip_or_hostname(), opts.tcp_port());
        let mut config = ManagerConfig::<Connection>::default();
        config.custom_setup = Box::new(move |_| Box::pin(connect(opts.clone())));
        config.recycling_method = RecyclingMethod::Fast;
        let liveness = Arc::new(Liveness::default());
        let manager = AsyncDieselConnectionManager::new_with_config("", config);
        let pool = Pool::builder(manager)
            .max_size(pool_size)
            .runtime(deadpool::Runtime::Tokio1)
            .create_timeout(Some(CONNECT_TIMEOUT))
            .wait_timeout(Some(CONNECT_TIMEOUT))
            .recycle_timeout(Some(CONNECT_TIMEOUT))
            .pre_recycle(proof_of_life(liveness.clone(), max_age))
            .build()
            .map_err(StoreError::broken)?;
        Ok(Users { attempts: Attempts::new("mysql", &server, pool, Some(liveness)) })
    }

    async fn apply_pending(&self) -> Result<Vec<String>, StoreError> {
        #[derive(QueryableByName)]
        struct Locked {
            #[diesel(sql_type = Nullable<Integer>)]
            locked: Option<i32>,
        }
        let mut connection = self.attempts.connection().await?;
        let lock = diesel::sql_query("SELECT CAST(GET_LOCK(?, ?) AS SIGNED INTEGER) AS locked")
            .bind::<Text, _>(MIGRATION_LOCK)
            .bind::<BigInt, _>(MIGRATION_WAIT.as_secs() as i64);
        let locked: Locked = lock.get_result(&mut connection).await.map_err(StoreError::unavailable)?;
        if locked.locked != Some(1) {
            return Err(StoreError::unavailable("another process has been migrating for two minutes"));
        }
        // The library's harness blocks the thread it is on, which may be the one that drives the connection.
        let apply = move || {
            let mut harness = AsyncMigrationHarness::new(connection);
            let applied = harness
                .run_pending_migrations(MIGRATIONS)
                .map(|versions| versions.iter().map(ToString::to_string).collect())
                .map_err(StoreError::broken);
            (harness.into_inner(), applied)
        };
        let (mut connection, applied) = tokio::task::spawn_blocking(apply).await.map_err(StoreError::broken)?;
        let release = diesel::sql_query("DO RELEASE_LOCK(?)").bind::<Text, _>(MIGRATION_LOCK);
        // The server lets go of the lock when the connection closes, too.
        release.execute(&mut connection).await.map_err(StoreError::unavailable)?;
        applied
    }
}

/// Lets go of a connection that is too old, and asks one that is in doubt; without an answer it is replaced.
fn proof_of_life(liveness: Arc<Liveness>, max_age: Duration) -> Hook<Connection> {
    Hook::async_fn(move |connection: &mut Connection, metrics| {
        let old = metrics.age() > life(max_age, metrics.created);
        let proof = liveness.wanted(metrics.age(), metrics.last_used(), Instant::now());
        Box::pin(async move {
            if old {
                return Err(HookError::message("the connection has lived long enough"));
            }
            let shown = async {
                match proof {
                    Proof::None => Ok(()),
                    Proof::Answer => connection.batch_execute("SELECT 1").await,
                    Proof::Writable => takes_writes(connection).await,
                }
            };
            match tokio::time::timeout(CONNECT_TIMEOUT, shown).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(HookError::Backend(PoolError::QueryError(error))),
                Err(_) => Err(HookError::message("the connection does not answer")),
            }
        })
    })
}

/// Whether the server takes writes: after a failover an old connection may lead to one that does not any more.
async fn writable(c: &mut Connection) -> Result<(), Failure> {
    Ok(takes_writes(c).await?)
}

async fn takes_writes(c: &mut Connection) -> Result<(), Error> {
    #[derive(QueryableByName)]
    struct Writable {
        #[diesel(sql_type = Bool)]
        writable: bool,
    }
    // A number in MySQL and in most of MariaDB's versions, a word in the latest.
    let query = diesel::sql_query("SELECT CONCAT(@@global.read_only) IN ('0', 'OFF') AS writable");
    match query.get_result::<Writable>(c).await?.writable {
        true => Ok(()),
        false => Err(Error::DatabaseError(
            DatabaseErrorKind::ReadOnlyTransaction,
            Box::new("the server is read-only".to_owned()),
        )),
    }
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

diesel::define_sql_function! {
    fn last_insert_id() -> diesel::sql_types::BigInt;
}

/// The number of the first of the `_rows` that the last insertion on this connection made.
async fn first_id(c: &mut Connection, _rows: usize) -> Result<i64, Error> {
    last_id(c).await
}

/// The number that the last insertion on this connection was given.
async fn last_id(c: &mut Connection) -> Result<i64, Error> {
    diesel::select(last_insert_id()).get_result(c).await
}
