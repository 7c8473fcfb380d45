//! Whether WeChat is asked at all: after failures in a row it is left alone for a while, and what would wait for it is told at
//! once.
//!
//! Our own and no crate's, because of what the crates at hand (`failsafe`, `recloser`) leave to their callers: here an errcode
//! is a success of the connection, one probe is let through and not a share of the calls, a probe whose caller went away
//! is nobody's verdict, and an answer to a question from before the last change counts for nothing.

use metrics::{Counter, Gauge, counter, gauge};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;

/// Failures in a row that open it. Fewer would open it by chance where a third of the answers fail.
pub(super) const FAILURES: u32 = 10;
/// How long it stays open before one call is let through, which may take as long as a call takes.
pub(super) const OPEN_FOR: Duration = Duration::from_secs(5);

#[derive(Clone, Copy)]
enum State {
    /// Everybody may ask; so many failed since the last success.
    Closed(u32),
    /// Nobody may, before that time.
    Open(Instant),
    /// One asks, and decides for all.
    HalfOpen(Instant),
}

struct Standing {
    state: State,
    /// Which change of state this is: a call knows the one that it began under.
    change: u64,
}

/// What becomes of the calls to WeChat for one mini program.
pub(super) struct Breaker {
    standing: Mutex<Standing>,
    shown: Gauge,
    rejected: Counter,
}

/// A call that may be made; whoever makes it says what came of it.
pub(super) struct Call<'a> {
    breaker: &'a Breaker,
    change: u64,
    is_judged: bool,
}

impl Breaker {
    /// A closed one for the mini program `app`.
    pub(super) fn new(app: &str) -> Breaker {
        let shown = gauge!("weapp_login_wechat_breaker_state", "app" => app.to_owned());
        shown.set(0.0);
        let rejected =
            counter!("weapp_login_wechat_rejected_total", "app" => app.to_owned(), "reason" => "breaker_open");
        Breaker { standing: Mutex::new(Standing { state: State::Closed(0), change: 0 }), shown, rejected }
    }

    /// A call, if one may be made; else the time until the next may.
    pub(super) fn admit(&self, now: Instant) -> Result<Call<'_>, Duration> {
        let mut standing = self.standing();
        match standing.state {
            State::Closed(_) => {}
            State::Open(until) if until <= now => self.turn(&mut standing, State::HalfOpen(until)),
            State::Open(until) => {
                self.rejected.increment(1);
                return Err(until - now);
            }
            State::HalfOpen(_) => {
                self.rejected.increment(1);
                return Err(OPEN_FOR);
            }
        }
        Ok(Call { breaker: self, change: standing.change, is_judged: false })
    }

    fn turn(&self, standing: &mut Standing, state: State) {
        *standing = Standing { state, change: standing.change + 1 };
        self.shown.set(match state {
            State::Closed(_) => 0.0,
            State::HalfOpen(_) => 1.0,
            State::Open(_) => 2.0,
        });
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().expect("nothing panics while it holds the state")
    }
}

impl Call<'_> {
    /// WeChat answered, whatever it said.
    pub(super) fn succeeded(mut self) {
        self.is_judged = true;
        let mut standing = self.breaker.standing();
        if standing.change != self.change {
            return;
        }
        match &mut standing.state {
            State::Closed(failures) => *failures = 0,
            State::HalfOpen(_) => {
                self.breaker.turn(&mut standing, State::Closed(0));
                tracing::info!("wechat answers again");
            }
            State::Open(_) => {}
        }
    }

    /// No answer came, or none that makes sense.
    pub(super) fn failed(mut self, now: Instant) {
        self.is_judged = true;
        let mut standing = self.breaker.standing();
        if standing.change != self.change {
            return;
        }
        match &mut standing.state {
            State::Closed(failures) if *failures + 1 < FAILURES => *failures += 1,
            State::Closed(_) => {
                self.breaker.turn(&mut standing, State::Open(now + OPEN_FOR));
                tracing::warn!("wechat is not asked for a while, because it has not answered several times in a row");
            }
            State::HalfOpen(_) => self.breaker.turn(&mut standing, State::Open(now + OPEN_FOR)),
            State::Open(_) => {}
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if self.is_judged {
            return;
        }
        let mut standing = self.breaker.standing();
        if standing.change != self.change {
            return;
        }
        // Whoever probed went away: the next one probes.
        if let State::HalfOpen(until) = standing.state {
            self.breaker.turn(&mut standing, State::Open(until));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(now: Instant) -> Breaker {
        let breaker = Breaker::new("wx1");
        for _ in 0..FAILURES {
            breaker.admit(now).ok().unwrap().failed(now);
        }
        breaker
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_not_before() {
        let (breaker, now) = (Breaker::new("wx1"), Instant::now());
        for _ in 1..FAILURES {
            breaker.admit(now).ok().unwrap().failed(now);
        }
        breaker.admit(now).ok().unwrap().succeeded();
        for _ in 1..FAILURES {
            breaker.admit(now).ok().unwrap().failed(now);
        }
        assert!(breaker.admit(now).is_ok());

        breaker.admit(now).ok().unwrap().failed(now);

        assert_eq!(breaker.admit(now).err(), Some(OPEN_FOR));
        assert_eq!(breaker.admit(now + OPEN_FOR / 5).err(), Some(OPEN_FOR / 5 * 4));
    }

    #[test]
    fn one_probe_is_let_through_and_its_success_closes_it() {
        let now = Instant::now();
        let breaker = open(now);
        let later = now + OPEN_FOR;

        let probe = breaker.admit(later).ok().unwrap();

        assert_eq!(breaker.admit(later).err(), Some(OPEN_FOR));
        probe.succeeded();
        assert!(breaker.admit(later).is_ok() && breaker.admit(later).is_ok());
    }

    #[test]
    fn a_probe_that_fails_opens_it_again_and_one_that_is_dropped_leaves_the_next_to_probe() {
        let now = Instant::now();
        let breaker = open(now);
        let later = now + OPEN_FOR;

        breaker.admit(later).ok().unwrap().failed(later);
        let after_failure = breaker.admit(later).err();
        drop(breaker.admit(later + OPEN_FOR).ok().unwrap());
        let after_drop = breaker.admit(later + OPEN_FOR);

        assert_eq!(after_failure, Some(OPEN_FOR));
        assert!(after_drop.is_ok());
    }

    #[test]
    fn an_answer_to_a_question_from_before_the_change_counts_for_nothing() {
        let now = Instant::now();
        let breaker = Breaker::new("wx1");
        let old: Vec<_> = (0..FAILURES).map(|_| breaker.admit(now).ok().unwrap()).collect();
        let good = breaker.admit(now).ok().unwrap();
        for _ in 0..FAILURES {
            breaker.admit(now).ok().unwrap().failed(now);
        }

        good.succeeded();
        assert!(breaker.admit(now).is_err(), "it stays open");
        let later = now + OPEN_FOR;
        breaker.admit(later).ok().unwrap().succeeded();
        old.into_iter().for_each(|call| call.failed(later));

        assert!(breaker.admit(later).is_ok(), "it stays closed");
    }
}
