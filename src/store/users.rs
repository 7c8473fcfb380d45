//! Where people are kept: the contracts of a user store, one for each who uses it.
//!
//! Ids compare byte by byte; times are kept in milliseconds. Several processes may use one database at once. Every call
//! fails with [`StoreError::Unavailable`] when the database does not answer in time or takes no writes that it needs, and
//! with [`StoreError::Broken`] when it answers with what must not happen. A call that is dropped half-way has happened
//! wholly or not at all.

use super::error::StoreError;
use super::happened::{EventKind, Noted};
use super::held::Held;
use super::placing::Present;
use super::words::{Account, Act, Connections, Imported, Newcomer, NotUnlinked, Person, Registered, Sought, WayIn};
use crate::identity::{AppId, Identity, OpenId};
use crate::user::{AvatarUrl, Nickname, Phone, Status, User, UserId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

/// Who somebody is: what signing in asks.
#[async_trait]
pub trait People: Send + Sync {
    /// The account that `identity` leads to, if there is one.
    ///
    /// The pair leads first. A unionid that WeChat gives for the first time is added to the pair's account; a pair seen
    /// for the first time is added to the unionid's account; where pair and unionid lead to two accounts, these become
    /// one in one transaction. Two calls at once, from two replicas too, have the effect of one after the other.
    async fn find(&self, identity: &Identity, now: DateTime<Utc>) -> Result<Option<User>, StoreError>;

    /// The account of somebody who registers: the one that their identity leads to; else, with
    /// [`Link`](crate::registration::PhoneAccounts::Link), the only active one that has their number; else one made from what they bring.
    ///
    /// Of several calls at once, one creates the account and the others get it; with [`Link`](crate::registration::PhoneAccounts::Link) this holds
    /// for everybody with one number, too. Somebody known or linked keeps their profile unless the one given is worth as
    /// much (see [`ProfileSource::replaces`](crate::user::ProfileSource::replaces)), and gets the number; an account that is not active changes in nothing, and
    /// nobody is ever linked to it.
    async fn register(&self, newcomer: Newcomer<'_>, now: DateTime<Utc>) -> Result<Registered, StoreError>;

    /// The account that this pair leads to; unlike [`People::find`] it changes nothing.
    async fn by_pair(&self, app_id: &AppId, openid: &OpenId) -> Result<Option<User>, StoreError>;
}

/// What happens to an account that is there. Its number may be that of one that was merged into it.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// The account with this number, or the one it was merged into.
    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// What somebody wrote about themselves; what is `None` stays. Nothing is returned, and nothing changed, for an
    /// account that is not active.
    async fn update_profile(
        &self,
        id: UserId,
        nickname: Option<&Nickname>,
        avatar_url: Option<&AvatarUrl>,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError>;

    /// The number that WeChat vouches for. Nothing is returned, and nothing changed, for an account that is not active.
    async fn set_phone(&self, id: UserId, phone: &Phone, now: DateTime<Utc>) -> Result<Option<User>, StoreError>;

    /// Suspends or restores; an erased account stays erased. The event is written with it.
    async fn set_status(&self, id: UserId, status: Status, act: Act<'_>) -> Result<Option<User>, StoreError>;

    /// Removes every personal field and every identity of the account and of all that were merged into it. What stays
    /// says that an account was erased, and when. Erasing twice is erasing once.
    async fn erase(&self, id: UserId, act: Act<'_>) -> Result<(), StoreError>;

    /// Gives an identity of the account one of its own, without number and profile, and as suspended as the one it
    /// leaves; the event is written with it. `openid` may be left out where the account has one identity in the mini
    /// program.
    ///
    /// The unionids of the account go, because nothing tells whose they are: each identity brings its own when it next
    /// signs in. Identities with one unionid are one person to WeChat, and become one account again.
    async fn unlink(
        &self,
        id: UserId,
        app_id: &AppId,
        openid: Option<&OpenId>,
        act: Act<'_>,
    ) -> Result<Result<User, NotUnlinked>, StoreError>;

    /// The account and every account that was merged into it.
    async fn merged(&self, id: UserId) -> Result<Vec<UserId>, StoreError>;

    /// The ways into the account, the oldest first.
    async fn identities(&self, id: UserId) -> Result<Vec<WayIn>, StoreError>;

    /// The youngest accounts beyond `after`, the youngest first, `most` at the most; merged and erased ones too. It costs the
    /// same however many there are.
    async fn youngest(&self, after: UserId, most: i64) -> Result<Vec<Account>, StoreError>;

    /// Writes down what was done to the account elsewhere, such as in Redis.
    async fn note(&self, id: Option<UserId>, kind: EventKind, act: Act<'_>) -> Result<(), StoreError>;

    /// The accounts of those who fit, in the order of their numbers; `most` rows beyond the number `after` are looked at. With
    /// them the last number that was looked at, or `None` at the end.
    async fn search(
        &self,
        sought: Sought<'_>,
        after: UserId,
        most: i64,
    ) -> Result<(Vec<UserId>, Option<UserId>), StoreError>;

    /// Everything that the database has about the person.
    async fn held(&self, id: UserId) -> Result<Option<Held>, StoreError>;
}

/// What happened, for those who ask later.
#[async_trait]
pub trait Events: Send + Sync {
    /// Appends to `login_events` and `visits` and brings `last_login_at` and `last_seen_on` up to date, all or nothing;
    /// these never go back. Of an account that SQL suspended, the event is written once for each suspension.
    async fn record(&self, noted: &[Noted]) -> Result<(), StoreError>;

    /// The same, of what an earlier call may have recorded without being told so: what is there is not written twice.
    async fn record_again(&self, noted: &[Noted]) -> Result<(), StoreError>;

    /// Deletes events older than `before`, `most` at the most; tells how many.
    async fn forget_events(&self, before: DateTime<Utc>, most: i64) -> Result<usize, StoreError>;

    /// Deletes visits older than `before`, those of one part of a day and about `most` at the most; tells how many.
    async fn forget_visits(&self, before: DateTime<Utc>, most: i64) -> Result<usize, StoreError>;
}

/// Many people at a time, in and out.
#[async_trait]
pub trait Transfer: Send + Sync {
    /// Moves people in, all of them or none, in one transaction; the answers are in their order. Whose account was made, and
    /// who got one more way in, has an event that tells so.
    async fn import(&self, people: &[Person], act: Act<'_>) -> Result<Vec<Imported>, StoreError>;

    /// What is there of `people`: what [`Transfer::import`] would decide by.
    async fn present(&self, people: &[Person]) -> Result<Present, StoreError>;

    /// People with a pair after `after` in the order of (`app_id`, `openid`), `most` at the most, erased ones left out.
    async fn export(&self, after: Option<(&AppId, &OpenId)>, most: i64) -> Result<Vec<Person>, StoreError>;

    /// People without a pair, known by their phone number only, among the next `most` accounts with a number beyond
    /// `after`; erased ones left out. With them the last account that was looked at, or `None` at the end.
    async fn export_without_pair(&self, after: UserId, most: i64) -> Result<(Vec<Person>, Option<UserId>), StoreError>;
}

/// The database itself.
#[async_trait]
pub trait Database: Send + Sync {
    /// Whether the database answers and takes writes.
    async fn ping(&self) -> Result<(), StoreError>;

    /// How the connections to the database are used at this moment.
    fn connections(&self) -> Connections;

    /// Names of the migrations that this program has and the database has not.
    async fn pending_migrations(&self) -> Result<Vec<String>, StoreError>;

    /// Applies what is pending; tells the names. Of several processes at once one does it and the others wait.
    async fn migrate(&self) -> Result<Vec<String>, StoreError>;

    /// What the database does not do of what the schema asks it for, in sentences for whoever migrates.
    async fn caveats(&self) -> Result<Vec<String>, StoreError>;
}

/// Where people are kept, whole: what the service is made with.
pub trait UserStore: People + Accounts + Events + Transfer + Database {}

impl<T: People + Accounts + Events + Transfer + Database> UserStore for T {}
