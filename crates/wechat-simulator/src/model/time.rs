//! What time it is, as an argument, and times to come.

use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Duration;

/// Tells the time. The simulator counts whole milliseconds of it.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// `duration` after `at`, or the end of time.
pub(crate) fn after(at: DateTime<Utc>, duration: Duration) -> DateTime<Utc> {
    at.checked_add_signed(chrono::TimeDelta::from_std(duration).unwrap_or(chrono::TimeDelta::MAX))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}
