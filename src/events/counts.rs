//! What becomes of events, counted.

use crate::telemetry::metrics::outcomes;
use metrics::Counter;

/// Events by what became of them.
pub(super) fn count(outcome: &'static str) -> Counter {
    outcomes("weapp_login_events_total", outcome)
}
