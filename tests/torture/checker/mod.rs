//! What must hold of a history, whatever failed in it: pure functions, each of which names what it finds.

mod accounts;
mod answers;
mod erasures;
mod people;
mod planted;
mod sessions;
mod tickets;

use crate::history::History;
use std::collections::BTreeMap;

/// Something that must never be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which promise is broken.
    pub rule: &'static str,
    pub what: String,
}

/// What the rules found.
#[derive(Debug, Default)]
pub struct Verdict {
    pub violations: Vec<Violation>,
    /// What would be a violation, had a server not lost what it acknowledged or an answer on the way: how often.
    pub explained: BTreeMap<&'static str, usize>,
}

impl Verdict {
    fn violation(&mut self, rule: &'static str, what: String) {
        self.violations.push(Violation { rule, what });
    }

    fn explained(&mut self, what: &'static str) {
        *self.explained.entry(what).or_default() += 1;
    }
}

/// Every rule.
pub fn check(history: &History) -> Verdict {
    let mut verdict = Verdict::default();
    for rule in [
        answers::are_well_formed,
        accounts::no_registration_is_lost,
        accounts::nobody_is_registered_twice,
        accounts::rows_agree,
        people::nobody_sees_somebody_else,
        tickets::are_spent_by_success,
        tickets::survive_an_outage,
        sessions::end_when_revoked,
        sessions::end_when_suspended,
    ] {
        rule(history, &mut verdict);
    }
    verdict
}
