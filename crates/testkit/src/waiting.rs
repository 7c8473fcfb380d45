//! Waiting for what other programs do, never for longer than is said.

use std::time::{Duration, Instant};

/// Looks every 20 ms whether `done`; false when `patience` ran out before.
#[expect(clippy::disallowed_methods, reason = "the test waits for another program and has nothing else to do")]
pub fn comes_true(patience: Duration, mut done: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    while !done() {
        if begin.elapsed() > patience {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

/// Waits until `done` holds, five seconds at most.
///
/// # Panics
/// It does not; the panic says that `what` did not come about.
pub async fn eventually(what: &str, done: impl AsyncFn() -> bool) {
    for _ in 0..100 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} did not come about within five seconds");
}
