//! Writes what is left in the log, in batches.

use super::counts::count;
use super::recent::Recent;
use crate::store::{Noted, StoreError, UserStore};
use metrics::Counter;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Receiver;

/// How long an event waits for others to be written with.
pub const PERIOD: Duration = Duration::from_millis(100);
/// Events in one transaction. Few enough that the database is not kept from answering logins for milliseconds.
const BATCH: usize = 100;
/// How long a batch that could not be written waits for the next attempt.
const PAUSE: Duration = Duration::from_millis(500);
/// Attempts until a batch that the database finds fault with is taken apart.
const FAULTS: u32 = 3;
/// The same where it gives another reason, which may pass, such as a full disk: half a minute.
const REFUSALS: u32 = 60;

/// Writes what is left in the log.
pub struct EventWriter {
    events: Receiver<Noted>,
    recent: Recent,
    written: Counter,
    dropped: Counter,
    refused: Counter,
}

impl EventWriter {
    /// What writes what arrives at `events`.
    pub(super) fn new(events: Receiver<Noted>) -> EventWriter {
        let (written, dropped, refused) = (count("written"), count("dropped"), count("refused"));
        // Counted hourly by whoever deletes them; it exists from the start on all the same.
        count("forgotten").increment(0);
        EventWriter { events, recent: Recent::default(), written, dropped, refused }
    }

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
            self.recent.complete(&mut batch);
            if !self.write_batch(&*users, &batch).await {
                return;
            }
            batch.clear();
        }
    }

    /// False when the process is ending and the database does not take them.
    async fn write_batch(&self, users: &dyn UserStore, batch: &[Noted]) -> bool {
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
    async fn write_apart(&self, users: &dyn UserStore, batch: &[Noted]) {
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

    fn leave_out(&self, noted: &Noted, error: &StoreError) {
        self.refused.increment(1);
        tracing::error!(
            error = error as &dyn std::error::Error,
            kind = noted.kind(),
            user_id = noted.user_id().map(|id| id.0),
            "a login event is left out, because the database refuses it"
        );
    }
}
