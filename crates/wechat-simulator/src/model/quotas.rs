//! How often somebody may ask: counts in windows of the clock that start anew at their end.

use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// What is counted, and for whom.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Counted {
    pub(crate) what: &'static str,
    pub(crate) whose: String,
}

/// How long is counted until it starts anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    /// A minute of the clock.
    Minute,
    /// A day of UTC.
    Day,
}

impl Window {
    /// Which window `now` lies in.
    fn number(self, now: DateTime<Utc>) -> i64 {
        now.timestamp().div_euclid(match self {
            Window::Minute => 60,
            Window::Day => 86_400,
        })
    }
}

#[derive(Default)]
pub(crate) struct Quotas {
    windows: HashMap<Counted, (i64, u32)>,
}

impl Quotas {
    /// Counts one call in the window that `now` lies in; false when it is one too many.
    pub(crate) fn admit(&mut self, counted: Counted, window: Window, limit: u32, now: DateTime<Utc>) -> bool {
        let window = window.number(now);
        let (counted_in, count) = self.windows.entry(counted).or_insert((window, 0));
        if *counted_in != window {
            (*counted_in, *count) = (window, 0);
        }
        *count = count.saturating_add(1);
        *count <= limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_admits_its_limit_and_the_next_one_starts_anew() {
        let mut quotas = Quotas::default();
        let counted = Counted { what: "exchange", whose: "alice".to_owned() };
        let mut admit = |milliseconds| {
            let now = DateTime::from_timestamp_millis(milliseconds).unwrap();
            quotas.admit(counted.clone(), Window::Minute, 2, now)
        };

        let admitted = [admit(0), admit(59_999), admit(59_999), admit(60_000)];

        assert_eq!(admitted, [true, true, false, true]);
    }
}
