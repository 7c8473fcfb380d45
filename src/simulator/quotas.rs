//! How often somebody may ask: counts in windows of the clock that start anew at their end.

use std::collections::HashMap;

/// What is counted, and for whom.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Counted {
    pub what: &'static str,
    pub whose: String,
}

#[derive(Default)]
pub(super) struct Quotas {
    windows: HashMap<Counted, (i64, u32)>,
}

pub(super) const MINUTE: i64 = 60_000;
pub(super) const DAY: i64 = 86_400_000;

impl Quotas {
    /// Counts one call in the window of `length` milliseconds that `now` lies in; false when it is one too many.
    pub fn admit(&mut self, what: &'static str, whose: String, length: i64, limit: u32, now: i64) -> bool {
        let window = now.div_euclid(length);
        let (counted_in, count) = self.windows.entry(Counted { what, whose }).or_insert((window, 0));
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
        let mut admit = |now| quotas.admit("exchange", "alice".to_owned(), MINUTE, 2, now);

        let admitted = [admit(0), admit(59_999), admit(59_999), admit(60_000)];

        assert_eq!(admitted, [true, true, false, true]);
    }
}
