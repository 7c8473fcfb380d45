//! The codes a phone hands to a server: single use, short-lived, each for one person in one mini program and for one
//! purpose. Rules 1 to 9 and 35 of docs/simulator.md.

use crate::identity::AppId;
use std::collections::{HashMap, VecDeque};

/// One person in one mini program.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Member {
    pub app: AppId,
    pub person: String,
}

/// What a code can be exchanged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Login,
    Phone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    Used,
    Cancelled,
}

/// What became of a code that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spent {
    Now,
    Before,
    TooLate,
}

pub(super) struct Code {
    pub member: Member,
    pub purpose: Purpose,
    /// Counts the codes of this simulator.
    pub number: u64,
    expires_at: i64,
    state: State,
}

/// Every code that still means something.
#[derive(Default)]
pub(super) struct Codes {
    by_text: HashMap<String, Code>,
    /// When each may be forgotten, in the order of issue.
    forget_at: VecDeque<(i64, String)>,
    issued: u64,
}

impl Codes {
    /// Notes a fresh code that lives for `ttl` and is remembered for `memory`, both in milliseconds.
    pub fn issue(&mut self, text: String, member: Member, purpose: Purpose, ttl: i64, memory: i64, now: i64) -> u64 {
        self.forget_old(now);
        self.issued += 1;
        let number = self.issued;
        self.forget_at.push_back((now + ttl.max(memory), text.clone()));
        let code = Code { member, purpose, number, expires_at: now + ttl, state: State::Fresh };
        self.by_text.insert(text, code);
        number
    }

    /// The code, whatever its state, if it was issued for this app and purpose.
    pub fn find(&mut self, text: &str, app: &AppId, purpose: Purpose, now: i64) -> Option<&Code> {
        self.forget_old(now);
        self.by_text.get(text).filter(|code| code.member.app == *app && code.purpose == purpose)
    }

    /// Uses a code that was found up. Only the first call says [`Spent::Now`].
    pub fn spend(&mut self, text: &str, now: i64) -> Spent {
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
    pub fn cancel_logins(&mut self, member: &Member) {
        for code in self.by_text.values_mut() {
            if code.member == *member && code.purpose == Purpose::Login && code.state == State::Fresh {
                code.state = State::Cancelled;
            }
        }
    }

    fn forget_old(&mut self, now: i64) {
        while self.forget_at.front().is_some_and(|(at, _)| *at <= now) {
            let (_, text) = self.forget_at.pop_front().expect("it was there");
            self.by_text.remove(&text);
        }
    }
}
