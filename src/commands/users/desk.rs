//! What every action on accounts works with.

use crate::clock::Clock;
use crate::session::Sessions;
use crate::store::{Act, UserStore};
use std::sync::Arc;

/// Stores, and what the person who sits here said besides.
pub(super) struct Desk {
    pub users: Arc<dyn UserStore>,
    pub sessions: Sessions,
    pub clock: Clock,
    pub json: bool,
    pub dry_run: bool,
    pub by: String,
    pub reason: Option<String>,
}

impl Desk {
    /// What is done now, by whoever sits here.
    pub(super) fn act(&self) -> Act<'_> {
        Act { at: self.clock.now(), by: Some(&self.by), reason: self.reason.as_deref() }
    }
}
