//! The codes a phone hands to a server: single use, short-lived, each for one person in one mini program and for one
//! purpose. Rules 1 to 9 and 35 of docs/simulator.md.

use super::ids::{AppId, Member};
use chrono::{DateTime, Utc};
use std::collections::{HashMap, VecDeque};

/// What a code can be exchanged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Login,
    /// The phone number, as WeChat verified it at some time.
    Phone,
    /// The phone number, as WeChat verified it for this call.
    RealtimePhone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    Used,
    Cancelled,
}

/// What became of a code that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spent {
    Now,
    Before,
    TooLate,
}

/// A code to be, and how long it means something.
pub(crate) struct Issue {
    pub(crate) text: String,
    pub(crate) member: Member,
    pub(crate) purpose: Purpose,
    /// It cannot be used from then on.
    pub(crate) expires_at: DateTime<Utc>,
    /// From then on a used one is not told from an unknown one. Not before it expires.
    pub(crate) forget_at: DateTime<Utc>,
}

pub(crate) struct Code {
    pub(crate) member: Member,
    pub(crate) purpose: Purpose,
    /// Counts the codes of this simulator.
    pub(crate) number: u64,
    expires_at: DateTime<Utc>,
    state: State,
}

/// Every code that still means something.
#[derive(Default)]
pub(crate) struct Codes {
    by_text: HashMap<String, Code>,
    /// When each may be forgotten, in the order of issue.
    forget_at: VecDeque<(DateTime<Utc>, String)>,
    issued: u64,
}

impl Codes {
    /// Notes a fresh code.
    pub(crate) fn issue(&mut self, issue: Issue, now: DateTime<Utc>) -> u64 {
        self.forget_old(now);
        self.issued += 1;
        let Issue { text, member, purpose, expires_at, forget_at } = issue;
        self.forget_at.push_back((forget_at, text.clone()));
        self.by_text.insert(text, Code { member, purpose, number: self.issued, expires_at, state: State::Fresh });
        self.issued
    }

    /// The code, whatever its state, if it was issued for this app and one of these purposes.
    pub(crate) fn find(&mut self, text: &str, app: &AppId, purposes: &[Purpose], now: DateTime<Utc>) -> Option<&Code> {
        self.forget_old(now);
        self.by_text.get(text).filter(|code| code.member.app == *app && purposes.contains(&code.purpose))
    }

    /// Uses a code that was found up. Only the first call says [`Spent::Now`].
    pub(crate) fn spend(&mut self, text: &str, now: DateTime<Utc>) -> Spent {
        match self.by_text.get_mut(text) {
            Some(code) if code.state == State::Used => Spent::Before,
            Some(code) if code.state == State::Fresh && now < code.expires_at => {
                code.state = State::Used;
                Spent::Now
            }
            _ => Spent::TooLate,
        }
    }

    /// Makes every unspent login code of `member` unusable.
    pub(crate) fn cancel_logins(&mut self, member: &Member) {
        for code in self.by_text.values_mut() {
            if code.member == *member && code.purpose == Purpose::Login && code.state == State::Fresh {
                code.state = State::Cancelled;
            }
        }
    }

    fn forget_old(&mut self, now: DateTime<Utc>) {
        while self.forget_at.front().is_some_and(|(at, _)| *at <= now) {
            let (_, text) = self.forget_at.pop_front().expect("it was there");
            self.by_text.remove(&text);
        }
    }
}
