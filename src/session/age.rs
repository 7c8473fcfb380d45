//! How long a session's copy of its person may be believed.

use super::record::Session;
use chrono::{DateTime, TimeDelta, Utc};

/// When the copy is first compared with the database: while that cannot be had, the copy serves on.
const DUE: TimeDelta = TimeDelta::seconds(30);
/// By how much more sessions differ in that, so that those who came together do not ask together for ever.
const SPREAD: TimeDelta = TimeDelta::seconds(10);
/// When nothing is believed any more that was not compared. Below a minute, by more than replicas' clocks differ.
const OVERDUE: TimeDelta = TimeDelta::seconds(55);

/// What a use of a session has to do first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// Nothing.
    Fresh,
    /// Look again, if the database answers.
    Due,
    /// Look again, or be refused.
    Overdue,
}

impl Age {
    /// The age of `session` at `now`. Where sessions live for a short time without use, they look again sooner: using them
    /// would not keep them open otherwise. A use in the future was written down by a replica whose clock is wrong.
    pub(super) fn of(session: &Session, idle: TimeDelta, now: DateTime<Utc>) -> Age {
        let age = now - session.used_at;
        let own = session.entry.key.bytes().fold(0u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
        let due = DUE + SPREAD * i32::from(own) / 256;
        if age < TimeDelta::zero() || age >= OVERDUE.min(idle / 2) {
            Age::Overdue
        } else if age >= due.min(idle / 4) {
            Age::Due
        } else {
            Age::Fresh
        }
    }
}
