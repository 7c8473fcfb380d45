//! Whether Redis takes each kind of command that the service sends: what clouds rent out refuses some.

use crate::random::Random;
use crate::store::{Entry, Rate, StoreError, TokenStore, Value};
use std::fmt::Display;
use std::time::Duration;

/// What is left behind where something cannot be deleted.
const LIFE: Duration = Duration::from_secs(5);

/// A kind of command that was refused.
pub(super) struct Refused {
    /// The commands, and what cannot be had without them.
    pub what: String,
    /// Whether the service can be without it.
    pub bearable: bool,
}

/// Tries everything once, on keys of its own, and tells what was refused.
pub(super) async fn refused(tokens: &dyn TokenStore) -> Vec<Refused> {
    let name = hex::encode(Random::system().bytes::<8>());
    let (key, list, counted) = (format!("check:{name}"), format!("check:{name}:list"), format!("check:{name}:count"));
    let value = Value { key: &key, bytes: name.as_bytes(), ttl: LIFE };
    let entry = Entry { list: &list, member: name.as_bytes(), score: 1, forget_below: 0, ttl: LIFE };
    let rate = Rate { burst: 10, interval: LIFE };
    let mut all = vec![];

    note(&mut all, "SET with PX", "tickets", tokens.put(value).await);
    note(&mut all, "GET", "session checks", tokens.get(&key).await);
    note(&mut all, "SET with XX", "sessions in use", tokens.replace(value).await);
    note(&mut all, "EVAL", "redeeming tickets", tokens.take(&key).await);
    note(&mut all, "SET with NX", "WeChat's access token, and with it phone numbers", tokens.put_new(value).await);
    note(&mut all, "EVAL", "locks", tokens.delete_if(&key, name.as_bytes()).await);
    note(&mut all, "ZADD, PEXPIRE, ZRANGE", "signing in", tokens.put_listed(value, entry, 1).await);
    note(&mut all, "ZADD, ZREMRANGEBYSCORE", "sessions in use", tokens.replace_listed(value, entry).await);
    note(&mut all, "ZRANGE", "a person's list of sessions", tokens.lists(std::slice::from_ref(&list)).await);
    note(&mut all, "DEL, ZREM", "signing out", tokens.delete_listed(&list, &[(&key, name.as_bytes())]).await);
    note(&mut all, "EVAL with TIME", "limits of requests", tokens.spend(&counted, rate).await);
    tokens.delete(&counted).await.ok();
    note(&mut all, "EVAL with INCR", "the bound on failed decryptions", tokens.count(&counted, LIFE).await);
    note(&mut all, "DEL", "signing out", tokens.delete(&counted).await);
    if let Err(error) = tokens.time().await {
        let what = refusal("TIME", "comparing this machine's clock with the others'; all else works", &error);
        all.push(Refused { what, bearable: true });
    }
    all
}

fn note<T>(all: &mut Vec<Refused>, command: &str, cost: &str, outcome: Result<T, StoreError>) {
    if let Err(error) = outcome {
        all.push(Refused { what: refusal(command, cost, &error), bearable: false });
    }
}

fn refusal(command: impl Display, cost: impl Display, error: &StoreError) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let why = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    format!("{command} is refused, and needed for {cost}: {why}")
}
