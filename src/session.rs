//! A person who is signed in on one device: opened by a login, used by every request, ended by either side.
//!
//! A session lies in the token store, sealed with a key derived from its token, together with a copy of the person. So
//! using one is a single read. The copy is compared with the database, and the idle life renewed, at the first use after
//! [`RECHECK`]: this is how a suspension, a merge or an erasure reaches every replica without a query per request.

use crate::clock::Clock;
use crate::identity::{AppId, Identity, SessionKey};
use crate::store::{StoreError, TokenStore, UserStore};
use crate::token::{Purpose, Token};
use crate::user::{Status, User, UserId};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// How old a session's copy of its person may be. Below a minute, by more than replicas' clocks differ.
pub const RECHECK: TimeDelta = TimeDelta::seconds(45);

/// Lives and bounds of sessions.
#[derive(Debug, Clone, Copy)]
pub struct Lives {
    /// Without use.
    pub idle: TimeDelta,
    /// However much it is used.
    pub most: TimeDelta,
    /// Sessions of one person; 0 for any number.
    pub per_user: u32,
}

/// A signed-in person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub entry: Entry,
    /// The account at login time, which names the list that the session stands in.
    opened_for: UserId,
    pub user: User,
    pub identity: Identity,
    /// WeChat's key at login time. WeChat may have made another one since.
    pub session_key: SessionKey,
    /// Last use that was written down; the copy of the person is as old.
    pub used_at: DateTime<Utc>,
}

/// What a list of sessions says about one of them. It never changes during a session's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Names the session to its owner; of no use without a token.
    pub id: String,
    /// Where the sealed session lies.
    key: String,
    pub app_id: AppId,
    /// The device, such as `iPhone · WeChat 8.0.50`.
    pub label: String,
    pub created_at: DateTime<Utc>,
}

/// A session in a list of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub entry: Entry,
    pub used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    list: UserId,
}

/// Opens, finds and ends sessions.
#[derive(Clone)]
pub struct Sessions {
    tokens: Arc<dyn TokenStore>,
    users: Arc<dyn UserStore>,
    clock: Clock,
    lives: Lives,
}

impl Sessions {
    pub fn new(tokens: Arc<dyn TokenStore>, users: Arc<dyn UserStore>, clock: Clock, lives: Lives) -> Sessions {
        Sessions { tokens, users, clock, lives }
    }

    /// Signs `user` in on one more device; tells the token and how long it lasts without use.
    pub async fn open(
        &self,
        user: &User,
        identity: Identity,
        session_key: SessionKey,
        label: String,
    ) -> Result<(Token, TimeDelta), StoreError> {
        let (token, now) = (Token::random(), self.clock.now());
        let entry = Entry {
            id: URL_SAFE_NO_PAD.encode(crate::token::random_bytes::<12>()),
            key: token.name(Purpose::Session),
            app_id: identity.app_id.clone(),
            label,
            created_at: now,
        };
        let session = Session { entry, opened_for: user.id, user: user.clone(), identity, session_key, used_at: now };
        let sealed = sealed(&token, &session)?;
        // Nobody gets the token unless both succeed, so no session is used that its owner could not find and end.
        tokio::try_join!(self.list(&session), self.tokens.put(&session.entry.key, &sealed, self.remaining(&session)),)?;
        if self.lives.per_user > 0 {
            self.close_surplus(user.id).await?;
        }
        count("opened");
        Ok((token, self.expires_at(&session) - now))
    }

    /// The session of `token`, if it is open and its person may use it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the token store does not answer or, at a recheck, the user store; nothing is lost.
    pub async fn find(&self, token: &Token) -> Result<Option<Session>, StoreError> {
        let Some(stored) = self.tokens.get(&token.name(Purpose::Session)).await? else { return Ok(None) };
        let plain = token.unseal(Purpose::Session, &stored);
        let Some(session) = plain.and_then(|plain| serde_json::from_slice::<Session>(&plain).ok()) else {
            return Ok(None);
        };
        let now = self.clock.now();
        if self.expires_at(&session) <= now {
            return Ok(None);
        }
        // Sessions with a short idle life look again sooner, or using them would not keep them open.
        let recheck = RECHECK.min(self.lives.idle / 4);
        if now - session.used_at < recheck { Ok(Some(session)) } else { self.recheck(token, session).await }
    }

    /// Writes `user` into the session at hand, so that its next use shows them as they are.
    pub async fn update(&self, token: &Token, session: &Session, user: &User) -> Result<(), StoreError> {
        let session = Session { user: user.clone(), ..session.clone() };
        self.tokens.replace(&session.entry.key, &sealed(token, &session)?, self.remaining(&session)).await.map(drop)
    }

    /// When the session ends if it is not used again.
    pub fn expires_at(&self, session: &Session) -> DateTime<Utc> {
        self.expiry(session.entry.created_at, session.used_at)
    }

    /// Ends one session.
    pub async fn close(&self, session: &Session) -> Result<(), StoreError> {
        self.end(session.opened_for, &session.entry, "closed").await
    }

    /// The open sessions of the account `id` and of every account that was merged into it, the last used first.
    pub async fn of(&self, id: UserId) -> Result<Vec<Listed>, StoreError> {
        let now = self.clock.now();
        let mut all = vec![];
        for account in self.users.merged(id).await? {
            for (member, used_at) in self.tokens.list(&list_name(account)).await? {
                let Ok(entry) = serde_json::from_str::<Entry>(&member) else { continue };
                let used_at = DateTime::from_timestamp_millis(used_at).unwrap_or_default();
                let expires_at = self.expiry(entry.created_at, used_at);
                all.push(Listed { entry, used_at, expires_at, list: account });
            }
        }
        all.retain(|listed| listed.expires_at > now);
        all.sort_by(|a, b| (b.used_at, &b.entry.id).cmp(&(a.used_at, &a.entry.id)));
        Ok(all)
    }

    /// Ends the session that the account `id` sees as `session`; tells whether there was one.
    pub async fn close_one(&self, id: UserId, session: &str) -> Result<bool, StoreError> {
        let all = self.of(id).await?;
        let Some(listed) = all.iter().find(|listed| listed.entry.id == session) else { return Ok(false) };
        self.end(listed.list, &listed.entry, "closed").await?;
        Ok(true)
    }

    /// Ends every session of the account; tells how many there were.
    pub async fn close_all(&self, id: UserId) -> Result<usize, StoreError> {
        let all = self.of(id).await?;
        for listed in &all {
            self.end(listed.list, &listed.entry, "closed").await?;
        }
        Ok(all.len())
    }

    async fn recheck(&self, token: &Token, session: Session) -> Result<Option<Session>, StoreError> {
        let Some(user) = self.owner(&session).await?.filter(|user| user.status == Status::Active) else {
            self.end(session.opened_for, &session.entry, "ended_by_status").await?;
            return Ok(None);
        };
        let session = Session { user, used_at: self.clock.now(), ..session };
        let kept = self.tokens.replace(&session.entry.key, &sealed(token, &session)?, self.remaining(&session)).await?;
        if !kept {
            return Ok(None);
        }
        self.list(&session).await?;
        count("renewed");
        Ok(Some(session))
    }

    /// Whose session it is by now: whoever its identity leads to, if that is the account it was opened for or the one that
    /// became of it. A number alone proves nothing: a database that was restored from a backup gives numbers out again.
    async fn owner(&self, session: &Session) -> Result<Option<User>, StoreError> {
        let identity = &session.identity;
        let Some(user) = self.users.by_pair(&identity.app_id, &identity.openid).await? else { return Ok(None) };
        if user.id == session.user.id {
            return Ok(Some(user));
        }
        let merged = self.users.by_id(session.user.id).await?.is_some_and(|keeper| keeper.id == user.id);
        Ok(merged.then_some(user))
    }

    async fn list(&self, session: &Session) -> Result<(), StoreError> {
        let member = member(&session.entry)?;
        let forgotten = (self.clock.now() - self.lives.idle).timestamp_millis();
        let (used, ttl) = (session.used_at.timestamp_millis(), self.lives.idle.to_std().unwrap_or_default());
        self.tokens.list_add(&list_name(session.opened_for), &member, used, forgotten, ttl).await
    }

    async fn end(&self, list: UserId, entry: &Entry, outcome: &'static str) -> Result<(), StoreError> {
        let ended = self.tokens.delete(&entry.key).await?;
        self.tokens.list_remove(&list_name(list), &member(entry)?).await?;
        if ended {
            count(outcome);
        }
        Ok(())
    }

    async fn close_surplus(&self, id: UserId) -> Result<(), StoreError> {
        for listed in self.of(id).await?.iter().skip(self.lives.per_user as usize) {
            self.end(listed.list, &listed.entry, "closed_as_surplus").await?;
        }
        Ok(())
    }

    fn expiry(&self, created_at: DateTime<Utc>, used_at: DateTime<Utc>) -> DateTime<Utc> {
        (used_at + self.lives.idle).min(created_at + self.lives.most)
    }

    fn remaining(&self, session: &Session) -> Duration {
        (self.expires_at(session) - self.clock.now()).to_std().unwrap_or(Duration::from_millis(1))
    }
}

fn list_name(id: UserId) -> String {
    format!("sessions:{id}")
}

fn member(entry: &Entry) -> Result<String, StoreError> {
    serde_json::to_string(entry).map_err(StoreError::broken)
}

fn sealed(token: &Token, session: &Session) -> Result<Vec<u8>, StoreError> {
    let plain = serde_json::to_vec(session).map(zeroize::Zeroizing::new).map_err(StoreError::broken)?;
    Ok(token.seal(Purpose::Session, &plain))
}

fn count(outcome: &'static str) {
    metrics::counter!("weapp_login_sessions_total", "outcome" => outcome).increment(1);
}
