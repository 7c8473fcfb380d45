//! The end of what is old.

use super::counts::count;
use crate::clock::Clock;
use crate::store::{StoreError, TokenStore, UserStore, Value};
use chrono::TimeDelta;
use std::sync::Arc;
use std::time::Duration;

/// Rows deleted by one statement of the clean-up, so that none holds locks for long.
const FORGET_AT_ONCE: i64 = 1000;
const FIRST_FORGETTING: Duration = Duration::from_secs(60);
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// Deletes events and visits older than `retention`, hourly, on one replica at a time.
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
    let (mut events, mut visits) = (0, 0);
    let ended = async {
        loop {
            let some = (
                users.forget_events(before, FORGET_AT_ONCE).await?,
                users.forget_visits(before, FORGET_AT_ONCE).await?,
            );
            if some == (0, 0) {
                return Ok::<_, StoreError>(());
            }
            (events, visits) = (events + some.0, visits + some.1);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    if let Err(error) = ended.await {
        tracing::warn!(error = &error as &dyn std::error::Error, "old login events are not deleted now");
    }
    if events + visits > 0 {
        tracing::info!(events, visits, "old login events and visits were deleted");
        count("forgotten").increment(events as u64);
    }
}
