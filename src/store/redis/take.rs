//! Taking a value away, which must not get lost on the way.

use super::connection::{ANSWER_TIMEOUT, Connection, LATE_ANSWER_TIMEOUT, timed_out};
use super::link::Link;
use super::script::{Scripts, is_unknown};
use redis::{RedisResult, cmd, from_redis_value};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long whoever takes waits: longer than for other answers, because nobody knows meanwhile whether the value is gone.
const PATIENCE: Duration = Duration::from_secs(2);
/// The script needs nothing but the key.
const NOTHING: &[i64] = &[];

/// The value of `key`, which is thereby gone; a task of its own waits for an answer that comes too late.
pub(super) async fn take(
    link: Arc<Link>,
    scripts: Arc<Scripts>,
    connection: Connection,
    key: String,
) -> RedisResult<Option<Vec<u8>>> {
    let (answer, mut waiting) = oneshot::channel();
    tokio::spawn(take_or_put_back(link, scripts, connection, key, answer));
    let taken = match tokio::time::timeout(PATIENCE, &mut waiting).await {
        Ok(taken) => taken.ok(),
        Err(_) => {
            waiting.close();
            waiting.try_recv().ok()
        }
    };
    taken.unwrap_or_else(|| Err(timed_out())).map(|taken| taken.map(|(_, value)| value))
}

/// A value with the milliseconds that remained to it.
type Taken = RedisResult<Option<(i64, Vec<u8>)>>;

/// Takes the value of `key` and hands it to whoever waits. A Redis that hung for a while answers when nobody waits any more:
/// then the value is put back as it was, so that the caller, who was told to try again, finds it.
async fn take_or_put_back(
    link: Arc<Link>,
    scripts: Arc<Scripts>,
    mut connection: Connection,
    key: String,
    answer: oneshot::Sender<Taken>,
) {
    let mut taken = connection.answer_once(&scripts.take.by_name(&key, NOTHING), LATE_ANSWER_TIMEOUT).await;
    if taken.as_ref().is_err_and(is_unknown) {
        taken = connection.answer_once(&scripts.take.by_text(&key, NOTHING), LATE_ANSWER_TIMEOUT).await;
    }
    let taken: Taken = taken.and_then(|taken| Ok(from_redis_value(taken)?));
    let Err(Ok(Some((life, value)))) = answer.send(taken) else { return };
    if life <= 0 {
        return;
    }
    let mut put_back = cmd("SET");
    put_back.arg(&key).arg(value).arg("PX").arg(life).arg("NX");
    let outcome = match link.connection().await {
        Ok((_, mut connection)) => connection.answer_once(&put_back, ANSWER_TIMEOUT).await.map(drop),
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "a value that redis gave too late could not be put back"
        );
    }
}
