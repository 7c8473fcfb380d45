//! Whose a session is by now, asked of the database.

use super::record::Session;
use crate::events::EventLog;
use crate::store::{StoreError, UserStore};
use crate::user::{Status, User};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::timeout;

/// How long a database that may be away is waited for where the copy would do.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long it is left alone after that.
const PAUSE: TimeDelta = TimeDelta::seconds(1);

/// The people whose sessions are open.
pub(super) struct Owners {
    users: Arc<dyn UserStore>,
    /// Until when, in milliseconds, the database is left alone where the copy would do.
    away_until: AtomicI64,
    /// Where it is said that a suspended account was met.
    events: Option<EventLog>,
}

impl Owners {
    /// People in `users`.
    pub(super) fn new(users: Arc<dyn UserStore>, events: Option<EventLog>) -> Owners {
        Owners { users, away_until: AtomicI64::new(0), events }
    }

    /// Whose `session` is, if they may use it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the user store does not answer.
    pub(super) async fn of(&self, session: &Session) -> Result<Option<User>, StoreError> {
        let Some(user) = self.account(session).await? else { return Ok(None) };
        if let (Status::Suspended, Some(events)) = (user.status, &self.events) {
            events.met_suspended(user.id);
        }
        Ok(Some(user).filter(|user| user.status == Status::Active))
    }

    /// The same, or nothing while the user store cannot be asked.
    pub(super) async fn of_if_possible(&self, session: &Session, now: DateTime<Utc>) -> Option<Option<User>> {
        if now.timestamp_millis() < self.away_until.load(Relaxed) {
            return None;
        }
        let asked = timeout(PATIENCE, self.of(session)).await;
        let error = match asked.unwrap_or_else(|elapsed| Err(StoreError::unavailable(elapsed))) {
            Ok(owner) => return Some(owner),
            Err(error) => error,
        };
        self.away_until.store((now + PAUSE).timestamp_millis(), Relaxed);
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "sessions cannot be compared with the database; they serve on for less than a minute"
        );
        None
    }

    /// Whoever the session's identity leads to, if that is the account it was opened for or the one that became of it. A
    /// number alone proves nothing: a database that was restored from a backup gives numbers out again.
    async fn account(&self, session: &Session) -> Result<Option<User>, StoreError> {
        let identity = &session.identity;
        let Some(user) = self.users.by_pair(&identity.app_id, &identity.openid).await? else { return Ok(None) };
        if user.id == session.user.id {
            return Ok(Some(user));
        }
        let merged = self.users.by_id(session.user.id).await?.is_some_and(|keeper| keeper.id == user.id);
        Ok(merged.then_some(user))
    }
}
