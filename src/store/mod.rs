//! The outside world as the service needs it: where people are kept and where short-lived things are kept.
//!
//! A backend is small and dumb. What a ticket, a session or a limit means is decided above it, once; what only the
//! database can decide (who was first) is decided here, by its unique keys.

mod attempt;
mod liveness;
mod redis_link;
mod redis_opener;
mod row;
pub mod schema;
mod tokens;
mod tokens_memory;
mod tokens_redis;
mod users;
mod users_mysql;
mod users_sqlite;

pub use tokens::{Allowance, Rate, TokenStore};
pub use tokens_memory::MemoryTokens;
pub use tokens_redis::RedisTokens;
pub use users::{
    Accounts, Connections, Database, EventKind, Events, Imported, LoginEvent, People, Person, Registered, Transfer,
    UserStore, WayIn,
};
pub use users_mysql::Users as MysqlUsers;
pub use users_sqlite::Users as SqliteUsers;

use std::error::Error;

/// Why a store gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, is too slow or says that it cannot serve at the moment. The same call may work later.
    #[error("the store does not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// It answered with what must not happen: a defect of ours or a schema that is not the one expected.
    #[error("the store answered with an error")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    pub(crate) fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError::Unavailable(cause.into())
    }

    pub(crate) fn broken(cause: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError::Broken(cause.into())
    }
}
