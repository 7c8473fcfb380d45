//! An identity that is proved but not registered: issued by a login, redeemed by a registration.
//!
//! What waits under a ticket is sealed with a key derived from the ticket, so the store learns neither the session key
//! nor who it is.

use crate::clock::Clock;
use crate::identity::{Identity, SessionKey};
use crate::store::{StoreError, TokenStore};
use crate::token::{Purpose, Token};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A ticket is spent by this many failed checks.
const MOST_FAILURES: u32 = 3;

/// Issues and redeems tickets.
#[derive(Clone)]
pub struct Tickets {
    store: Arc<dyn TokenStore>,
    clock: Clock,
    ttl: TimeDelta,
}

#[derive(Serialize, Deserialize)]
struct Waiting {
    identity: Identity,
    session_key: SessionKey,
    failures: u32,
    expires_at: DateTime<Utc>,
}

/// A ticket in the hands of the one request that redeemed it. Dropping it spends the ticket.
pub struct Redeemed {
    token: Token,
    waiting: Waiting,
}

impl Redeemed {
    pub fn identity(&self) -> &Identity {
        &self.waiting.identity
    }

    pub fn session_key(&self) -> &SessionKey {
        &self.waiting.session_key
    }

    /// How many checks failed with this ticket before.
    pub fn failures(&self) -> u32 {
        self.waiting.failures
    }
}

impl Tickets {
    pub fn new(store: Arc<dyn TokenStore>, clock: Clock, ttl: TimeDelta) -> Tickets {
        Tickets { store, clock, ttl }
    }

    /// A ticket under which `identity` and `session_key` wait, and how long they do.
    pub async fn issue(&self, identity: Identity, session_key: SessionKey) -> Result<(Token, TimeDelta), StoreError> {
        let token = Token::random();
        let expires_at = self.clock.now() + self.ttl;
        self.keep(&token, &Waiting { identity, session_key, failures: 0, expires_at }).await?;
        count("issued");
        Ok((token, self.ttl))
    }

    /// What waits under `token`, which is thereby out of the store.
    ///
    /// Of several calls at once, on any replicas, one gets it and the others get `None`, as does a caller whose ticket
    /// expired or never existed: they are told apart nowhere.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store does not answer; the ticket may or may not be spent.
    pub async fn redeem(&self, token: Token) -> Result<Option<Redeemed>, StoreError> {
        let sealed = self.store.take(&token.name(Purpose::Ticket)).await?;
        let waiting = sealed
            .and_then(|sealed| token.unseal(Purpose::Ticket, &sealed))
            .and_then(|plain| serde_json::from_slice::<Waiting>(&plain).ok())
            .filter(|waiting| waiting.expires_at > self.clock.now());
        count(if waiting.is_some() { "redeemed" } else { "refused" });
        Ok(waiting.map(|waiting| Redeemed { token, waiting }))
    }

    /// Gives a ticket back after a failed check, with the life that remains to it, unless it was the last try.
    pub async fn give_back_after_failure(&self, mut redeemed: Redeemed) -> Result<(), StoreError> {
        redeemed.waiting.failures += 1;
        if redeemed.waiting.failures >= MOST_FAILURES {
            count("spent_by_failures");
            return Ok(());
        }
        count("given_back");
        self.keep(&redeemed.token, &redeemed.waiting).await
    }

    /// Gives a ticket back that was not tried: the user store did not answer.
    pub async fn give_back_untried(&self, redeemed: Redeemed) -> Result<(), StoreError> {
        count("given_back");
        self.keep(&redeemed.token, &redeemed.waiting).await
    }

    async fn keep(&self, token: &Token, waiting: &Waiting) -> Result<(), StoreError> {
        let Ok(remaining) = (waiting.expires_at - self.clock.now()).to_std() else { return Ok(()) };
        let plain = serde_json::to_vec(waiting).map_err(StoreError::broken)?;
        self.store.put(&token.name(Purpose::Ticket), &token.seal(Purpose::Ticket, &plain), remaining).await
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("weapp_login_tickets_total", "outcome" => outcome).increment(1);
}
