//! What a session holds, and what its owner sees of it.

use crate::identity::{AppId, Identity, SessionKey};
use crate::user::{User, UserId};
use chrono::{DateTime, TimeDelta, Utc};

/// Lives and bounds of sessions.
#[derive(Debug, Clone, Copy)]
pub struct Lives {
    /// Without use.
    pub idle: TimeDelta,
    /// However much it is used.
    pub absolute: TimeDelta,
    /// Sessions of one person; 0 for any number.
    pub per_user: u32,
}

impl Lives {
    /// When a session ends that is not used again.
    pub(super) fn expiry(self, created_at: DateTime<Utc>, used_at: DateTime<Utc>) -> DateTime<Utc> {
        (used_at + self.idle).min(created_at + self.absolute)
    }
}

/// Under which the token store has the list of an account's sessions.
pub(super) fn list_name(id: UserId) -> String {
    format!("sessions:{id}")
}

/// A signed-in person.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// What its owner sees of it.
    pub entry: Entry,
    /// The account at login time, which names the list that the session stands in.
    pub(super) opened_for: UserId,
    /// The person, as old as [`Session::used_at`].
    pub user: User,
    /// What WeChat proved at login time.
    pub identity: Identity,
    /// WeChat's key at login time. WeChat may have made another one since.
    pub session_key: SessionKey,
    /// Last use that was written down; the copy of the person is as old.
    pub used_at: DateTime<Utc>,
}

/// What a list of sessions says about one of them. It never changes during a session's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Names the session to its owner; of no use without a token.
    pub id: String,
    /// Where the sealed session lies.
    pub(super) key: String,
    /// The mini program it was opened in.
    pub app_id: AppId,
    /// The device, such as `iPhone · WeChat 8.0.50`.
    pub label: String,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
}

/// One of a person's open sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// What its owner sees of it.
    pub entry: Entry,
    /// Last use that was written down.
    pub used_at: DateTime<Utc>,
    /// When it ends if it is not used again.
    pub expires_at: DateTime<Utc>,
    pub(super) opened_for: UserId,
    pub(super) member: Vec<u8>,
}
