//! How far this machine's clock is from the token store's, which all replicas see. Sessions are written and judged by the
//! replicas' own clocks, so replicas that disagree end sessions early or keep them too long.

use crate::clock::Clock;
use crate::store::{StoreError, TokenStore};
use crate::telemetry::metrics::recorder;
use chrono::TimeDelta;
use metrics::gauge;
use std::sync::Arc;
use std::time::Duration;

/// More than this is told. It is far above what a network adds and far below what a session notices.
pub const TOLERATED: TimeDelta = TimeDelta::seconds(2);
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Compares the clocks at once and then each minute: for a gauge, and for the log where they differ too much. A store that
/// does not tell its time, because a proxy or its rules refuse the command, is named once.
pub async fn watch_clock(tokens: Arc<dyn TokenStore>, clock: Clock) {
    recorder();
    let shown = gauge!("weapp_login_clock_offset_seconds");
    let mut said = false;
    loop {
        match clock_offset(&*tokens, &clock).await {
            Ok(offset) => {
                let seconds = offset.num_milliseconds() as f64 / 1e3;
                shown.set(seconds);
                if offset.abs() > TOLERATED {
                    tracing::warn!(seconds, "this machine's clock is not redis' (above 0: it is ahead): set it by NTP");
                }
            }
            // Of a store that does not answer at all, whoever needs it says so.
            Err(error) if !said && tokens.ping().await.is_ok() => {
                said = true;
                let error = &error as &dyn std::error::Error;
                tracing::info!(error, "redis does not tell its time, so this machine's clock is compared with nothing");
            }
            Err(_) => {}
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// How far `clock` is ahead of the store's.
///
/// # Errors
/// The store does not answer, or does not tell its time.
pub async fn clock_offset(tokens: &dyn TokenStore, clock: &Clock) -> Result<TimeDelta, StoreError> {
    let asked = clock.now();
    let theirs = tokens.time().await?;
    let answered = clock.now();
    // It was read somewhere between the two.
    Ok(asked + (answered - asked) / 2 - theirs)
}
