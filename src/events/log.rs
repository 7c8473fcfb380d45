//! Where requests leave events.

use super::bound::Bound;
use super::counts::count;
use crate::clock::Clock;
use crate::identity::AppId;
use crate::registration::Way;
use crate::store::{EventKind, LoginEvent, Noted, Origin, Visit};
use crate::user::UserId;
use chrono::{DateTime, Utc};
use metrics::Counter;
use std::sync::Arc;
use tokio::sync::mpsc::Sender;

/// Where requests leave events. Clones write to the same log.
#[derive(Clone)]
pub struct EventLog {
    waiting: Sender<Noted>,
    clock: Clock,
    failures: Arc<Bound>,
    dropped: Counter,
    left_out: Counter,
}

/// A login or a registration, or how far it came.
#[derive(Debug)]
pub struct SignIn {
    /// What came of it.
    pub kind: EventKind,
    /// Whose it was, where somebody is known.
    pub user_id: Option<UserId>,
    /// The mini program, where it is known.
    pub app_id: Option<AppId>,
    /// Of a registration.
    pub way: Option<Way>,
    /// The error code of what failed.
    pub code: Option<&'static str>,
    /// Where it came from.
    pub origin: Origin,
}

impl EventLog {
    /// A log that leaves what it is given at `waiting`.
    pub(super) fn new(waiting: Sender<Noted>, clock: Clock) -> EventLog {
        EventLog { waiting, clock, failures: Arc::default(), dropped: count("dropped"), left_out: count("left_out") }
    }

    /// Leaves an event of somebody known. It does not wait.
    pub fn note(&self, kind: EventKind, user_id: UserId, app_id: Option<AppId>) {
        self.leave(LoginEvent::new(self.clock.now(), kind, user_id, app_id).into());
    }

    /// Leaves what came of a sign-in. It does not wait. Of failures that come by the thousand few are left, and the others
    /// counted: a sixty at once, and one a second.
    pub fn sign_in(&self, sign_in: SignIn) {
        let at = self.clock.now();
        let SignIn { kind, user_id, app_id, way, code, origin } = sign_in;
        if code.is_some() && !self.failures.admits(at) {
            self.left_out.increment(1);
            return;
        }
        self.leave(LoginEvent { at, kind, user_id, app_id, way, code, origin: Some(origin) }.into());
    }

    /// Leaves word that somebody uses a session, if that was last written down in an earlier part of a day.
    pub fn seen(&self, user_id: UserId, app_id: &AppId, before: DateTime<Utc>, now: DateTime<Utc>) {
        if Visit::part(before) != Visit::part(now) {
            self.leave(Noted::Visit(Visit::new(now, user_id, app_id.clone())));
        }
    }

    /// Leaves word that a suspended account was met, whose event is written where nobody has.
    pub fn met_suspended(&self, user_id: UserId) {
        self.leave(Noted::Suspension { at: self.clock.now(), user_id });
    }

    fn leave(&self, noted: Noted) {
        if self.waiting.try_send(noted).is_err() {
            self.dropped.increment(1);
        }
    }
}
