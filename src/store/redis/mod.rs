//! Short-lived things in Redis (or Valkey), where every replica sees them.

mod answer;
mod connection;
mod link;
mod opener;
mod request;
mod script;
mod take;

use super::error::StoreError;
use super::tokens::{Allowance, Entry, Member, Rate, TokenStore, Value};
use crate::settings::RedisUrl;
use crate::telemetry::spans;
use answer::{members, milliseconds, store_error, told};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use connection::{ANSWER_TIMEOUT, Connection, is_broken};
use link::Link;
use redis::{Cmd, FromRedisValue, Pipeline, RedisError, ToRedisArgs, cmd, pipe};
use request::{Answers, Repeat, Request};
use script::{Script, Scripts, is_unknown};
use std::sync::Arc;
use std::time::Duration;

/// A store in Redis, over one connection of its own. Every key begins with the prefix given.
pub struct RedisTokens {
    link: Arc<Link>,
    scripts: Arc<Scripts>,
    prefix: String,
    /// As errors name it.
    server: Arc<str>,
}

impl RedisTokens {
    /// Checks address and certificates; connects at the first call.
    ///
    /// # Errors
    /// A certificate cannot be read or used.
    pub fn new(url: &RedisUrl, prefix: &str) -> Result<RedisTokens, StoreError> {
        let link = Link::new(url).map_err(|error| StoreError::broken(error.to_string()))?;
        let nodes: Vec<_> = url.nodes.iter().map(|(host, port)| format!("{host}:{port}")).collect();
        let server = format!("redis at {}", nodes.join(", ")).into();
        Ok(RedisTokens { link: Arc::new(link), scripts: Arc::default(), prefix: prefix.to_owned(), server })
    }

    fn key(&self, key: &str) -> String {
        [self.prefix.as_str(), key].concat()
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd, repeat: Repeat) -> Result<T, StoreError> {
        match self.send(Request::One(command), repeat).await.map_err(|error| error.of(&self.server))? {
            Answers::One(answer) => told(answer),
            Answers::Several(_) => unreachable!("one command has one answer"),
        }
    }

    async fn ask_all(&self, commands: &Pipeline) -> Result<Vec<redis::Value>, StoreError> {
        let sent = self.send(Request::Several(commands), Repeat::Harmless).await;
        match sent.map_err(|error| error.of(&self.server))? {
            Answers::Several(answers) => Ok(answers),
            Answers::One(_) => unreachable!("several commands have several answers"),
        }
    }

    /// Sends on the connection in use and, if that turns out broken and a repetition does no harm, once more on the next.
    async fn send(&self, request: Request<'_>, repeat: Repeat) -> Result<Answers, StoreError> {
        let mut span = spans::asked("redis", || request.name().into());
        let answers = self.sent(request, repeat).await;
        span.answered(answers.as_ref().err().map(StoreError::kind));
        answers
    }

    async fn sent(&self, request: Request<'_>, repeat: Repeat) -> Result<Answers, StoreError> {
        let mut sent = false;
        if let Some((number, mut connection)) = self.link.ready() {
            match request.answers(&mut connection, repeat).await {
                Ok(answers) => return Ok(answers),
                Err(error) => self.judged(number, error, repeat)?,
            }
            sent = true;
        }
        // Boxed apart, so that the many that need no other connection do not carry its future around.
        Box::pin(self.send_on_another(request, repeat, sent)).await
    }

    async fn send_on_another(&self, request: Request<'_>, repeat: Repeat, sent: bool) -> Result<Answers, StoreError> {
        let (number, mut connection) = self.link.connection().await.map_err(store_error)?;
        let error = match request.answers(&mut connection, repeat).await {
            Ok(answers) => return Ok(answers),
            Err(error) => error,
        };
        if sent {
            self.link.reconsider(number, &error);
            return Err(store_error(error));
        }
        self.judged(number, error, repeat)?;
        Box::pin(self.send_on_another(request, repeat, true)).await
    }

    /// Nothing, if what failed so may be sent again on another connection.
    fn judged(&self, number: u64, error: RedisError, repeat: Repeat) -> Result<(), StoreError> {
        self.link.reconsider(number, &error);
        if repeat == Repeat::Never || !is_broken(&error) || error.is_timeout() {
            return Err(store_error(error));
        }
        Ok(())
    }

    /// Runs a script by its name, and by its text on a server that does not know it: then it has not run.
    async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        key: &str,
        arguments: impl ToRedisArgs + Copy,
    ) -> Result<T, StoreError> {
        let key = self.key(key);
        let mut span = spans::asked("redis", || "EVALSHA".into());
        let (number, mut connection) = self.connection().await?;
        let mut answer = connection.answer_once(&script.by_name(&key, arguments), ANSWER_TIMEOUT).await;
        if answer.as_ref().is_err_and(is_unknown) {
            answer = connection.answer_once(&script.by_text(&key, arguments), ANSWER_TIMEOUT).await;
        }
        match answer {
            Ok(answer) => told(answer),
            Err(error) => {
                self.link.reconsider(number, &error);
                let error = store_error(error).of(&self.server);
                span.answered(Some(error.kind()));
                Err(error)
            }
        }
    }

    async fn allowance(&self, key: &str, rate: Rate, cost: i64) -> Result<Allowance, StoreError> {
        let arguments = [rate.interval.as_micros() as i64, i64::from(rate.burst), cost];
        let (remaining, reset, wait): (u32, u64, u64) = self.run(&self.scripts.spend, key, &arguments).await?;
        let wait = (wait > 0).then(|| Duration::from_micros(wait));
        Ok(Allowance { remaining, reset: Duration::from_micros(reset), wait })
    }

    async fn connection(&self) -> Result<(u64, Connection), StoreError> {
        match self.link.ready() {
            Some(ready) => Ok(ready),
            None => Box::pin(self.link.connection()).await.map_err(|error| store_error(error).of(&self.server)),
        }
    }

    fn set(&self, value: Value<'_>, condition: Option<&str>) -> Cmd {
        let mut command = cmd("SET");
        command.arg(self.key(value.key)).arg(value.bytes).arg("PX").arg(milliseconds(value.ttl)).arg(condition);
        command
    }

    /// Adds what lists an entry, and what keeps the list from ending too early.
    fn list(&self, commands: &mut Pipeline, entry: Entry<'_>, condition: Option<&str>) {
        let list = self.key(entry.list);
        commands.cmd("ZADD").arg(&list).arg(condition).arg(entry.score).arg(entry.member);
        commands.cmd("PEXPIRE").arg(&list).arg(milliseconds(entry.ttl));
    }

    /// Adds what keeps the list from growing where nobody asks for what is beyond a number.
    fn forget(&self, commands: &mut Pipeline, entry: Entry<'_>) {
        let below = format!("({}", entry.forget_below);
        commands.cmd("ZREMRANGEBYSCORE").arg(self.key(entry.list)).arg("-inf").arg(below);
    }
}

#[async_trait]
impl TokenStore for RedisTokens {
    async fn put(&self, value: Value<'_>) -> Result<(), StoreError> {
        self.ask(&self.set(value, None), Repeat::Harmless).await
    }

    async fn put_new(&self, value: Value<'_>) -> Result<bool, StoreError> {
        // Repeated, it could find its own value and say that somebody else was first.
        Ok(self.ask::<Option<String>>(&self.set(value, Some("NX")), Repeat::Never).await?.is_some())
    }

    async fn replace(&self, value: Value<'_>) -> Result<bool, StoreError> {
        Ok(self.ask::<Option<String>>(&self.set(value, Some("XX")), Repeat::Harmless).await?.is_some())
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(cmd("GET").arg(self.key(key)), Repeat::Harmless).await
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut span = spans::asked("redis", || "EVALSHA".into());
        let (number, connection) = self.connection().await?;
        let taken = take::take(self.link.clone(), self.scripts.clone(), connection, self.key(key)).await;
        taken.map_err(|error| {
            self.link.reconsider(number, &error);
            let error = store_error(error).of(&self.server);
            span.answered(Some(error.kind()));
            error
        })
    }

    async fn delete(&self, key: &str) -> Result<bool, StoreError> {
        Ok(self.ask::<u64>(cmd("DEL").arg(self.key(key)), Repeat::Harmless).await? > 0)
    }

    async fn put_listed(&self, value: Value<'_>, entry: Entry<'_>, most: usize) -> Result<Vec<Member>, StoreError> {
        // Listed first: no session is used that its owner could not find and end.
        let mut commands = pipe();
        self.list(&mut commands, entry, None);
        commands.add_command(self.set(value, None));
        if most == 0 {
            self.forget(&mut commands, entry);
        } else {
            // The longest unused come first, so what has ended by itself is the first to be beyond the number.
            commands.cmd("ZRANGE").arg(self.key(entry.list)).arg(0).arg(-1 - most as i64).arg("WITHSCORES");
        }
        let mut answers = self.ask_all(&commands).await?;
        if most > 0 { members(answers.pop().expect("an answer a command")) } else { Ok(vec![]) }
    }

    async fn replace_listed(&self, value: Value<'_>, entry: Entry<'_>) -> Result<bool, StoreError> {
        let mut commands = pipe();
        commands.add_command(self.set(value, Some("XX")));
        self.list(&mut commands, entry, Some("XX"));
        self.forget(&mut commands, entry);
        let answers = self.ask_all(&commands).await?;
        Ok(answers.first().is_some_and(|kept| *kept != redis::Value::Nil))
    }

    async fn delete_listed(&self, list: &str, values: &[(&str, &[u8])]) -> Result<usize, StoreError> {
        if values.is_empty() {
            return Ok(0);
        }
        let mut commands = pipe();
        let mut unlist = cmd("ZREM");
        unlist.arg(self.key(list));
        for (key, member) in values {
            commands.cmd("DEL").arg(self.key(key));
            unlist.arg(*member);
        }
        let answers = self.ask_all(&commands).await?;
        // Only then: shards, also behind a proxy, keep no order, and what one of them could not delete must stay listed, or
        // nobody could find it to end it.
        self.ask::<u64>(&unlist, Repeat::Harmless).await?;
        Ok(answers.into_iter().filter(|deleted| *deleted == redis::Value::Int(1)).count())
    }

    async fn lists(&self, lists: &[String]) -> Result<Vec<Vec<Member>>, StoreError> {
        let mut commands = pipe();
        for list in lists {
            commands.cmd("ZRANGE").arg(self.key(list)).arg(0).arg(-1).arg("WITHSCORES");
        }
        self.ask_all(&commands).await?.into_iter().map(members).collect()
    }

    async fn spend(&self, key: &str, rate: Rate) -> Result<Allowance, StoreError> {
        self.allowance(key, rate, 1).await
    }

    async fn look(&self, key: &str, rate: Rate) -> Result<Allowance, StoreError> {
        self.allowance(key, rate, 0).await
    }

    async fn count(&self, key: &str, life: Duration) -> Result<u64, StoreError> {
        self.run(&self.scripts.count, key, milliseconds(life)).await
    }

    async fn delete_if(&self, key: &str, bytes: &[u8]) -> Result<bool, StoreError> {
        Ok(self.run::<u64>(&self.scripts.delete_if, key, bytes).await? > 0)
    }

    async fn time(&self) -> Result<DateTime<Utc>, StoreError> {
        let (seconds, micros): (i64, u32) = self.ask(&cmd("TIME"), Repeat::Harmless).await?;
        let time = DateTime::from_timestamp(seconds, micros.saturating_mul(1000));
        time.ok_or_else(|| StoreError::broken("redis tells a time that is none"))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        // A write, because a server that is full or is no primary any more answers reads.
        self.put(Value { key: "ping", bytes: b"", ttl: Duration::from_secs(10) }).await
    }
}
