//! How often data may be handed in that a session's key does not open.
//!
//! Whoever holds a token and tries data at random learns a little about the key from each answer. So failures are counted
//! where every replica sees them, and before they are told: of any number at once, [`MAX_FAILURES`] are answered.

use crate::store::{StoreError, TokenStore};
use crate::telemetry::metrics::outcomes;
use crate::token::{Purpose, Token};
use metrics::Counter;
use std::sync::Arc;
use std::time::Duration;

/// Failures within [`WITHIN`] that end a session. A client that means well starts over at the first.
pub const MAX_FAILURES: u64 = 10;
/// Counted from the first failure.
pub const WITHIN: Duration = Duration::from_secs(3600);

/// What a failure leaves to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// It may fail again.
    Some,
    /// That was the last one: the session is to end.
    Nothing,
    /// It had them all before: the session is to end, and nobody is to learn more than that.
    Overdrawn,
}

/// Counts what sessions' keys did not open.
#[derive(Clone)]
pub struct DecryptionBudget {
    tokens: Arc<dyn TokenStore>,
    failed: Counter,
    ended: Counter,
}

impl DecryptionBudget {
    /// Counts in `tokens`.
    pub fn new(tokens: Arc<dyn TokenStore>) -> DecryptionBudget {
        let of = |outcome| outcomes("weapp_login_decryptions_total", outcome);
        DecryptionBudget { tokens, failed: of("failed"), ended: of("ended_the_session") }
    }

    /// Counts data that the key of the session of `token` did not open.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the token store does not answer; then nothing may be told of the data either.
    pub async fn count_failure(&self, token: &Token) -> Result<Left, StoreError> {
        let key = format!("decryptions:{}", token.place(Purpose::Session).name());
        let failures = self.tokens.count(&key, WITHIN).await?;
        self.failed.increment(1);
        Ok(match failures {
            0..MAX_FAILURES => Left::Some,
            MAX_FAILURES => {
                self.ended.increment(1);
                Left::Nothing
            }
            _ => Left::Overdrawn,
        })
    }
}
