//! One simulated WeChat: its clock, its world, and the trouble that was asked for. What every path is answered from.

use super::faults::Faults;
use super::journal::event;
use super::options::Options;
use super::time::{Clock, after};
use super::world::World;
use chrono::{DateTime, SubsecRound, Utc};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) struct Wechat {
    options: Options,
    clock: Clock,
    advanced_seconds: AtomicU64,
    world: Mutex<World>,
    faults: Mutex<Faults>,
}

impl Wechat {
    pub(crate) fn new(options: Options, clock: Clock) -> Wechat {
        let world = Mutex::new(World::new(options.clone()));
        Wechat { options, clock, advanced_seconds: AtomicU64::new(0), world, faults: Mutex::default() }
    }

    /// The simulator's time, in whole milliseconds: the clock's, and what it was advanced by.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        after((self.clock)(), self.advanced()).trunc_subsecs(3)
    }

    /// What the clock was advanced by.
    pub(crate) fn advanced(&self) -> Duration {
        Duration::from_secs(self.advanced_seconds.load(Ordering::SeqCst))
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.advanced_seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Forgets everybody, every fault, every change of options and the advanced time. The log's numbers go on, so that who
    /// follows it sees the reset.
    pub(crate) fn reset(&self) {
        let mut world = self.world();
        let written = world.journal.last_seq();
        *world = World::new(self.options.clone());
        *self.faults() = Faults::default();
        self.advanced_seconds.store(0, Ordering::SeqCst);
        world.journal.continue_after(written);
        world.journal.write(event("reset", None, self.now()));
    }

    /// One question at a time: this lock is what makes a code single use.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
