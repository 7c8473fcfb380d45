//! Where short-lived things are kept, as the service needs it.

use super::error::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// How often something may be done: `burst` times at once, and again every `interval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Times at once.
    pub burst: u32,
    /// Until one more time.
    pub interval: Duration,
}

/// What a limit says about one more time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// How often it may be done again at once.
    pub remaining: u32,
    /// Time until the whole burst is there again.
    pub reset: Duration,
    /// Set when it may not be done: the time until it may.
    pub wait: Option<Duration>,
}

/// A value, where it lies and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Value<'a> {
    /// Where it lies.
    pub key: &'a str,
    /// Sealed, as far as the store is concerned.
    pub bytes: &'a [u8],
    /// The life it has from now on.
    pub ttl: Duration,
}

/// A member of a list and its score, such as when it was last used.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Which list.
    pub list: &'a str,
    /// What stands in it, once.
    pub member: &'a [u8],
    /// By which the list is sorted.
    pub score: i64,
    /// Members with a score below this one are dropped, or are the first of those that are told to be beyond a number.
    pub forget_below: i64,
    /// The life that the list has from now on.
    pub ttl: Duration,
}

/// A member of a list as it is told, with its score.
pub type Member = (Vec<u8>, i64);

/// Where short-lived things are kept: sealed values under keys, and lists of who holds them.
///
/// Everything has a time to live. A call is one round trip, whatever it consists of, unless it says more; no command in it touches two keys, so
/// that a cluster can hold them anywhere.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Keeps a value, replacing what was there.
    async fn put(&self, value: Value<'_>) -> Result<(), StoreError>;

    /// Keeps a value unless something is there; tells whether it was kept.
    async fn put_new(&self, value: Value<'_>) -> Result<bool, StoreError>;

    /// Keeps a value only in the place of what is there; tells whether it was kept. What was deleted stays deleted.
    async fn replace(&self, value: Value<'_>) -> Result<bool, StoreError>;

    /// The value.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// The value, which is thereby gone: of several calls at once one gets it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store does not answer; the value may or may not be gone.
    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Deletes; tells whether there was something.
    async fn delete(&self, key: &str) -> Result<bool, StoreError>;

    /// Keeps a value and lists it. Tells what the list holds beyond its `most` highest scores (0: any number are kept),
    /// the lowest first; nothing of that is removed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store does not answer; the value may be listed and not be there.
    async fn put_listed(&self, value: Value<'_>, entry: Entry<'_>, most: usize) -> Result<Vec<Member>, StoreError>;

    /// Keeps a value in the place of what is there, and gives its entry in the list the new score, where each still is:
    /// what was deleted or unlisted meanwhile stays so. Tells whether the value was kept.
    async fn replace_listed(&self, value: Value<'_>, entry: Entry<'_>) -> Result<bool, StoreError>;

    /// Deletes values and, in a second round trip, takes them off the list, each a key and a member; tells how many values
    /// were there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store does not answer; what may not be deleted is still listed.
    async fn delete_listed(&self, list: &str, values: &[(&str, &[u8])]) -> Result<usize, StoreError>;

    /// The members of each list, the lowest score first.
    async fn lists(&self, lists: &[String]) -> Result<Vec<Vec<Member>>, StoreError>;

    /// Counts one more time against `rate` (GCRA), by the store's own clock, so that replicas need not agree on theirs.
    async fn spend(&self, key: &str, rate: Rate) -> Result<Allowance, StoreError>;

    /// What [`TokenStore::spend`] would say, without counting.
    async fn look(&self, key: &str, rate: Rate) -> Result<Allowance, StoreError>;

    /// Counts one more; tells how many there were since the first, this one included. The count ends `life` after its first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store does not answer; it may or may not have counted.
    async fn count(&self, key: &str, life: Duration) -> Result<u64, StoreError>;

    /// Deletes the value if it is this one: a lock is released by whoever holds it and by nobody else. Tells whether it was.
    async fn delete_if(&self, key: &str, bytes: &[u8]) -> Result<bool, StoreError>;

    /// The store's own clock.
    ///
    /// # Errors
    /// Also where it may not be asked: the proxies of some clouds refuse commands without a key.
    async fn time(&self) -> Result<DateTime<Utc>, StoreError>;

    /// Whether the store answers, and takes writes.
    async fn ping(&self) -> Result<(), StoreError>;
}
