//! How many failures are worth a row: whoever tries codes without end must not fill the table.

use chrono::{DateTime, Utc};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// Failures that are written down in a second, for as long as they come: less than ninety thousand rows a day.
const INTERVAL_MILLISECONDS: i64 = 1000;
/// Failures that are written down at once, after a quiet minute.
const BURST: i64 = 60;

/// The bound of a process.
#[derive(Default)]
pub(super) struct Bound {
    /// Until when, in milliseconds since 1970, the failures that were let through fill what is let through.
    until: AtomicI64,
}

impl Bound {
    /// Whether one more failure is written down.
    pub(super) fn admits(&self, now: DateTime<Utc>) -> bool {
        let now = now.timestamp_millis();
        let next = |until: i64| {
            let next = until.max(now) + INTERVAL_MILLISECONDS;
            (next <= now + BURST * INTERVAL_MILLISECONDS).then_some(next)
        };
        self.until.fetch_update(Relaxed, Relaxed, next).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_flood_leaves_a_row_a_second() {
        let (bound, begin) = (Bound::default(), DateTime::from_timestamp(1_763_900_000, 0).unwrap());

        let flood = (0..10_000).filter(|nth| bound.admits(begin + TimeDelta::milliseconds(*nth))).count();
        let later = (0..100).filter(|_| bound.admits(begin + TimeDelta::minutes(5))).count();

        assert_eq!((flood, later), (60 + 9, 60));
    }
}
