//! Where short-lived things are kept: the contract of a token store.

use super::StoreError;
use async_trait::async_trait;
use std::time::Duration;

/// How often something may be done: `burst` times at once, and again every `interval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
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

/// Where short-lived things are kept: sealed values under names, and lists of who holds them.
///
/// Every key has a time to live. No call touches two keys, so that a cluster can hold them anywhere. Every call is one
/// round trip.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Keeps `value`, replacing what was there.
    async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), StoreError>;

    /// Keeps `value` unless something is there; tells whether it was kept.
    async fn put_new(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, StoreError>;

    /// Keeps `value` only in the place of what is there; tells whether it was kept. What was deleted stays deleted.
    async fn replace(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, StoreError>;

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// The value, which is thereby gone: of several calls at once one gets it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store does not answer; the value may or may not be gone.
    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Deletes; tells whether there was something.
    async fn delete(&self, key: &str) -> Result<bool, StoreError>;

    /// Adds `member` to a list with `score`, or gives it that score; drops members scored below `forget_below`.
    async fn list_add(
        &self,
        list: &str,
        member: &str,
        score: i64,
        forget_below: i64,
        ttl: Duration,
    ) -> Result<(), StoreError>;

    /// The members with their scores, the lowest first.
    async fn list(&self, list: &str) -> Result<Vec<(String, i64)>, StoreError>;

    async fn list_remove(&self, list: &str, member: &str) -> Result<(), StoreError>;

    /// Counts one more time against `rate` (GCRA), by the store's own clock, so that replicas need not agree on theirs.
    async fn spend(&self, key: &str, rate: Rate) -> Result<Allowance, StoreError>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), StoreError>;
}
