//! The outside world as the service needs it: where people are kept and where short-lived things are kept.
//!
//! A backend is small and dumb. What a ticket, a session or a limit means is decided above it, once; what only the
//! database can decide (who was first) is decided here, by its unique keys.

mod redis_link;
mod redis_opener;
pub mod schema;
mod suspicion;
mod tokens;
mod tokens_memory;
mod tokens_redis;
mod users_mysql;
mod users_sqlite;

pub use tokens::{Allowance, Rate, TokenStore};
pub use tokens_memory::MemoryTokens;
pub use tokens_redis::RedisTokens;
pub use users_mysql::Users as MysqlUsers;
pub use users_sqlite::Users as SqliteUsers;

use crate::identity::{AppId, Identity, OpenId, UnionId};
use crate::user::{AvatarUrl, Nickname, Phone, Profile, ProfileSource, Status, User, UserId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
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

/// What came of registering somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    pub user: User,
    /// False when the account existed by then: another device was faster, or an answer was lost and this is a retry.
    pub created: bool,
}

/// What happened to an account, as `login_events` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    Register,
    Login,
    Logout,
    Merge,
    Erase,
    Phone,
    Suspend,
    Restore,
    Import,
}

impl EventKind {
    /// The text in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::Register => "register",
            EventKind::Login => "login",
            EventKind::Logout => "logout",
            EventKind::Merge => "merge",
            EventKind::Erase => "erase",
            EventKind::Phone => "phone",
            EventKind::Suspend => "suspend",
            EventKind::Restore => "restore",
            EventKind::Import => "import",
        }
    }
}

/// A row of `login_events`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginEvent {
    pub at: DateTime<Utc>,
    pub user_id: UserId,
    /// Absent for what no mini program did, such as an admin.
    pub app_id: Option<AppId>,
    pub kind: EventKind,
}

/// An account with one way into it, as people are moved in and out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Number of the account; 0 for somebody who is to be moved in.
    pub id: UserId,
    pub app_id: AppId,
    pub openid: OpenId,
    pub unionid: Option<UnionId>,
    pub profile: Profile,
    pub profile_source: ProfileSource,
    pub phone: Option<Phone>,
    pub status: Status,
    pub created_at: DateTime<Utc>,
}

/// Connections of this process to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    pub idle: usize,
    pub busy: usize,
    /// Requests that wait for one.
    pub awaited: usize,
}

/// What came of moving one person in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    Created,
    /// The pair was there, or its unionid was and the pair was added to that account.
    Known,
}

/// Where people are kept.
///
/// Ids compare byte by byte; times are kept in milliseconds. Several processes may use one database at once.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// The account that `identity` leads to, if there is one.
    ///
    /// The pair leads first. A unionid that WeChat gives for the first time is added to the pair's account; a pair seen
    /// for the first time is added to the unionid's account; where pair and unionid lead to two accounts, these become
    /// one in one transaction. Two calls at once, from two replicas too, have the effect of one after the other.
    async fn find(&self, identity: &Identity, now: DateTime<Utc>) -> Result<Option<User>, StoreError>;

    /// The account that `identity` leads to, made from `profile` if there is none.
    ///
    /// Of several calls at once, one creates the account and the others get it. Somebody known keeps their profile unless
    /// the one given is worth more than theirs (see [`ProfileSource`]).
    async fn register(
        &self,
        identity: &Identity,
        profile: &Profile,
        now: DateTime<Utc>,
    ) -> Result<Registered, StoreError>;

    /// The account with this number, or the one it was merged into.
    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// The account that this pair leads to; unlike [`UserStore::find`] it changes nothing.
    async fn by_pair(&self, app_id: &AppId, openid: &OpenId) -> Result<Option<User>, StoreError>;

    /// What somebody wrote about themselves; what is `None` stays. Nothing is returned for an account that is not active.
    async fn update_profile(
        &self,
        id: UserId,
        nickname: Option<&Nickname>,
        avatar_url: Option<&AvatarUrl>,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError>;

    /// The number that WeChat vouches for.
    async fn set_phone(&self, id: UserId, phone: &Phone, now: DateTime<Utc>) -> Result<Option<User>, StoreError>;

    /// Suspends or restores; an erased account stays erased. The event is written with it.
    async fn set_status(&self, id: UserId, status: Status, now: DateTime<Utc>) -> Result<Option<User>, StoreError>;

    /// Removes every personal field and every identity of the account and of all that were merged into it. What stays
    /// says that an account was erased, and when. Erasing twice is erasing once.
    async fn erase(&self, id: UserId, now: DateTime<Utc>) -> Result<(), StoreError>;

    /// The account and every account that was merged into it.
    async fn merged(&self, id: UserId) -> Result<Vec<UserId>, StoreError>;

    /// Appends to `login_events` and brings `last_login_at` up to date, all or nothing.
    async fn record(&self, events: &[LoginEvent]) -> Result<(), StoreError>;

    /// Deletes events older than `before`, `most` at the most; tells how many.
    async fn forget_events(&self, before: DateTime<Utc>, most: i64) -> Result<usize, StoreError>;

    /// Moves people in, all of them or none, in one transaction; the answers are in their order.
    async fn import(&self, people: &[Person]) -> Result<Vec<Imported>, StoreError>;

    /// People with a pair after `after` in the order of (`app_id`, `openid`), `most` at the most, erased ones left out.
    async fn export(&self, after: Option<(&AppId, &OpenId)>, most: i64) -> Result<Vec<Person>, StoreError>;

    /// The identities that lead to an account, for support staff.
    async fn identities(&self, id: UserId) -> Result<Vec<(AppId, DateTime<Utc>, Option<DateTime<Utc>>)>, StoreError>;

    /// Whether the database answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// How the connections to the database are used at this moment.
    fn connections(&self) -> Connections;

    /// Names of the migrations that this program has and the database has not.
    async fn pending_migrations(&self) -> Result<Vec<String>, StoreError>;

    /// Applies what is pending; tells the names. Of several processes at once one does it and the others wait.
    async fn migrate(&self) -> Result<Vec<String>, StoreError>;
}
