//! The work behind the requests, which is one in a process.

use crate::app::{OpenError, Shared};
use crate::clock_offset::watch_clock;
use crate::events::forget_old_events;
use crate::telemetry::metrics::upkeep;
use tokio::task::JoinHandle;

/// Connections to MySQL that it has for itself.
const CONNECTIONS: usize = 1;

/// It writes events, forgets old ones, and looks after the metrics and the clock.
pub struct Background {
    writer: Option<JoinHandle<()>>,
    others: Vec<JoinHandle<()>>,
}

impl Background {
    /// Begins, on the runtime at hand and over connections of its own. A second call for the same process writes no
    /// events: the first one does.
    ///
    /// # Errors
    /// A certificate cannot be read or used.
    pub fn start(shared: &Shared) -> Result<Background, OpenError> {
        let users = shared.users(CONNECTIONS).map_err(OpenError::Users)?;
        let tokens = shared.tokens().map_err(OpenError::Tokens)?;
        let writer = shared.event_writer().map(|writer| tokio::spawn(writer.write(users.clone())));
        let watching = watch_clock(tokens.clone(), shared.clock.clone());
        let forgetting =
            forget_old_events(users, tokens, shared.clock.clone(), shared.settings.database.events_retention);
        Ok(Background {
            writer,
            others: vec![tokio::spawn(forgetting), tokio::spawn(watching), tokio::spawn(upkeep())],
        })
    }

    /// Ends all but the writing of events; what does that ends by itself once everything is gone that could leave one.
    pub fn end(self) -> Option<JoinHandle<()>> {
        self.others.iter().for_each(JoinHandle::abort);
        self.writer
    }
}
