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
use diesel_async::pooled_connection::deadpool::{Hook, HookError, Object, Pool};
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
        let mut connection = self.attempts.connection().await?;
        let locked = match lock_named(&mut connection, MIGRATION_LOCK, MIGRATION_WAIT).await {
            Ok(true) => true,
            Ok(false) => return Err(StoreError::unavailable("another process has been migrating for two minutes")),
            // Then nobody takes turns, which `caveats` tells.
            Err(error) if knows_no_locks(&error) => false,
            Err(error) => return Err(StoreError::unavailable(error)),
        };
        // The library's harness blocks the thread it is on, which may be the one that drives the connection.
        let apply = move || {
            let mut harness = AsyncMigrationHarness::new(connection);
            let applied = apply_one_by_one(&mut harness);
            (harness.into_inner(), applied)
        };
        let (mut connection, applied) = tokio::task::spawn_blocking(apply).await.map_err(StoreError::broken)?;
        if locked {
            // The server lets go of the lock when the connection closes, too.
            let release = diesel::sql_query("DO RELEASE_LOCK(?)").bind::<Text, _>(MIGRATION_LOCK);
            release.execute(&mut connection).await.map_err(StoreError::unavailable)?;
        }
        applied
    }
}

/// A migration that the server refused: it knows no transactions for a schema, so whoever migrates is told what is there.
#[derive(Debug, thiserror::Error)]
#[error(
    "{failed} was refused; {before} before it are applied and {after} after it are not; run it again when the cause is gone"
)]
struct HalfWay {
    failed: String,
    before: usize,
    after: usize,
    source: Box<dyn std::error::Error + Send + Sync>,
}

fn apply_one_by_one(harness: &mut AsyncMigrationHarness<Object<Connection>>) -> Result<Vec<String>, StoreError> {
    let pending = harness.pending_migrations(MIGRATIONS).map_err(StoreError::broken)?;
    let mut applied = Vec::with_capacity(pending.len());
    for migration in &pending {
        let half_way = |source| {
            let (failed, before) = (migration.name().to_string(), applied.len());
            StoreError::broken(HalfWay { failed, before, after: pending.len() - before - 1, source })
        };
        applied.push(harness.run_migration(migration).map_err(half_way)?.to_string());
    }
    Ok(applied)
}

/// Whether this connection got the server's lock of that name within the time.
async fn lock_named(c: &mut Connection, name: &str, wait: Duration) -> Result<bool, Error> {
    #[derive(QueryableByName)]
    struct Locked {
        #[diesel(sql_type = Nullable<Integer>)]
        locked: Option<i32>,
    }
    let lock = diesel::sql_query("SELECT CAST(GET_LOCK(?, ?) AS SIGNED INTEGER) AS locked")
        .bind::<Text, _>(name)
        .bind::<BigInt, _>(wait.as_secs() as i64);
    Ok(lock.get_result::<Locked>(c).await?.locked == Some(1))
}

/// Whether the server said that it has no GET_LOCK, or not for us.
fn knows_no_locks(error: &Error) -> bool {
    let Error::DatabaseError(_, words) = error else { return false };
    let words = words.message();
    words.contains("GET_LOCK")
        || words.contains("support")
        || words.starts_with("FUNCTION") && words.ends_with("not exist")
}

/// What this server does not do of what the schema asks it for, in sentences.
async fn caveats(c: &mut Connection) -> Result<Vec<String>, Failure> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = BigInt)]
        number: i64,
    }
    let name = format!("{MIGRATION_LOCK}, tried");
    let mut told = vec![];
    match lock_named(c, &name, Duration::ZERO).await {
        Ok(_) => {
            diesel::sql_query("DO RELEASE_LOCK(?)").bind::<Text, _>(&name).execute(c).await?;
            // SHOW: only a part of the servers knows either variable.
            let clustered = "SHOW VARIABLES WHERE (Variable_name = 'wsrep_on' AND Value = 'ON') \
                OR (Variable_name = 'group_replication_group_name' AND Value <> '')";
            if diesel::sql_query(clustered).execute(c).await? > 0 {
                told.push("a lock holds on one node of this cluster only: run one migrate at a time".to_owned());
            }
        }
        Err(error) if knows_no_locks(&error) => {
            told.push("this server has no GET_LOCK: run one migrate at a time".to_owned());
        }
        Err(error) => return Err(error.into()),
    }
    for (kind, without) in [
        ("CHECK", "what is written by hand is not checked"),
        ("FOREIGN KEY", "what is written by hand may lead to an account that is not there"),
    ] {
        let kept = diesel::sql_query(
            "SELECT COUNT(*) AS number FROM information_schema.table_constraints \
             WHERE constraint_schema = DATABASE() AND constraint_type = ?",
        );
        if kept.bind::<Text, _>(kind).get_result::<Counted>(c).await?.number == 0 {
            told.push(format!("this server keeps no {kind} constraints: {without}"));
        }
    }
    Ok(told)
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
