//! What time it is, as an argument: a test sets it, a simulator advances it, and nobody else reads the machine's clock.

use chrono::{DateTime, Datelike, SubsecRound, Timelike, Utc};
use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// Tells the time to whoever holds it. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Clock {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
        Clock(Arc::new(Utc::now))
    }

    /// A clock that shows what `now` returns.
    pub fn from_fn(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    /// The time in whole milliseconds, which is what both databases keep.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)().trunc_subsecs(3)
    }
}

/// A time as every answer and log line writes it, such as `2026-11-23T08:00:00.000Z`.
///
/// Written into 24 bytes on the stack: each answer has two to four of them, and chrono's own text is an allocation each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rfc3339([u8; 24]);

impl Rfc3339 {
    /// The text of `time`, whose year has four digits.
    #[must_use]
    pub fn of(time: DateTime<Utc>) -> Rfc3339 {
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let mut write = |at: usize, digits: usize, mut number: u32| {
            for place in (at..at + digits).rev() {
                text[place] = b'0' + (number % 10) as u8;
                number /= 10;
            }
        };
        write(0, 4, time.year().clamp(0, 9999).unsigned_abs());
        write(5, 2, time.month());
        write(8, 2, time.day());
        write(11, 2, time.hour());
        write(14, 2, time.minute());
        write(17, 2, time.second());
        write(20, 3, time.timestamp_subsec_millis().min(999));
        Rfc3339(text)
    }

    /// The 24 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("made of digits and the marks between them")
    }
}

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::SecondsFormat;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_time_is_written_as_chrono_writes_it(milliseconds in 0..253_402_300_800_000_i64) {
            let time = DateTime::from_timestamp_millis(milliseconds).unwrap();

            prop_assert_eq!(Rfc3339::of(time).to_string(), time.to_rfc3339_opts(SecondsFormat::Millis, true));
        }
    }
}
