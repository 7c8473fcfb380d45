//! Whether somebody who is moved in is there already: decided here, from what the database was asked beforehand.

use super::words::{Imported, Person};
use crate::user::{Phone, Status, UserId};
use std::collections::{HashMap, HashSet};

/// The pairs, unionids and numbers that are there, as far as somebody asked for them.
#[derive(Debug, Clone, Default)]
pub struct Present {
    pub(super) pairs: HashSet<(String, String)>,
    pub(super) unionids: HashMap<String, Account>,
    /// Numbers of accounts, with what may be done with these.
    pub(super) numbers: HashSet<(String, Status)>,
}

/// Whose account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// It was there before.
    There(UserId),
    /// It is made for this one of those who are moved in together.
    MadeFor(usize),
}

/// Where somebody who is moved in goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    /// Nowhere: they are there.
    Known,
    /// Their pair becomes one more way into this account, which has their unionid.
    Joins(Account),
    /// They get an account.
    New,
}

impl Placement {
    /// What whoever moves them in is told.
    pub(super) fn outcome(self) -> Imported {
        match self {
            Placement::Known => Imported::Known,
            Placement::Joins(_) => Imported::Joined,
            Placement::New => Imported::Created,
        }
    }
}

impl Present {
    /// Adds what another question found.
    pub fn extend(&mut self, found: Present) {
        self.pairs.extend(found.pairs);
        self.numbers.extend(found.numbers);
        for (unionid, account) in found.unionids {
            self.unionids.entry(unionid).or_insert(account);
        }
    }

    /// What moving `people` in would come to, one after the other; from then on they are present.
    pub fn forecast(&mut self, people: &[Person]) -> Vec<Imported> {
        self.place(people).into_iter().map(Placement::outcome).collect()
    }

    /// Where each of `people` goes, one after the other; from then on they are present.
    pub(super) fn place(&mut self, people: &[Person]) -> Vec<Placement> {
        people.iter().enumerate().map(|(nth, person)| self.place_one(nth, person)).collect()
    }

    fn place_one(&mut self, nth: usize, person: &Person) -> Placement {
        let pair = person.pair.as_ref().map(|(app, openid)| (app.as_str().to_owned(), openid.as_str().to_owned()));
        let is_here = match &pair {
            Some(pair) => self.pairs.contains(pair),
            None => person.phone.as_ref().is_some_and(|phone| self.has_number(phone, person.status)),
        };
        if is_here {
            return Placement::Known;
        }
        self.pairs.extend(pair);
        let unionid = person.unionid.as_ref().map(|unionid| unionid.as_str());
        if let Some(account) = unionid.and_then(|unionid| self.unionids.get(unionid)) {
            return Placement::Joins(*account);
        }
        self.numbers.extend(person.phone.as_ref().map(|phone| (phone.as_str().to_owned(), person.status)));
        self.unionids.extend(unionid.map(|unionid| (unionid.to_owned(), Account::MadeFor(nth))));
        Placement::New
    }

    /// Whether an account with this number makes that somebody who has only a number is there: an active one, or one that
    /// is as suspended as they are, so that moving people in twice is moving them in once.
    fn has_number(&self, phone: &Phone, status: Status) -> bool {
        [Status::Active, status].into_iter().any(|status| self.numbers.contains(&(phone.as_str().to_owned(), status)))
    }
}
