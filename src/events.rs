//! What happened to accounts, written to `login_events` in batches, off every request's path.
//!
//! A process that is killed loses the events of its last [`PERIOD`] at most. While the database does not answer, events
//! wait in memory, [`MAX_WAITING`] at most; beyond that the newest are dropped, and counted. What the database refuses while
//! it takes the rest is found by halving, said and left out, so that nothing behind it waits for ever.

use crate::clock::Clock;
use crate::identity::AppId;
use crate::store::{EventKind, LoginEvent, StoreError, TokenStore, UserStore, Value};
use crate::telemetry::metrics::outcomes;
use crate::user::UserId;
use chrono::TimeDelta;
use metrics::Counter;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How long an event waits for others to be written with.
pub const PERIOD: Duration = Duration::from_millis(100);
/// Events in one transaction. Few enough that the database is not kept from answering logins for milliseconds.
const BATCH: usize = 100;
/// Events that wait in memory at the most.
pub const MAX_WAITING: usize = 50_000;
/// How long a batch that could not be written waits for the next attempt.
const PAUSE: Duration = Duration::from_millis(500);
/// Attempts until a batch that the database finds fault with is taken apart.
const FAULTS: u32 = 3;
/// The same where it gives another reason, which may pass, such as a full disk: half a minute.
const REFUSALS: u32 = 60;
/// Rows deleted by one statement of the clean-up, so that none holds locks for long.
const FORGET_AT_ONCE: i64 = 1000;
const FIRST_FORGETTING: Duration = Duration::from_secs(60);
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// Where requests leave events. Clones write to the same log.
#[derive(Clone)]
pub struct EventLog {
    waiting: Sender<LoginEvent>,
    clock: Clock,
    dropped: Counter,
}

/// Writes what is left in the log.
pub struct EventWriter {
    events: Receiver<LoginEvent>,
    written: Counter,
    dropped: Counter,
    refused: Counter,
}

/// A log and what writes it.
pub fn event_log(clock: Clock) -> (EventLog, EventWriter) {
    let (waiting, events) = channel(MAX_WAITING);
    let (written, dropped) = (count("written"), count("dropped"));
    // Counted hourly by whoever deletes them; it exists from the start on all the same.
    count("forgotten").increment(0);
    (
        EventLog { waiting, clock, dropped: dropped.clone() },
        EventWriter { events, written, dropped, refused: count("refused") },
    )
}

impl EventLog {
    /// Leaves an event. It does not wait.
    pub fn note(&self, kind: EventKind, user_id: UserId, app_id: Option<AppId>) {
        let event = LoginEvent { at: self.clock.now(), user_id, app_id, kind };
        if self.waiting.try_send(event).is_err() {
            self.dropped.increment(1);
        }
    }
}

impl EventWriter {
    /// Writes to `users` until the last clone of the log is gone and all is written.
    pub async fn write(mut self, users: Arc<dyn UserStore>) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.events.recv_many(&mut batch, BATCH).await > 0 {
            if batch.len() < BATCH {
                // The first ones wait for company; a closed log has none to wait for.
                if !self.events.is_closed() {
                    tokio::time::sleep(PERIOD).await;
                }
                while batch.len() < BATCH {
                    let Ok(event) = self.events.try_recv() else { break };
                    batch.push(event);
                }
            }
            if !self.write_batch(&*users, &batch).await {
                return;
            }
            batch.clear();
        }
    }

    /// False when the process is ending and the database does not take them.
    async fn write_batch(&self, users: &dyn UserStore, batch: &[LoginEvent]) -> bool {
        let mut outcome = users.record(batch).await;
        for failures in 1.. {
            let Err(error) = outcome else { break };
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                events = batch.len(),
                "login events wait for the database"
            );
            let patience = if matches!(error, StoreError::Broken(_)) { FAULTS } else { REFUSALS };
            if failures >= patience && users.ping().await.is_ok() {
                self.write_apart(users, batch).await;
                return true;
            }
            if self.events.is_closed() && failures >= FAULTS {
                self.dropped.increment(batch.len() as u64);
                return false;
            }
            tokio::time::sleep(PAUSE).await;
            outcome = users.record_again(batch).await;
        }
        self.written.increment(batch.len() as u64);
        true
    }

    /// Writes what the database takes of `batch`, half by half, and leaves out what it refuses by itself.
    async fn write_apart(&self, users: &dyn UserStore, batch: &[LoginEvent]) {
        let (left, right) = batch.split_at(batch.len() / 2);
        for part in [left, right].into_iter().filter(|part| !part.is_empty()) {
            loop {
                let Err(error) = users.record_again(part).await else {
                    self.written.increment(part.len() as u64);
                    break;
                };
                if users.ping().await.is_err() {
                    // It says nothing of the part: the database went away meanwhile.
                    if self.events.is_closed() {
                        self.dropped.increment(part.len() as u64);
                        break;
                    }
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                match part {
                    [event] => self.leave_out(event, &error),
                    _ => Box::pin(self.write_apart(users, part)).await,
                }
                break;
            }
        }
    }

    fn leave_out(&self, event: &LoginEvent, error: &StoreError) {
        self.refused.increment(1);
        tracing::error!(
            error = error as &dyn std::error::Error,
            kind = event.kind.as_str(),
            user_id = event.user_id.0,
            "a login event is left out, because the database refuses it"
        );
    }
}

/// Deletes events older than `retention`, hourly, on one replica at a time.
pub async fn forget_old_events(
    users: Arc<dyn UserStore>,
    tokens: Arc<dyn TokenStore>,
    clock: Clock,
    retention: TimeDelta,
) {
    // A replica that was just started has better things to do.
    tokio::time::sleep(FIRST_FORGETTING).await;
    loop {
        match tokens.put_new(Value { key: "lock:retention", bytes: b"held", ttl: FORGET_EVERY / 2 }).await {
            Ok(true) => forget(&*users, &clock, retention).await,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "old login events are not deleted now")
            }
        }
        tokio::time::sleep(FORGET_EVERY).await;
    }
}

async fn forget(users: &dyn UserStore, clock: &Clock, retention: TimeDelta) {
    let before = clock.now() - retention;
    let mut forgotten = 0;
    loop {
        match users.forget_events(before, FORGET_AT_ONCE).await {
            Ok(0) => break,
            Ok(some) => forgotten += some,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "old login events are not deleted now");
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    if forgotten > 0 {
        tracing::info!(forgotten, "old login events were deleted");
        count("forgotten").increment(forgotten as u64);
    }
}

fn count(outcome: &'static str) -> Counter {
    outcomes("weapp_login_events_total", outcome)
}
