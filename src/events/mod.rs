//! What happened to accounts, written to `login_events` and `visits` in batches, off every request's path.
//!
//! A process that is killed loses the events of its last [`PERIOD`] at most. While the database does not answer, events
//! wait in memory, [`MAX_WAITING`] at most; beyond that the newest are dropped, and counted. What the database refuses while
//! it takes the rest is found by halving, said and left out, so that nothing behind it waits for ever.

mod bound;
mod counts;
mod log;
mod recent;
mod retention;
mod writer;

pub use log::{EventLog, SignIn};
pub use retention::forget_old_events;
pub use writer::{EventWriter, PERIOD};

use crate::clock::Clock;
use tokio::sync::mpsc::channel;

/// Events that wait in memory at the most.
pub const MAX_WAITING: usize = 50_000;

/// A log and what writes it.
pub fn event_log(clock: Clock) -> (EventLog, EventWriter) {
    let (waiting, events) = channel(MAX_WAITING);
    (EventLog::new(waiting, clock), EventWriter::new(events))
}
