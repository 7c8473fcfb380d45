//! What becomes of sessions, counted.

use crate::telemetry::metrics::outcomes;
use metrics::Counter;

/// Sessions by what became of them.
pub(super) struct Counts {
    pub opened: Counter,
    pub renewed: Counter,
    pub closed: Counter,
    pub closed_as_surplus: Counter,
    pub ended_by_status: Counter,
    /// Uses that were let pass while a store could not be asked.
    pub not_compared: Counter,
}

impl Default for Counts {
    fn default() -> Counts {
        let of = |outcome| outcomes("weapp_login_sessions_total", outcome);
        Counts {
            opened: of("opened"),
            renewed: of("renewed"),
            closed: of("closed"),
            closed_as_surplus: of("closed_as_surplus"),
            ended_by_status: of("ended_by_status"),
            not_compared: of("not_compared"),
        }
    }
}
