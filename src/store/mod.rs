//! The outside world as the service needs it: where people are kept and where short-lived things are kept.
//!
//! A backend is small and dumb. What a ticket, a session or a limit means is decided above it, once; what only the
//! database can decide (who was first) is decided here, by its unique keys.

mod attempt;
mod error;
mod failure;
mod happened;
mod held;
mod liveness;
mod placing;
mod redis;
mod row;
#[expect(missing_docs, reason = "generated from the database, whose columns explain themselves")]
pub mod schema;
mod tokens;
mod tokens_memory;
mod users;
mod users_mysql;
mod users_sqlite;
mod words;

pub use error::StoreError;
pub use happened::{Device, EventKind, LoginEvent, Noted, Origin, Visit};
pub use held::{Held, HeldAccount, HeldEvent, HeldIdentity, HeldVisit};
pub use placing::Present;
pub use redis::RedisTokens;
pub use tokens::{Allowance, Entry, Member, Rate, TokenStore, Value};
pub use tokens_memory::MemoryTokens;
pub use users::{Accounts, Database, Events, People, Transfer, UserStore};
pub use users_mysql::Users as MysqlUsers;
pub use users_sqlite::Users as SqliteUsers;
pub use words::{
    Account, Act, Connections, Imported, Newcomer, NotUnlinked, Outcome, Person, Registered, Sought, WayIn,
};
