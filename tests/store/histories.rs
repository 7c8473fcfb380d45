//! Random histories of logins against a small model: apps, unionids that appear, logins at the same moment.

use crate::backends::{Mysql, People, Sqlite};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::HashMap;
use weapp_login::identity::Identity;
use weapp_login::registration::PhoneAccounts;
use weapp_login::store::{Newcomer, Person};
use weapp_login::user::{Phone, Profile, Status, UserId};

/// A moment that both databases keep exactly.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_763_900_000_123).unwrap()
}

pub fn identity(app: &str, openid: &str, unionid: Option<&str>) -> Identity {
    Identity {
        app_id: app.parse().unwrap(),
        openid: openid.parse().unwrap(),
        unionid: unionid.map(|unionid| unionid.parse().unwrap()),
    }
}

pub fn named(nickname: &str) -> Profile {
    Profile { nickname: nickname.into(), ..Profile::default() }
}

/// Somebody who registers with a number.
pub fn by_phone<'a>(
    identity: &'a Identity,
    profile: &'a Profile,
    phone: &'a Phone,
    accounts: PhoneAccounts,
) -> Newcomer<'a> {
    Newcomer { phone: Some(phone), accounts, ..Newcomer::new(identity, profile) }
}

/// Somebody to move in who has no pair.
pub fn person(nickname: &str, phone: Option<Phone>) -> Person {
    let profile = named(nickname);
    Person {
        id: UserId(0),
        pair: None,
        unionid: None,
        profile_source: profile.source(),
        profile,
        phone,
        status: Status::Active,
        created_at: now(),
    }
}

/// One login: person, app, and whether WeChat gives the unionid this time.
type Login = (u8, u8, bool);

/// What the store must come to: which account each pair and each person's unionid leads to.
#[derive(Default)]
struct Model {
    pairs: HashMap<(u8, u8), usize>,
    unionids: HashMap<u8, usize>,
    accounts: usize,
}

impl Model {
    /// The account that a login leads to after it.
    fn login(&mut self, (person, app, with_unionid): Login) -> usize {
        let pair = self.pairs.get(&(person, app)).copied();
        let holder = self.unionids.get(&person).copied().filter(|_| with_unionid);
        let account = match (holder, pair) {
            (Some(holder), Some(pair)) if holder != pair => {
                self.pairs.values_mut().filter(|account| **account == pair).for_each(|account| *account = holder);
                holder
            }
            (Some(account), _) | (None, Some(account)) => account,
            (None, None) => {
                self.accounts += 1;
                self.accounts
            }
        };
        self.pairs.insert((person, app), account);
        if with_unionid {
            self.unionids.insert(person, account);
        }
        account
    }
}

fn who((person, app, with_unionid): Login) -> Identity {
    let unionid = format!("u{person}");
    identity(&format!("wx{app}"), &format!("o{person}"), with_unionid.then_some(unionid.as_str()))
}

/// Plays `history`, a list of moments; logins of one moment happen at once, from two replicas.
async fn play<B: People>(history: Vec<Vec<Login>>) {
    let (backend, users) = B::migrated().await;
    let second = backend.open();
    let mut model = Model::default();
    for (number, moment) in history.iter().enumerate() {
        let at = now() + TimeDelta::seconds(number as i64);
        join_all(moment.iter().enumerate().map(|(place, login)| {
            let store = if place % 2 == 0 { &users } else { &second };
            async move {
                let who = who(*login);
                if store.find(&who, at).await.unwrap().is_none() {
                    store.register(Newcomer::new(&who, &named("x")), at).await.unwrap();
                }
            }
        }))
        .await;
        // Whatever the order within a moment, once more in any order comes to the same partition.
        for login in moment {
            model.login(*login);
        }
        for login in moment {
            model.login(*login);
            users.find(&who(*login), at).await.unwrap().unwrap();
        }
        let mut expected: HashMap<usize, UserId> = HashMap::new();
        for ((person, app), account) in &model.pairs {
            let found = users.find(&who((*person, *app, false)), at).await.unwrap().unwrap().id;
            let same = *expected.entry(*account).or_insert(found);
            assert_eq!(same, found, "person {person} in app {app} after moment {number} of {history:?}");
        }
        let mut distinct: Vec<_> = expected.values().collect();
        distinct.sort();
        distinct.dedup();
        assert_eq!(
            distinct.len(),
            expected.len(),
            "two accounts of the model are one after moment {number} of {history:?}"
        );
    }
}

fn random_histories<B: People>(cases: u32) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let login = (0u8..3, 0u8..3, any::<bool>());
    let history = prop::collection::vec(prop::collection::vec(login, 1..4), 1..8);
    #[expect(clippy::disallowed_methods, reason = "how much a test run does")]
    let cases = if std::env::var_os("SOAK").is_some() { cases * 20 } else { cases };
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    runner
        .run(&history, |history| {
            runtime.block_on(play::<B>(history));
            Ok(())
        })
        .unwrap();
}

#[test]
fn random_histories_on_sqlite_agree_with_the_model() {
    random_histories::<Sqlite>(40);
}

#[test]
fn random_histories_on_mysql_agree_with_the_model() {
    random_histories::<Mysql>(25);
}
