//! What stands between a process and WeChat: so many ask at once, few wait for a moment, and nobody asks while WeChat is
//! silent. So what does not need WeChat keeps its room.

use super::breaker::{Breaker, Call};
use super::counts::Calls;
use super::errcode::WechatError;
use crate::identity::AppId;
use metrics::{Counter, counter};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// How long somebody waits for a place at the most: a moment of crowding passes by then, and an outage does not.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// The way of a process to WeChat, which all its workers share.
pub struct Gate {
    places: Semaphore,
    waiting: AtomicUsize,
    max_waiting: usize,
    apps: HashMap<AppId, PerApp>,
}

/// What each mini program has for itself.
struct PerApp {
    breaker: Breaker,
    queue_full: Counter,
    calls: Calls,
}

/// A place among those who ask WeChat, until it is dropped.
pub struct Place<'a> {
    _permit: SemaphorePermit<'a>,
}

/// One who waits for a place.
struct Waiter<'a>(&'a AtomicUsize);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Gate {
    /// A way for the mini programs `apps`, with `places` for requests that ask at once. A quarter as many may wait for one.
    pub fn new<'a>(apps: impl IntoIterator<Item = &'a AppId>, places: usize) -> Gate {
        let apps = apps.into_iter().map(|app| {
            let labels = [("app", app.to_string()), ("reason", "queue_full".to_owned())];
            let queue_full = counter!("weapp_login_wechat_rejected_total", &labels);
            let (breaker, calls) = (Breaker::new(app.as_str()), Calls::new(app.as_str()));
            (app.clone(), PerApp { breaker, queue_full, calls })
        });
        Gate {
            apps: apps.collect(),
            places: Semaphore::new(places),
            waiting: AtomicUsize::new(0),
            max_waiting: places / 4,
        }
    }

    /// A place for a request of the mini program `app`, at once or within a second.
    ///
    /// # Errors
    /// [`WechatError::Busy`] when there is none by then, or too many wait already.
    pub async fn enter(&self, app: &AppId) -> Result<Place<'_>, WechatError> {
        if let Ok(permit) = self.places.try_acquire() {
            return Ok(Place { _permit: permit });
        }
        let before = self.waiting.fetch_add(1, Relaxed);
        let _waiter = Waiter(&self.waiting);
        if before < self.max_waiting
            && let Ok(permit) = tokio::time::timeout(MAX_WAIT, self.places.acquire()).await
        {
            return Ok(Place { _permit: permit.expect("nobody closes the places") });
        }
        self.of(app).queue_full.increment(1);
        Err(WechatError::Busy)
    }

    /// One call for the mini program `app`.
    ///
    /// # Errors
    /// [`WechatError::Resting`] while WeChat is left alone.
    pub(super) fn call(&self, app: &AppId, now: Instant) -> Result<Call<'_>, WechatError> {
        self.of(app).breaker.admit(now).map_err(WechatError::Resting)
    }

    /// Counts a call of `path` for the mini program `app` that took so long and ended with `failure`, if it failed.
    pub(super) fn count(&self, app: &AppId, path: &'static str, failure: Option<&WechatError>, took: Duration) {
        self.of(app).calls.count(path, failure, took);
    }

    fn of(&self, app: &AppId) -> &PerApp {
        self.apps.get(app).expect("the gate was made for every configured mini program")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_few_wait_for_a_place_and_the_rest_hear_at_once() {
        let app = "wx0000000000000001".parse().unwrap();
        let gate = Gate::new([&app], 4);
        let mut places = vec![];
        for _ in 0..4 {
            places.push(gate.enter(&app).await.unwrap());
        }

        let began = Instant::now();
        let (waited, refused, ()) = tokio::join!(gate.enter(&app), gate.enter(&app), async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            places.pop();
        });

        assert!(waited.is_ok());
        assert!(matches!(refused, Err(WechatError::Busy)));
        assert!(began.elapsed() < MAX_WAIT);
    }

    #[tokio::test]
    async fn whoever_goes_away_leaves_its_turn_to_others() {
        let app = "wx0000000000000001".parse().unwrap();
        let gate = Gate::new([&app], 4);
        let mut places = vec![];
        for _ in 0..4 {
            places.push(gate.enter(&app).await.unwrap());
        }

        let gone = tokio::time::timeout(Duration::from_millis(10), gate.enter(&app)).await;
        let (next, ()) = tokio::join!(gate.enter(&app), async { drop(places.pop()) });

        assert!(gone.is_err());
        assert!(next.is_ok());
    }
}
