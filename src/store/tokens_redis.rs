//! Short-lived things in Redis (or Valkey), where every replica sees them.

use super::redis_link::{ANSWER_TIMEOUT, Connection, RedisLink, is_broken, timed_out};
use super::{Allowance, Rate, StoreError, TokenStore};
use crate::settings::RedisUrl;
use async_trait::async_trait;
use redis::{Cmd, FromRedisValue, Pipeline, RedisError, RedisResult, Script, ScriptInvocation, cmd, pipe};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::oneshot;

/// GCRA: the key holds when the whole burst will be there again, in milliseconds of Redis's own clock.
static SPEND: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local next = full + interval
local over = next - now - interval * burst
if over > 0 then return {0, math.ceil(full - now), math.ceil(over)} end
redis.call('SET', KEYS[1], string.format('%.3f', next), 'PX', math.ceil(next - now))
return {math.floor((interval * burst - (next - now)) / interval), math.ceil(next - now), 0}",
    )
});

/// A store in Redis. Every key begins with the prefix given.
pub struct RedisTokens {
    link: Arc<RedisLink>,
    prefix: String,
}

/// Whether a command may be sent again when it is not known to have been carried out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    Harmless,
    Never,
}

/// What goes to Redis in one round trip.
#[derive(Clone, Copy)]
enum Request<'a> {
    Command(&'a Cmd),
    Pipeline(&'a Pipeline),
    Script(&'a ScriptInvocation<'a>),
}

impl Request<'_> {
    async fn answer<T: FromRedisValue>(self, connection: &mut Connection) -> RedisResult<T> {
        match self {
            Request::Command(command) => command.query_async(connection).await,
            Request::Pipeline(pipeline) => pipeline.query_async(connection).await,
            Request::Script(script) => script.invoke_async(connection).await,
        }
    }
}

impl RedisTokens {
    /// Checks address and certificates; connects at the first call.
    ///
    /// # Errors
    /// A certificate cannot be read or used.
    pub fn new(url: &RedisUrl, prefix: &str) -> Result<RedisTokens, StoreError> {
        let link = RedisLink::new(url).map_err(|error| StoreError::broken(error.to_string()))?;
        Ok(RedisTokens { link: Arc::new(link), prefix: prefix.to_owned() })
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd, repeat: Repeat) -> Result<T, StoreError> {
        self.send(Request::Command(command), repeat).await
    }

    /// Sends on the connection in use and, if that turns out broken and a repetition does no harm, once more on the next.
    async fn send<T: FromRedisValue>(&self, request: Request<'_>, repeat: Repeat) -> Result<T, StoreError> {
        let (number, mut connection) = self.link.connection().await.map_err(store_error)?;
        let error = match request.answer(&mut connection).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        self.link.reconsider(number, &error).await;
        if repeat == Repeat::Never || !is_broken(&error) || error.is_timeout() {
            return Err(store_error(error));
        }
        let (number, mut connection) = self.link.connection().await.map_err(store_error)?;
        match request.answer(&mut connection).await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                self.link.reconsider(number, &error).await;
                Err(store_error(error))
            }
        }
    }

    async fn set(&self, key: &str, value: &[u8], ttl: Duration, condition: Option<&str>) -> Result<bool, StoreError> {
        let mut command = cmd("SET");
        command.arg(self.key(key)).arg(value).arg("PX").arg(milliseconds(ttl)).arg(condition);
        // A repeated SET NX could find its own value and say that somebody else was first.
        let repeat = if condition == Some("NX") { Repeat::Never } else { Repeat::Harmless };
        Ok(self.ask::<Option<String>>(&command, repeat).await?.is_some())
    }
}

#[async_trait]
impl TokenStore for RedisTokens {
    async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), StoreError> {
        self.set(key, value, ttl, None).await.map(drop)
    }

    async fn put_new(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, StoreError> {
        self.set(key, value, ttl, Some("NX")).await
    }

    async fn replace(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, StoreError> {
        self.set(key, value, ttl, Some("XX")).await
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(cmd("GET").arg(self.key(key)), Repeat::Harmless).await
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let (number, connection) = self.link.connection().await.map_err(store_error)?;
        let (answer, mut waiting) = oneshot::channel();
        tokio::spawn(take_or_put_back(self.link.clone(), connection, self.key(key), answer));
        let taken = match tokio::time::timeout(ANSWER_TIMEOUT, &mut waiting).await {
            Ok(taken) => taken.ok(),
            Err(_) => {
                waiting.close();
                waiting.try_recv().ok()
            }
        };
        match taken {
            Some(Ok((_, value))) => Ok(value),
            Some(Err(error)) => {
                self.link.reconsider(number, &error).await;
                Err(store_error(error))
            }
            None => {
                let error = timed_out();
                self.link.reconsider(number, &error).await;
                Err(store_error(error))
            }
        }
    }

    async fn delete(&self, key: &str) -> Result<bool, StoreError> {
        Ok(self.ask::<u64>(cmd("DEL").arg(self.key(key)), Repeat::Harmless).await? > 0)
    }

    async fn list_add(
        &self,
        list: &str,
        member: &str,
        score: i64,
        forget_below: i64,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        let list = self.key(list);
        let mut pipeline = pipe();
        pipeline.cmd("ZADD").arg(&list).arg(score).arg(member).ignore();
        pipeline.cmd("ZREMRANGEBYSCORE").arg(&list).arg("-inf").arg(format!("({forget_below}")).ignore();
        pipeline.cmd("PEXPIRE").arg(&list).arg(milliseconds(ttl)).ignore();
        self.send(Request::Pipeline(&pipeline), Repeat::Harmless).await
    }

    async fn list(&self, list: &str) -> Result<Vec<(String, i64)>, StoreError> {
        let mut command = cmd("ZRANGE");
        command.arg(self.key(list)).arg(0).arg(-1).arg("WITHSCORES");
        let members: Vec<(String, f64)> = self.ask(&command, Repeat::Harmless).await?;
        Ok(members.into_iter().map(|(member, score)| (member, score as i64)).collect())
    }

    async fn list_remove(&self, list: &str, member: &str) -> Result<(), StoreError> {
        self.ask(cmd("ZREM").arg(self.key(list)).arg(member), Repeat::Harmless).await
    }

    async fn spend(&self, key: &str, rate: Rate) -> Result<Allowance, StoreError> {
        let mut spend = SPEND.key(self.key(key));
        spend.arg(rate.interval.as_secs_f64() * 1000.0).arg(rate.burst);
        let (remaining, reset, wait): (u32, u64, u64) = self.send(Request::Script(&spend), Repeat::Never).await?;
        let wait = (wait > 0).then(|| Duration::from_millis(wait));
        Ok(Allowance { remaining, reset: Duration::from_millis(reset), wait })
    }

    async fn ping(&self) -> Result<(), StoreError> {
        // A write, because a server that is full or is no primary any more answers reads.
        self.put("ping", b"", Duration::from_secs(10)).await
    }
}

/// A value with the life that remained to it, in milliseconds.
type Taken = RedisResult<(i64, Option<Vec<u8>>)>;

/// Takes the value of `key` and hands it to whoever waits. A Redis that hung for a while answers when nobody waits any more:
/// then the value is put back as it was, so that the caller, who was told to try again, finds it.
async fn take_or_put_back(link: Arc<RedisLink>, connection: Connection, key: String, answer: oneshot::Sender<Taken>) {
    let mut take = pipe();
    take.atomic().cmd("PTTL").arg(&key).cmd("GETDEL").arg(&key);
    let taken: Taken = take.query_async(&mut connection.patient()).await;
    let Err(Ok((life, Some(value)))) = answer.send(taken) else { return };
    if life <= 0 {
        return;
    }
    let mut put_back = cmd("SET");
    put_back.arg(&key).arg(value).arg("PX").arg(life).arg("NX");
    let outcome = match link.connection().await {
        Ok((_, mut connection)) => put_back.query_async::<Option<String>>(&mut connection).await,
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "a value that redis gave too late could not be put back"
        );
    }
}

fn milliseconds(ttl: Duration) -> u64 {
    (ttl.as_millis() as u64).max(1)
}

/// What Redis says when it cannot serve now (loading, failing over, out of memory) is an outage; what it says when a command
/// is wrong is a defect of ours. The cause is its text, because an error of the library's is its own source and would be
/// told twice.
fn store_error(error: RedisError) -> StoreError {
    use redis::{ErrorKind, ServerErrorKind};
    match error.kind() {
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType | ErrorKind::Client => StoreError::broken(error.to_string()),
        ErrorKind::Server(ServerErrorKind::ResponseError | ServerErrorKind::CrossSlot | ServerErrorKind::NoSub) => {
            StoreError::broken(error.to_string())
        }
        _ => StoreError::unavailable(error.to_string()),
    }
}
