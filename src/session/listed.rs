//! Every open session of a person, listed or ended.

use super::record::OpenSession;
use super::{Sessions, form};
use crate::store::StoreError;
use crate::user::UserId;
use chrono::DateTime;

/// Under which the token store has the list of an account's sessions.
pub(super) fn list_name(id: UserId) -> String {
    format!("sessions:{id}")
}

impl Sessions {
    /// The open sessions of the account `id` and of every account that was merged into it, the last used first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when a store does not answer.
    pub async fn of(&self, id: UserId) -> Result<Vec<OpenSession>, StoreError> {
        let now = self.clock.now();
        let accounts = self.users.merged(id).await?;
        let names: Vec<_> = accounts.iter().map(|account| list_name(*account)).collect();
        let mut all = vec![];
        for (account, members) in accounts.into_iter().zip(self.tokens.lists(&names).await?) {
            for (member, used_at) in members {
                let Some(entry) = form::read_listed(&member) else { continue };
                let used_at = DateTime::from_timestamp_millis(used_at).unwrap_or_default();
                let expires_at = self.expiry(entry.created_at, used_at);
                all.push(OpenSession { entry, used_at, expires_at, opened_for: account, member });
            }
        }
        all.retain(|open| open.expires_at > now);
        all.sort_by(|a, b| (b.used_at, &b.entry.id).cmp(&(a.used_at, &a.entry.id)));
        Ok(all)
    }

    /// Ends the session that the account `id` sees as `session`; tells whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when a store does not answer.
    pub async fn close_one(&self, id: UserId, session: &str) -> Result<bool, StoreError> {
        let mut all = self.of(id).await?;
        all.retain(|open| open.entry.id == session);
        let found = !all.is_empty();
        self.close_these(&all).await?;
        Ok(found)
    }

    /// Ends every session of the account; tells how many there were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when a store does not answer; some may have ended.
    pub async fn close_all(&self, id: UserId) -> Result<usize, StoreError> {
        let all = self.of(id).await?;
        self.close_these(&all).await?;
        Ok(all.len())
    }

    /// One round trip for each account that they were opened for.
    async fn close_these(&self, open: &[OpenSession]) -> Result<(), StoreError> {
        for of_one in open.chunk_by(|a, b| a.opened_for == b.opened_for) {
            let values: Vec<_> = of_one.iter().map(|open| (open.entry.key.as_str(), open.member.as_slice())).collect();
            let ended = self.tokens.delete_listed(&list_name(of_one[0].opened_for), &values).await?;
            self.counts.closed.increment(ended as u64);
        }
        Ok(())
    }
}
