//! An identity that is proved but not registered: issued by a login, redeemed by a registration.
//!
//! What waits under a ticket is sealed with a key derived from the ticket, so the store learns neither the session key
//! nor who it is.

use crate::clock::Clock;
use crate::identity::{AppId, Identity, SessionKey};
use crate::random::Random;
use crate::seal::Unsealed;
use crate::store::{StoreError, TokenStore, Value};
use crate::telemetry::metrics::outcomes;
use crate::token::{Place, Purpose, Token};
use chrono::{DateTime, TimeDelta, Utc};
use metrics::Counter;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// A ticket is spent by this many failed checks.
const MAX_FAILURES: u32 = 3;
/// The form in which what waits under a ticket is written; a released one is never changed, only followed by another.
const FORM: u8 = 1;
/// How often it is tried to give a ticket back, and for how long at the most: as long as a store takes to come back.
const GIVING_BACK_INTERVAL: Duration = Duration::from_millis(200);
const GIVING_BACK_LIMIT: Duration = Duration::from_secs(30);

/// Issues and redeems tickets.
#[derive(Clone)]
pub struct Tickets {
    store: Arc<dyn TokenStore>,
    clock: Clock,
    random: Random,
    ttl: TimeDelta,
    counts: Arc<Counts>,
}

/// Tickets by what became of them.
struct Counts {
    issued: Counter,
    redeemed: Counter,
    refused: Counter,
    given_back: Counter,
    spent_by_failures: Counter,
    lost: Counter,
}

#[derive(Debug, PartialEq)]
struct Waiting {
    identity: Identity,
    session_key: SessionKey,
    failures: u32,
    expires_at: DateTime<Utc>,
}

/// Form 1. Times are milliseconds since 1970.
#[derive(Serialize, Deserialize)]
struct WaitingForm<'a> {
    app_id: &'a str,
    openid: &'a str,
    unionid: Option<&'a str>,
    session_key: &'a str,
    failures: u32,
    expires_at: i64,
}

/// A ticket in the hands of the one request that redeemed it. Dropping it spends the ticket.
pub struct Redeemed {
    token: Token,
    waiting: Waiting,
}

impl Redeemed {
    /// Whom the exchange proved.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.waiting.identity
    }

    /// The key that the exchange gave.
    #[must_use]
    pub fn session_key(&self) -> &SessionKey {
        &self.waiting.session_key
    }

    /// How many checks failed with this ticket before.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.waiting.failures
    }
}

/// What becomes of a ticket that was redeemed and brought no registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// Given back with one failed check more, unless that was the last one it had.
    Tried,
    /// Given back as it was: it was not the client's fault.
    Untried,
    /// Gone.
    Spent,
}

impl Tickets {
    /// Tickets in `store` that live for `ttl`.
    pub fn new(store: Arc<dyn TokenStore>, clock: Clock, random: Random, ttl: TimeDelta) -> Tickets {
        let of = |outcome| outcomes("weapp_login_tickets_total", outcome);
        let counts = Counts {
            issued: of("issued"),
            redeemed: of("redeemed"),
            refused: of("refused"),
            given_back: of("given_back"),
            spent_by_failures: of("spent_by_failures"),
            lost: of("lost"),
        };
        Tickets { store, clock, random, ttl, counts: Arc::new(counts) }
    }

    /// A ticket under which `identity` and `session_key` wait, and how long they do.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store does not answer; then there is no ticket that anybody can use.
    pub async fn issue(&self, identity: Identity, session_key: SessionKey) -> Result<(Token, TimeDelta), StoreError> {
        let token = Token::random(&self.random);
        let expires_at = self.clock.now() + self.ttl;
        self.keep(&token, &Waiting { identity, session_key, failures: 0, expires_at }).await?;
        self.counts.issued.increment(1);
        Ok((token, self.ttl))
    }

    /// The mini program that the ticket was issued for, which leaves the ticket where it is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store does not answer.
    pub async fn app_of(&self, token: &Token) -> Result<Option<AppId>, StoreError> {
        let place = token.place(Purpose::Ticket);
        let sealed = self.store.get(place.name()).await?;
        let Some(unsealed) = sealed.and_then(|sealed| place.open(&sealed)) else { return Ok(None) };
        if unsealed.form > FORM {
            return Err(newer(unsealed.form));
        }
        Ok(Waiting::read(&unsealed).map(|waiting| waiting.identity.app_id))
    }

    /// What waits under `token`, which is thereby out of the store.
    ///
    /// Of several calls at once, on any replicas, one gets it and the others get `None`, as does a caller whose ticket
    /// expired or never existed: they are told apart nowhere.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store does not answer; the ticket may or may not be spent.
    pub async fn redeem(&self, token: Token) -> Result<Option<Redeemed>, StoreError> {
        let place = token.place(Purpose::Ticket);
        let sealed = self.store.take(place.name()).await?;
        let unsealed = sealed.as_ref().and_then(|sealed| place.open(sealed));
        if let (Some(sealed), Some(unsealed)) = (&sealed, unsealed.as_ref().filter(|unsealed| unsealed.form > FORM)) {
            return self.leave_to_newer(&place, sealed, unsealed.form).await;
        }
        let waiting = unsealed
            .and_then(|unsealed| Waiting::read(&unsealed))
            .filter(|waiting| waiting.expires_at > self.clock.now());
        let count = if waiting.is_some() { &self.counts.redeemed } else { &self.counts.refused };
        count.increment(1);
        Ok(waiting.map(|waiting| Redeemed { token, waiting }))
    }

    /// Ends what [`Tickets::redeem`] began when no registration came of it; what is given back has the life that remained.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the store does not answer; then a task of its own goes on trying for half a minute,
    /// and the ticket is there once the store is.
    pub async fn settle(&self, mut redeemed: Redeemed, settlement: Settlement) -> Result<(), StoreError> {
        match settlement {
            Settlement::Spent => return Ok(()),
            Settlement::Untried => {}
            Settlement::Tried => redeemed.waiting.failures += 1,
        }
        if redeemed.waiting.failures >= MAX_FAILURES {
            self.counts.spent_by_failures.increment(1);
            return Ok(());
        }
        self.counts.given_back.increment(1);
        let given_back = self.keep(&redeemed.token, &redeemed.waiting).await;
        if given_back.is_err() {
            tokio::spawn(self.clone().go_on_giving_back(redeemed));
        }
        given_back
    }

    /// Keeps the ticket unless something is there: an attempt that seemed to fail may have arrived late, and whoever came
    /// back with the ticket may have used it since.
    async fn go_on_giving_back(self, Redeemed { token, waiting }: Redeemed) {
        let trying = async {
            loop {
                tokio::time::sleep(GIVING_BACK_INTERVAL).await;
                let place = token.place(Purpose::Ticket);
                let Ok(ttl) = (waiting.expires_at - self.clock.now()).to_std() else { return };
                let sealed = place.seal(FORM, &waiting.written(), &self.random);
                if self.store.put_new(Value { key: place.name(), bytes: &sealed, ttl }).await.is_ok() {
                    return;
                }
            }
        };
        if tokio::time::timeout(GIVING_BACK_LIMIT, trying).await.is_err() {
            self.counts.lost.increment(1);
            tracing::warn!("a ticket could not be given back");
        }
    }

    /// Puts back what another replica, which is a release ahead, can read: the client is told to come again. Inside it has
    /// an end of its own.
    async fn leave_to_newer<T>(&self, place: &Place, sealed: &[u8], form: u8) -> Result<T, StoreError> {
        let ttl = self.ttl.to_std().unwrap_or_default();
        self.store.put_new(Value { key: place.name(), bytes: sealed, ttl }).await?;
        Err(newer(form))
    }

    async fn keep(&self, token: &Token, waiting: &Waiting) -> Result<(), StoreError> {
        let Ok(ttl) = (waiting.expires_at - self.clock.now()).to_std() else { return Ok(()) };
        let place = token.place(Purpose::Ticket);
        let sealed = place.seal(FORM, &waiting.written(), &self.random);
        self.store.put(Value { key: place.name(), bytes: &sealed, ttl }).await
    }
}

impl Waiting {
    fn written(&self) -> Zeroizing<Vec<u8>> {
        let form = WaitingForm {
            app_id: self.identity.app_id.as_str(),
            openid: self.identity.openid.as_str(),
            unionid: self.identity.unionid.as_ref().map(|unionid| unionid.as_str()),
            session_key: self.session_key.text(),
            failures: self.failures,
            expires_at: self.expires_at.timestamp_millis(),
        };
        let plain = Vec::with_capacity(256);
        Zeroizing::new(postcard::to_extend(&form, plain).expect("texts and numbers into memory"))
    }

    /// Nothing if the form is unknown or the value is not whole.
    fn read(unsealed: &Unsealed) -> Option<Waiting> {
        if unsealed.form != FORM {
            return None;
        }
        let form: WaitingForm<'_> = postcard::from_bytes(&unsealed.plain).ok()?;
        let identity = Identity {
            app_id: form.app_id.parse().ok()?,
            openid: form.openid.parse().ok()?,
            unionid: form.unionid.map(str::parse).transpose().ok()?,
        };
        Some(Waiting {
            identity,
            session_key: SessionKey::try_from(form.session_key.to_owned()).ok()?,
            failures: form.failures,
            expires_at: DateTime::from_timestamp_millis(form.expires_at)?,
        })
    }
}

/// Why a ticket cannot be used here. Another replica, which is a release ahead, can read it.
fn newer(form: u8) -> StoreError {
    StoreError::unavailable(format!("a newer release wrote this ticket, in form {form}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting() -> Waiting {
        Waiting {
            identity: Identity {
                app_id: "wx0123456789abcdef".parse().unwrap(),
                openid: "oGZUI0egBJY1zhBYw2KhdUfwVJJE".parse().unwrap(),
                unionid: None,
            },
            session_key: SessionKey::try_from("tiihtNczf5v6AKRyjwEUhQ==".to_owned()).unwrap(),
            failures: 2,
            expires_at: DateTime::from_timestamp_millis(1_763_900_000_001).unwrap(),
        }
    }

    #[test]
    fn what_waits_is_read_as_it_was_written() {
        let random = Random::system();
        let place = Token::random(&random).place(Purpose::Ticket);

        let sealed = place.seal(FORM, &waiting().written(), &random);

        assert_eq!(Waiting::read(&place.open(&sealed).unwrap()), Some(waiting()));
    }

    #[test]
    fn a_ticket_of_the_first_form_opens_for_ever() {
        let (token, sealed) = include_str!("../tests/fixtures/ticket-form-1.txt").trim().split_once('\n').unwrap();
        let place = Token::parse(token).unwrap().place(Purpose::Ticket);

        let opened = place.open(&hex::decode(sealed).unwrap()).unwrap();

        assert_eq!(Waiting::read(&opened), Some(waiting()));
    }
}
