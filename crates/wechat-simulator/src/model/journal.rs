//! What happened, for a page that draws it: who asked what, with which version of the key. Never a code, key or id.

use super::ids::Member;
use chrono::serde::ts_milliseconds;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::VecDeque;

/// One thing that happened. `at` is in Unix milliseconds of the simulator's clock.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    pub(crate) seq: u64,
    #[serde(with = "ts_milliseconds")]
    pub(crate) at: DateTime<Utc>,
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) app_id: Option<String>,
    /// The key that was current, handed out or signed with; 0 for none or the hidden one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key_version: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) errcode: Option<i64>,
    /// What a phone was told when it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) err_msg: Option<String>,
    /// The injected fault, and the path it struck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
}

/// An event without an outcome.
pub(crate) fn event(kind: &'static str, whose: Option<&Member>, now: DateTime<Utc>) -> Event {
    Event {
        at: now,
        kind,
        person: whose.map(|member| member.person.clone()),
        app_id: whose.map(|member| member.app.to_string()),
        ..Event::default()
    }
}

pub(crate) struct Journal {
    events: VecDeque<Event>,
    length: usize,
    written: u64,
}

impl Journal {
    pub(crate) fn new(length: usize) -> Journal {
        Journal { events: VecDeque::new(), length, written: 0 }
    }

    /// Goes on numbering from `seq`.
    pub(crate) fn continue_after(&mut self, seq: u64) {
        self.written = seq;
    }

    /// Numbers and keeps an event; the oldest makes room for it.
    pub(crate) fn write(&mut self, event: Event) {
        self.written += 1;
        self.events.push_back(Event { seq: self.written, ..event });
        while self.events.len() > self.length {
            self.events.pop_front();
        }
    }

    /// The remembered events with a number above `seq`, in order.
    pub(crate) fn after(&self, seq: u64) -> Vec<Event> {
        self.events.iter().filter(|event| event.seq > seq).cloned().collect()
    }

    pub(crate) fn last_seq(&self) -> u64 {
        self.written
    }
}
