//! When a connection to the database is asked for a sign of life.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;

/// Whether connections must show that they are alive before they are handed out: those that were idle, and all of them
/// for a while after one was found dead. Asking each of them each time would be one more round trip for every query.
#[derive(Default)]
pub struct Suspicion(Mutex<Option<Instant>>);

impl Suspicion {
    /// A connection that was used this recently is alive as far as is known.
    const FRESH: Duration = Duration::from_secs(1);
    const LASTS: Duration = Duration::from_secs(30);

    /// Whether a connection that was not used for `idle` has to show that it is alive.
    pub fn wants_proof(&self, idle: Duration) -> bool {
        idle > Self::FRESH || self.raised().is_some_and(|raised| raised.elapsed() < Self::LASTS)
    }

    /// A connection was found dead, or the database did not answer.
    pub fn raise(&self) {
        *self.raised() = Some(Instant::now());
    }

    fn raised(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().expect("nothing panics while it holds a time")
    }
}
