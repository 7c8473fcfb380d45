//! Short-lived things in this process's memory: for development and tests. They end with the process, and no second
//! replica sees them.

use super::{Allowance, Rate, StoreError, TokenStore};
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
    List(HashMap<String, i64>),
    /// When the whole burst is there again.
    Spent(DateTime<Utc>),
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
    pub fn new(clock: Clock) -> MemoryTokens {
        MemoryTokens { clock, entries: Mutex::default() }
    }

    /// Keys, bytes and remaining seconds of what lies here, for a page that shows it. Values are sealed.
    pub fn shown(&self) -> Vec<(String, usize, i64)> {
        let now = self.clock.now();
        let entries = self.lock();
        let mut all: Vec<_> = entries
            .live
            .iter()
            .filter(|(_, entry)| entry.dies > now)
            .map(|(key, entry)| {
                let size = match &entry.content {
                    Content::Value(value) => value.len(),
                    Content::List(members) => members.keys().map(String::len).sum(),
                    Content::Spent(_) => 8,
                };
                (key.clone(), size, (entry.dies - now).num_seconds())
            })
            .collect();
        all.sort();
        all
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().expect("nothing panics while it holds the entries")
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
}

#[async_trait]
impl TokenStore for MemoryTokens {
    async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), StoreError> {
        self.keep(&mut self.lock(), key, Content::Value(value.to_vec()), ttl);
        Ok(())
    }

    async fn put_new(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, StoreError> {
        let mut entries = self.lock();
        let free = entries.alive(key, self.clock.now()).is_none();
        if free {
            self.keep(&mut entries, key, Content::Value(value.to_vec()), ttl);
        }
        Ok(free)
    }

    async fn replace(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, StoreError> {
        let mut entries = self.lock();
        let there = entries.alive(key, self.clock.now()).is_some();
        if there {
            self.keep(&mut entries, key, Content::Value(value.to_vec()), ttl);
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

    async fn list_add(
        &self,
        list: &str,
        member: &str,
        score: i64,
        forget_below: i64,
        ttl: Duration,
    ) -> Result<(), StoreError> {
        let mut entries = self.lock();
        let mut members = match entries.alive(list, self.clock.now()) {
            Some(Content::List(members)) => members.clone(),
            _ => HashMap::new(),
        };
        members.retain(|_, score| *score >= forget_below);
        members.insert(member.to_owned(), score);
        self.keep(&mut entries, list, Content::List(members), ttl);
        Ok(())
    }

    async fn list(&self, list: &str) -> Result<Vec<(String, i64)>, StoreError> {
        let mut members: Vec<_> = match self.lock().alive(list, self.clock.now()) {
            Some(Content::List(members)) => members.iter().map(|(member, score)| (member.clone(), *score)).collect(),
            _ => vec![],
        };
        members.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        Ok(members)
    }

    async fn list_remove(&self, list: &str, member: &str) -> Result<(), StoreError> {
        if let Some(Entry { content: Content::List(members), .. }) = self.lock().live.get_mut(list) {
            members.remove(member);
        }
        Ok(())
    }

    async fn spend(&self, key: &str, rate: Rate) -> Result<Allowance, StoreError> {
        let now = self.clock.now();
        let mut entries = self.lock();
        let full = match entries.alive(key, now) {
            Some(Content::Spent(full)) => (*full).max(now),
            _ => now,
        };
        let interval = delta(rate.interval);
        let burst = interval * rate.burst as i32;
        let next = full + interval;
        let over = next - now - burst;
        if over > TimeDelta::zero() {
            return Ok(Allowance { remaining: 0, reset: duration(full - now), wait: Some(duration(over)) });
        }
        let remaining =
            (burst - (next - now)).num_microseconds().unwrap_or(0) / interval.num_microseconds().unwrap_or(1).max(1);
        self.keep(&mut entries, key, Content::Spent(next), duration(next - now));
        Ok(Allowance { remaining: remaining as u32, reset: duration(next - now), wait: None })
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

fn duration(delta: TimeDelta) -> Duration {
    delta.to_std().unwrap_or_default()
}
