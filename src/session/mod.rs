//! A person who is signed in on one device: opened by a login, used by every request, ended by either side.
//!
//! A session lies in the token store, sealed with a key derived from its token, together with a copy of the person. So
//! using one is a single read. The copy is compared with the database, and the idle life renewed, at the first use after
//! half a minute: this is how a suspension, a merge or an erasure reaches every replica without a query per request. A
//! database that is away for a moment costs nobody a session: the copy is believed a little longer, but never a minute.

mod age;
mod counts;
mod form;
mod owners;
mod record;

pub use record::{Entry, Lives, OpenSession, Session};

use crate::clock::Clock;
use crate::events::EventLog;
use crate::identity::{Identity, SessionKey};
use crate::random::Random;
use crate::store::{Entry as ListEntry, StoreError, TokenStore, UserStore, Value};
use crate::token::{Place, Purpose, Token};
use crate::user::{User, UserId};
use age::Age;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use counts::Counts;
use owners::Owners;
use record::list_name;
use std::sync::Arc;
use std::time::Duration;

/// Opens, finds and ends sessions.
#[derive(Clone)]
pub struct Sessions {
    tokens: Arc<dyn TokenStore>,
    users: Arc<dyn UserStore>,
    clock: Clock,
    random: Random,
    lives: Lives,
    counts: Arc<Counts>,
    owners: Arc<Owners>,
    events: Option<EventLog>,
}

impl Sessions {
    /// Sessions in `tokens` of people in `users`.
    pub fn new(
        tokens: Arc<dyn TokenStore>,
        users: Arc<dyn UserStore>,
        clock: Clock,
        random: Random,
        lives: Lives,
    ) -> Sessions {
        let owners = Arc::new(Owners::new(users.clone(), None));
        Sessions { tokens, users, clock, random, lives, counts: Arc::default(), owners, events: None }
    }

    /// The same, which leave in `events` who uses them on which day, and whom they met suspended.
    #[must_use]
    pub fn telling(self, events: EventLog) -> Sessions {
        let owners = Arc::new(Owners::new(self.users.clone(), Some(events.clone())));
        Sessions { owners, events: Some(events), ..self }
    }

    /// Signs `user` in on one more device; tells the token and how long it lasts without use.
    ///
    /// One round trip; two more end what is beyond the sessions that a person may have, the longest unused first and
    /// never this one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the token store does not answer; then there is no session that anybody can use.
    pub async fn open(
        &self,
        user: &User,
        identity: Identity,
        session_key: SessionKey,
        label: String,
    ) -> Result<(Token, TimeDelta), StoreError> {
        let (token, now) = (Token::random(&self.random), self.clock.now());
        let place = token.place(Purpose::Session);
        let entry = Entry {
            id: URL_SAFE_NO_PAD.encode(self.random.bytes::<12>()),
            key: place.name().to_owned(),
            app_id: identity.app_id.clone(),
            label,
            created_at: now,
        };
        let session = Session { entry, opened_for: user.id, user: user.clone(), identity, session_key, used_at: now };
        let (list, member) = (list_name(user.id), form::listed(&session.entry));
        let (sealed, most) = (self.sealed(&place, &session), self.lives.per_user as usize);
        let value = Value { key: place.name(), bytes: &sealed, ttl: self.remaining(&session) };
        let beyond = self.tokens.put_listed(value, self.list_entry(&list, &member, now), most).await?;
        if !beyond.is_empty() {
            Box::pin(self.end_surplus(&list, &member, beyond)).await?;
        }
        self.counts.opened.increment(1);
        Ok((token, self.expires_at(&session) - now))
    }

    /// The session of `token`, if it is open and its person may use it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the token store does not answer or, at a recheck, the user store; nothing is lost.
    pub async fn find(&self, token: &Token) -> Result<Option<Session>, StoreError> {
        let place = token.place(Purpose::Session);
        let Some(stored) = self.tokens.get(place.name()).await? else { return Ok(None) };
        let Some(unsealed) = place.open(&stored) else { return Ok(None) };
        if unsealed.form > form::CURRENT {
            // Another replica, which is a release ahead, can read it; a refusal would sign the person out.
            return Err(StoreError::unavailable("a newer release wrote this session"));
        }
        let Some(session) = form::read(place.name(), &unsealed) else { return Ok(None) };
        let now = self.clock.now();
        if self.expires_at(&session) <= now {
            return Ok(None);
        }
        match Age::of(&session, self.lives.idle, now) {
            Age::Fresh => Ok(Some(session)),
            Age::Due => match Box::pin(self.owners.of_if_possible(&session, now)).await {
                Some(owner) => Box::pin(self.compared(&place, session, owner, now)).await,
                None => {
                    self.counts.not_compared.increment(1);
                    Ok(Some(session))
                }
            },
            Age::Overdue => {
                let owner = Box::pin(self.owners.of(&session)).await?;
                Box::pin(self.compared(&place, session, owner, now)).await
            }
        }
    }

    /// Writes `user` into the session at hand, so that its next use shows them as they are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the token store does not answer.
    pub async fn update(&self, token: &Token, session: &Session, user: &User) -> Result<(), StoreError> {
        let place = token.place(Purpose::Session);
        let session = Session { user: user.clone(), ..session.clone() };
        let sealed = self.sealed(&place, &session);
        let value = Value { key: place.name(), bytes: &sealed, ttl: self.remaining(&session) };
        self.tokens.replace(value).await.map(drop)
    }

    /// When the session ends if it is not used again.
    #[must_use]
    pub fn expires_at(&self, session: &Session) -> DateTime<Utc> {
        self.lives.expiry(session.entry.created_at, session.used_at)
    }

    /// Ends one session.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the token store does not answer.
    pub async fn close(&self, session: &Session) -> Result<(), StoreError> {
        let ended = self.end(session).await?;
        self.counts.closed.increment(ended);
        Ok(())
    }

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
                let expires_at = self.lives.expiry(entry.created_at, used_at);
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

    /// The session with the copy of its owner made anew, or nothing: then it has ended. `now` is from before the owner was
    /// asked for: an answer that came late would else be believed for longer than a minute.
    async fn compared(
        &self,
        place: &Place,
        session: Session,
        owner: Option<User>,
        now: DateTime<Utc>,
    ) -> Result<Option<Session>, StoreError> {
        let Some(user) = owner else {
            let ended = self.end(&session).await?;
            self.counts.ended_by_status.increment(ended);
            return Ok(None);
        };
        let before = session.used_at;
        let session = Session { user, used_at: now, ..session };
        let (list, member) = (list_name(session.opened_for), form::listed(&session.entry));
        let sealed = self.sealed(place, &session);
        let value = Value { key: place.name(), bytes: &sealed, ttl: self.remaining(&session) };
        if !self.tokens.replace_listed(value, self.list_entry(&list, &member, now)).await? {
            return Ok(None);
        }
        self.counts.renewed.increment(1);
        if let Some(events) = &self.events {
            events.seen(session.user.id, &session.identity.app_id, before, now);
        }
        Ok(Some(session))
    }

    /// Tells how many sessions that ended: one, or none if it had ended before.
    async fn end(&self, session: &Session) -> Result<u64, StoreError> {
        let member = form::listed(&session.entry);
        let values = [(session.entry.key.as_str(), member.as_slice())];
        Ok(self.tokens.delete_listed(&list_name(session.opened_for), &values).await? as u64)
    }

    /// Ends the listed sessions that are too many, except `newest`: by the clocks of other replicas it may look old.
    async fn end_surplus(&self, list: &str, newest: &[u8], beyond: Vec<(Vec<u8>, i64)>) -> Result<(), StoreError> {
        let surplus: Vec<_> = beyond
            .into_iter()
            .filter(|(member, _)| member != newest)
            .filter_map(|(member, _)| Some((form::read_listed(&member)?.key, member)))
            .collect();
        let values: Vec<_> = surplus.iter().map(|(key, member)| (key.as_str(), member.as_slice())).collect();
        let ended = self.tokens.delete_listed(list, &values).await?;
        self.counts.closed_as_surplus.increment(ended as u64);
        Ok(())
    }

    fn list_entry<'a>(&self, list: &'a str, member: &'a [u8], used_at: DateTime<Utc>) -> ListEntry<'a> {
        let forget_below = (self.clock.now() - self.lives.idle).timestamp_millis();
        let ttl = self.lives.idle.to_std().unwrap_or_default();
        ListEntry { list, member, score: used_at.timestamp_millis(), forget_below, ttl }
    }

    fn sealed(&self, place: &Place, session: &Session) -> Vec<u8> {
        place.seal(form::CURRENT, &form::written(session), &self.random)
    }

    fn remaining(&self, session: &Session) -> Duration {
        (self.expires_at(session) - self.clock.now()).to_std().unwrap_or(Duration::from_millis(1))
    }
}
