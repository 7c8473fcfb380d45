//! Short-lived things in this process's memory: for development and tests. They end with the process, and no second
//! replica sees them.

use super::error::StoreError;
use super::tokens::{Allowance, Entry as ListEntry, Member, Rate, TokenStore, Value};
use crate::clock::Clock;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// Entries are looked through for dead ones whenever this many were added.
const SWEEP_EVERY: usize = 1024;

enum Content {
    Value(Vec<u8>),
    List(HashMap<Vec<u8>, i64>),
    /// When the whole burst is there again.
    Spent(DateTime<Utc>),
    Count(u64),
}

struct Entry {
    content: Content,
    dies: DateTime<Utc>,
}

#[derive(Default)]
struct Entries {
    live: HashMap<String, Entry>,
    added: usize,
}

/// A store in memory. Entries past their time to live are never returned.
pub struct MemoryTokens {
    clock: Clock,
    entries: Mutex<Entries>,
}

impl MemoryTokens {
    /// An empty store whose times to live pass by `clock`.
    pub fn new(clock: Clock) -> MemoryTokens {
        MemoryTokens { clock, entries: Mutex::default() }
    }

    /// Keys, bytes and remaining lives of what lies here, for a page that shows it. Values are sealed.
    pub fn shown(&self) -> Vec<(String, usize, TimeDelta)> {
        let now = self.clock.now();
        let entries = self.lock();
        let mut all: Vec<_> = entries
            .live
            .iter()
            .filter(|(_, entry)| entry.dies > now)
            .map(|(key, entry)| {
                let size = match &entry.content {
                    Content::Value(value) => value.len(),
                    Content::List(members) => members.keys().map(Vec::len).sum(),
                    Content::Spent(_) | Content::Count(_) => 8,
                };
                (key.clone(), size, entry.dies - now)
            })
            .collect();
        all.sort();
        all
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.lock().live.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().expect("nothing panics while it holds the entries")
    }

    /// What a limit says about one more time, and when the whole burst is there again after it.
    fn allowance(&self, entries: &Entries, key: &str, rate: Rate) -> (Allowance, DateTime<Utc>) {
        let now = self.clock.now();
        let full = match entries.alive(key, now) {
            Some(Content::Spent(full)) => (*full).max(now),
            _ => now,
        };
        let interval = delta(rate.interval);
        let burst = interval * rate.burst as i32;
        let next = full + interval;
        let over = next - now - burst;
        if over > TimeDelta::zero() {
            return (Allowance { remaining: 0, reset: duration(full - now), wait: Some(duration(over)) }, next);
        }
        let remaining =
            (burst - (next - now)).num_microseconds().unwrap_or(0) / interval.num_microseconds().unwrap_or(1).max(1);
        (Allowance { remaining: remaining as u32, reset: duration(next - now), wait: None }, next)
    }

    fn keep_value(&self, entries: &mut Entries, value: Value<'_>) {
        self.keep(entries, value.key, Content::Value(value.bytes.to_vec()), value.ttl);
    }

    fn keep(&self, entries: &mut Entries, key: &str, content: Content, ttl: Duration) {
        let now = self.clock.now();
        entries.added += 1;
        if entries.added.is_multiple_of(SWEEP_EVERY) {
            entries.live.retain(|_, entry| entry.dies > now);
        }
        entries.live.insert(key.to_owned(), Entry { content, dies: now + delta(ttl) });
    }
}

impl Entries {
    fn alive(&self, key: &str, now: DateTime<Utc>) -> Option<&Content> {
        self.live.get(key).filter(|entry| entry.dies > now).map(|entry| &entry.content)
    }

    fn members(&self, list: &str, now: DateTime<Utc>) -> HashMap<Vec<u8>, i64> {
        match self.alive(list, now) {
            Some(Content::List(members)) => members.clone(),
            _ => HashMap::new(),
        }
    }
}

#[async_trait]
impl TokenStore for MemoryTokens {
    async fn put(&self, value: Value<'_>) -> Result<(), StoreError> {
        self.keep_value(&mut self.lock(), value);
        Ok(())
    }

    async fn put_new(&self, value: Value<'_>) -> Result<bool, StoreError> {
        let mut entries = self.lock();
        let free = entries.alive(value.key, self.clock.now()).is_none();
        if free {
            self.keep_value(&mut entries, value);
        }
        Ok(free)
    }

    async fn replace(&self, value: Value<'_>) -> Result<bool, StoreError> {
        let mut entries = self.lock();
        let there = entries.alive(value.key, self.clock.now()).is_some();
        if there {
            self.keep_value(&mut entries, value);
        }
        Ok(there)
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(match self.lock().alive(key, self.clock.now()) {
            Some(Content::Value(value)) => Some(value.clone()),
            _ => None,
        })
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let taken = self.lock().live.remove(key).filter(|entry| entry.dies > self.clock.now());
        Ok(match taken {
            Some(Entry { content: Content::Value(value), .. }) => Some(value),
            _ => None,
        })
    }

    async fn delete(&self, key: &str) -> Result<bool, StoreError> {
        Ok(self.lock().live.remove(key).is_some_and(|entry| entry.dies > self.clock.now()))
    }

    async fn put_listed(&self, value: Value<'_>, entry: ListEntry<'_>, most: usize) -> Result<Vec<Member>, StoreError> {
        let mut entries = self.lock();
        let mut members = entries.members(entry.list, self.clock.now());
        members.retain(|_, score| *score >= entry.forget_below);
        members.insert(entry.member.to_vec(), entry.score);
        let mut beyond = sorted(&members);
        beyond.truncate(if most == 0 { 0 } else { beyond.len().saturating_sub(most) });
        self.keep(&mut entries, entry.list, Content::List(members), entry.ttl);
        self.keep_value(&mut entries, value);
        Ok(beyond)
    }

    async fn replace_listed(&self, value: Value<'_>, entry: ListEntry<'_>) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut entries = self.lock();
        let mut members = entries.members(entry.list, now);
        if let Some(score) = members.get_mut(entry.member) {
            *score = entry.score;
        }
        members.retain(|_, score| *score >= entry.forget_below);
        if !members.is_empty() {
            self.keep(&mut entries, entry.list, Content::List(members), entry.ttl);
        }
        let there = entries.alive(value.key, now).is_some();
        if there {
            self.keep_value(&mut entries, value);
        }
        Ok(there)
    }

    async fn delete_listed(&self, list: &str, values: &[(&str, &[u8])]) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let mut entries = self.lock();
        let mut deleted = 0;
        for (key, _) in values {
            deleted += usize::from(entries.live.remove(*key).is_some_and(|entry| entry.dies > now));
        }
        if let Some(Entry { content: Content::List(members), .. }) = entries.live.get_mut(list) {
            for (_, member) in values {
                members.remove(*member);
            }
        }
        Ok(deleted)
    }

    async fn lists(&self, lists: &[String]) -> Result<Vec<Vec<Member>>, StoreError> {
        let (entries, now) = (self.lock(), self.clock.now());
        Ok(lists.iter().map(|list| sorted(&entries.members(list, now))).collect())
    }

    async fn spend(&self, key: &str, rate: Rate) -> Result<Allowance, StoreError> {
        let mut entries = self.lock();
        let (allowance, next) = self.allowance(&entries, key, rate);
        if allowance.wait.is_none() {
            self.keep(&mut entries, key, Content::Spent(next), allowance.reset);
        }
        Ok(allowance)
    }

    async fn look(&self, key: &str, rate: Rate) -> Result<Allowance, StoreError> {
        Ok(self.allowance(&self.lock(), key, rate).0)
    }

    async fn count(&self, key: &str, life: Duration) -> Result<u64, StoreError> {
        let mut entries = self.lock();
        let now = self.clock.now();
        if let Some(Entry { content: Content::Count(count), .. }) =
            entries.live.get_mut(key).filter(|entry| entry.dies > now)
        {
            *count += 1;
            return Ok(*count);
        }
        self.keep(&mut entries, key, Content::Count(1), life);
        Ok(1)
    }

    async fn delete_if(&self, key: &str, bytes: &[u8]) -> Result<bool, StoreError> {
        let mut entries = self.lock();
        let same = matches!(entries.alive(key, self.clock.now()), Some(Content::Value(value)) if value == bytes);
        if same {
            entries.live.remove(key);
        }
        Ok(same)
    }

    async fn time(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok(self.clock.now())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// The lowest score first, as Redis sorts.
fn sorted(members: &HashMap<Vec<u8>, i64>) -> Vec<Member> {
    let mut all: Vec<_> = members.iter().map(|(member, score)| (member.clone(), *score)).collect();
    all.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    all
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

fn duration(delta: TimeDelta) -> Duration {
    delta.to_std().unwrap_or_default()
}
