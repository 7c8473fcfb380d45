//! What Redis' answers and errors say to those who asked.

use crate::store::error::StoreError;
use crate::store::tokens::Member;
use redis::{FromRedisValue, RedisError, from_redis_value};
use std::time::Duration;

/// What an answer says.
pub(super) fn told<T: FromRedisValue>(answer: redis::Value) -> Result<T, StoreError> {
    from_redis_value(answer).map_err(|error| StoreError::broken(error.to_string()))
}

pub(super) fn members(answer: redis::Value) -> Result<Vec<Member>, StoreError> {
    let members: Vec<(Vec<u8>, f64)> = told(answer)?;
    Ok(members.into_iter().map(|(member, score)| (member, score as i64)).collect())
}

pub(super) fn milliseconds(ttl: Duration) -> u64 {
    (ttl.as_millis() as u64).max(1)
}

/// What Redis says when it cannot serve now (loading, failing over, out of memory) is an outage; what it says when a command
/// is wrong is a defect of ours. The cause is its text, because an error of the library's is its own source and would be
/// told twice.
pub(super) fn store_error(error: RedisError) -> StoreError {
    use redis::{ErrorKind, ServerErrorKind};
    match error.kind() {
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType | ErrorKind::Client => StoreError::broken(error.to_string()),
        ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::CrossSlot | ServerErrorKind::NoSub) => {
            StoreError::broken(error.to_string())
        }
        _ => StoreError::unavailable(error.to_string()),
    }
}
