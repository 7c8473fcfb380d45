//! When a connection to the database has to show that it is alive, that it is young enough, and that it can write.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// What a connection has to show before it is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// Nothing: it was used a moment ago.
    None,
    /// That its server answers.
    Answer,
    /// That its server answers and takes writes.
    Writable,
}

/// What is known of the connections to a server: they must show that they are alive after they were idle, and all of them
/// for a while after one was found dead. Asking each of them each time would be one more round trip for every query.
#[derive(Default)]
pub(super) struct Liveness(Mutex<Doubts>);

#[derive(Default)]
struct Doubts {
    dead: Option<Instant>,
    read_only: Option<Instant>,
}

impl Liveness {
    /// A connection that was used this recently is alive as far as is known.
    const FRESH: Duration = Duration::from_secs(10);
    const LASTS: Duration = Duration::from_secs(30);

    /// What a connection that was made `age` ago and not used for `idle` has to show at `now`.
    ///
    /// A refused write casts doubt on the connections made until then only: while the server that writes go to takes none,
    /// those made later would be replaced at every call, and reads need them.
    pub(super) fn wanted(&self, age: Duration, idle: Duration, now: Instant) -> Proof {
        let doubts = self.doubts();
        let since = |raised: Option<Instant>| raised.map(|raised| now.saturating_duration_since(raised));
        if since(doubts.read_only).is_some_and(|ago| ago < age) {
            Proof::Writable
        } else if idle > Self::FRESH || since(doubts.dead).is_some_and(|ago| ago < Self::LASTS) {
            Proof::Answer
        } else {
            Proof::None
        }
    }

    /// A connection was found dead, or the database did not answer.
    pub(super) fn found_dead(&self, now: Instant) {
        self.doubts().dead = Some(now);
    }

    /// A server refused to write.
    pub(super) fn found_read_only(&self, now: Instant) {
        self.doubts().read_only = Some(now);
    }

    fn doubts(&self) -> MutexGuard<'_, Doubts> {
        self.0.lock().expect("nothing panics while it holds the doubts")
    }
}

/// How long a connection made at `made` may live: `max_age` and up to a tenth more or less, so that connections made in
/// one burst are not all replaced in one.
pub(super) fn life(max_age: Duration, made: Instant) -> Duration {
    let mut hasher = DefaultHasher::new();
    made.hash(&mut hasher);
    let share = (hasher.finish() % 2001) as f64 / 10_000.0;
    max_age.mul_f64(0.9 + share)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);
    const SHORT: Duration = Duration::from_millis(10);

    #[test]
    fn a_connection_in_use_is_trusted_and_an_idle_one_asked() {
        let liveness = Liveness::default();
        let now = Instant::now();

        assert_eq!(liveness.wanted(LONG, SHORT, now), Proof::None);
        assert_eq!(liveness.wanted(LONG, Duration::from_secs(11), now), Proof::Answer);
    }

    #[test]
    fn one_dead_connection_casts_doubt_on_all_for_a_while() {
        let liveness = Liveness::default();
        let now = Instant::now();

        liveness.found_dead(now);

        assert_eq!(liveness.wanted(LONG, SHORT, now + Duration::from_secs(29)), Proof::Answer);
        assert_eq!(liveness.wanted(LONG, SHORT, now + Duration::from_secs(31)), Proof::None);
    }

    #[test]
    fn a_refused_write_casts_doubt_on_the_connections_made_until_then() {
        let liveness = Liveness::default();
        let now = Instant::now();

        liveness.found_read_only(now);

        let later = now + Duration::from_secs(60);
        assert_eq!(liveness.wanted(Duration::from_secs(61), SHORT, later), Proof::Writable);
        assert_eq!(liveness.wanted(Duration::from_secs(59), SHORT, later), Proof::None);
    }

    #[test]
    fn connections_live_about_as_long_as_asked_and_not_all_the_same() {
        let now = Instant::now();

        let lives: Vec<_> = (0..50).map(|n| life(LONG, now + Duration::from_millis(n))).collect();

        assert!(lives.iter().all(|life| (540..=660).contains(&life.as_secs())), "{lives:?}");
        assert!(lives.iter().any(|life| *life != lives[0]));
    }
}
