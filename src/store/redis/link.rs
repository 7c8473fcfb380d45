//! The live connection to Redis that all requests of a worker share, and its successor when it breaks.
//!
//! A connection is multiplexed: requests need not take turns, and what they send at one moment goes out together. The pool
//! opens, times out and replaces connections; it is asked only when there is none, because its check at every hand-over
//! would double the round trips of a session check.

use super::connection::{CONNECT_TIMEOUT, Connection, SECONDS, is_broken, timed_out};
use super::opener::Opener;
use crate::settings::RedisUrl;
use crate::telemetry::metrics::recorder;
use metrics::{Counter, counter};
use redis::{RedisError, RedisResult};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{LazyLock, Mutex, MutexGuard};

/// The connection of one worker.
pub(super) struct Link {
    opener: Opener,
    current: Mutex<Current>,
    /// Held by whoever opens a connection.
    opening: tokio::sync::Mutex<()>,
    /// How many attempts to open a connection have ended.
    attempts: AtomicU64,
    opened: Counter,
    failed: Counter,
}

#[derive(Default)]
struct Current {
    /// How many connections there were, this one included.
    number: u64,
    connection: Option<Connection>,
    /// Why the last attempt to open one gave none.
    failure: Option<RedisError>,
}

impl Link {
    /// Checks address and certificates; opens nothing yet.
    ///
    /// # Errors
    /// A certificate cannot be read or used.
    pub(super) fn new(url: &RedisUrl) -> RedisResult<Link> {
        let opener = Opener::new(url)?;
        recorder();
        LazyLock::force(&SECONDS);
        let of = |outcome| counter!("weapp_login_redis_connections_total", "outcome" => outcome);
        Ok(Link {
            opener,
            current: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            attempts: AtomicU64::new(0),
            opened: of("opened"),
            failed: of("failed"),
        })
    }

    /// The connection in use and its number, if there is one.
    pub(super) fn ready(&self) -> Option<(u64, Connection)> {
        let current = self.current();
        Some((current.number, current.connection.clone()?))
    }

    /// The connection in use, opened if there is none, and its number.
    ///
    /// Of several calls at once one opens it and the others share what comes of that. Each trying for itself, one after
    /// another, the last of many would wait for the sum of their time limits.
    pub(super) async fn connection(&self) -> RedisResult<(u64, Connection)> {
        let ended_before = self.attempts.load(SeqCst);
        let _opening = self.opening.lock().await;
        if let Some(ready) = self.ready() {
            return Ok(ready);
        }
        if self.attempts.load(SeqCst) > ended_before
            && let Some(failure) = self.current().failure.clone()
        {
            return Err(failure);
        }
        let opened =
            tokio::time::timeout(CONNECT_TIMEOUT * 3, self.opener.open()).await.unwrap_or_else(|_| Err(timed_out()));
        self.attempts.fetch_add(1, SeqCst);
        let mut current = self.current();
        match opened {
            Ok(connection) => {
                self.opened.increment(1);
                *current = Current { number: current.number + 1, connection: Some(connection.clone()), failure: None };
                Ok((current.number, connection))
            }
            Err(error) => {
                self.failed.increment(1);
                current.failure = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Has the next request open a successor if `error` says that connection `number` is of no use any more.
    pub(super) fn reconsider(&self, number: u64, error: &RedisError) {
        if !is_broken(error) {
            return;
        }
        let mut current = self.current();
        if current.number == number {
            current.connection = None;
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().expect("nothing panics while it holds the connection")
    }
}
