//! What every action on accounts works with.

use crate::desk::Desk as Shared;
use crate::store::Act;
use std::ops::Deref;

/// What the service's operators share, and what the person who sits here said besides.
pub(super) struct Desk {
    pub shared: Shared,
    pub json: bool,
    pub dry_run: bool,
    pub by: String,
    pub reason: Option<String>,
}

impl Deref for Desk {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Desk {
    /// What is done now, by whoever sits here.
    pub(super) fn act(&self) -> Act<'_> {
        Act { at: self.clock.now(), by: Some(&self.by), reason: self.reason.as_deref() }
    }
}
