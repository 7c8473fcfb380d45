//! What is done to accounts by whoever looks after them, at a terminal or over HTTP.
//!
//! Whatever changes an account leaves an event that tells who did it and why. What is shown holds no openid and no unionid;
//! only what is exported does, which is for the person themselves.

mod bodies;

pub use bodies::{Account, AccountEvent, AccountIdentity, AccountRow, OpenedSession};

use crate::clock::Clock;
use crate::identity::{AppId, OpenId};
use crate::session::Sessions;
use crate::store::{Act, EventKind, Held, NotUnlinked, Sought, StoreError, UserStore};
use crate::user::{Status, User, UserId};
use serde_json::{Value, json};
use std::sync::Arc;

/// Stores, and what the time is.
pub struct Desk {
    /// Accounts.
    pub users: Arc<dyn UserStore>,
    /// Where people are signed in.
    pub sessions: Sessions,
    /// Of the machine, or of a test.
    pub clock: Clock,
}

/// A change that took effect, whatever became of the sessions that it ends.
#[derive(Debug)]
pub struct Done {
    /// The account that it took effect on.
    pub id: UserId,
    /// How many sessions ended at once. Where that failed, they end by themselves within 60 s.
    pub ended: Result<usize, StoreError>,
}

impl Desk {
    /// The people who fit, beyond the account `after`, and where the next page begins if there may be one.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find(
        &self,
        sought: Sought<'_>,
        after: UserId,
        most: i64,
    ) -> Result<(Vec<User>, Option<UserId>), StoreError> {
        let (ids, next) = self.users.search(sought, after, most).await?;
        let mut found = vec![];
        for id in ids {
            found.extend(self.users.by_id(id).await?);
        }
        Ok((found, next))
    }

    /// The account with this number, or the one that it became a part of.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn held(&self, id: UserId) -> Result<Option<Held>, StoreError> {
        self.users.held(id).await
    }

    /// Everything that is held about a person, for the person.
    ///
    /// # Errors
    /// A store does not answer.
    pub async fn export(&self, id: UserId) -> Result<Option<Value>, StoreError> {
        let Some(held) = self.users.held(id).await? else { return Ok(None) };
        let mut document = serde_json::to_value(held).map_err(StoreError::broken)?;
        document["sessions"] = json!(self.sessions(id).await?);
        document["exported_at"] = json!(self.clock.now());
        Ok(Some(document))
    }

    /// Where somebody is signed in.
    ///
    /// # Errors
    /// A store does not answer.
    pub async fn sessions(&self, id: UserId) -> Result<Vec<OpenedSession>, StoreError> {
        Ok(self.sessions.of(id).await?.into_iter().map(OpenedSession::from).collect())
    }

    /// Removes everything personal, for good.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn erase(&self, id: UserId, act: Act<'_>) -> Result<Option<Done>, StoreError> {
        let Some(user) = self.users.by_id(id).await? else { return Ok(None) };
        self.users.erase(user.id, act).await?;
        Ok(Some(Done { id: user.id, ended: self.sessions.close_all(user.id).await }))
    }

    /// Suspends or restores; nobody is told of who is not there or was erased.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn set_status(&self, id: UserId, status: Status, act: Act<'_>) -> Result<Option<Done>, StoreError> {
        let Some(user) = self.users.set_status(id, status, act).await? else { return Ok(None) };
        let ended = match status {
            Status::Active => Ok(0),
            _ => self.sessions.close_all(user.id).await,
        };
        Ok(Some(Done { id: user.id, ended }))
    }

    /// An account of its own for an identity; the sessions of the one it leaves end in that mini program: which of them were
    /// opened through that identity is written in the sessions only, which their tokens seal.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn unlink(
        &self,
        id: UserId,
        app: &AppId,
        openid: Option<&OpenId>,
        act: Act<'_>,
    ) -> Result<Result<Done, NotUnlinked>, StoreError> {
        let own = match self.users.unlink(id, app, openid, act).await? {
            Ok(own) => own.id,
            Err(reason) => return Ok(Err(reason)),
        };
        let end = async {
            let mut ended = 0;
            for open in self.sessions.of(id).await?.iter().filter(|open| open.entry.app_id == *app) {
                ended += usize::from(self.sessions.close_one(id, &open.entry.id).await?);
            }
            Ok(ended)
        };
        Ok(Ok(Done { id: own, ended: end.await }))
    }

    /// Ends a session; tells whether there was one. Its event is written first: no session ends of which nobody can tell who
    /// ended it.
    ///
    /// # Errors
    /// A store does not answer.
    pub async fn revoke(&self, id: UserId, session: &str, act: Act<'_>) -> Result<bool, StoreError> {
        if !self.sessions.of(id).await?.iter().any(|open| open.entry.id == session) {
            return Ok(false);
        }
        self.users.note(Some(id), EventKind::Revoke, act).await?;
        self.sessions.close_one(id, session).await
    }

    /// Ends all sessions of an account; tells how many there were. The event is written first, as of one.
    ///
    /// # Errors
    /// A store does not answer.
    pub async fn revoke_all(&self, id: UserId, act: Act<'_>) -> Result<Option<Done>, StoreError> {
        let Some(user) = self.users.by_id(id).await? else { return Ok(None) };
        if !self.sessions.of(user.id).await?.is_empty() {
            self.users.note(Some(user.id), EventKind::Revoke, act).await?;
        }
        Ok(Some(Done { id: user.id, ended: Ok(self.sessions.close_all(user.id).await?) }))
    }
}
