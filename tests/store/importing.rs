//! Moving many in at once comes to the same as moving them in one after the other.

use super::Backend;
use crate::backends::People;
use crate::histories::{identity, named, now, person};
use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use std::sync::Arc;
use weapp_login::store::{Imported, Newcomer, Person, Present, UserStore};
use weapp_login::user::{Status, UserId};

/// Somebody of few: pair, unionid and number are often those of others.
fn somebody() -> impl Strategy<Value = Person> {
    let pair = prop::option::weighted(0.7, (0..3u8, 0..12u8));
    (pair, prop::option::of(0..6u8), prop::option::of(0..5u8), any::<bool>(), 0..1000u16).prop_map(
        |(pair, unionid, phone, suspended, name)| {
            let phone = phone.or(pair.is_none().then_some(0)).map(|n| format!("+861380000000{n}").parse().unwrap());
            Person {
                pair: pair.map(|(app, n)| (format!("wx{app}").parse().unwrap(), format!("o{n}").parse().unwrap())),
                unionid: unionid.map(|n| format!("u{n}").parse().unwrap()),
                status: if suspended { Status::Suspended } else { Status::Active },
                ..person(&format!("name {name}"), phone)
            }
        },
    )
}

/// Everybody who is there, with the place of their account among all accounts in the place of its number.
async fn everybody(users: &Arc<dyn UserStore>) -> Vec<Person> {
    let mut people = users.export(None, 10_000).await.unwrap();
    people.extend(users.export_without_pair(UserId(0), 10_000).await.unwrap().0);
    let mut ids: Vec<_> = people.iter().map(|person| person.id).collect();
    ids.sort_unstable();
    ids.dedup();
    for person in &mut people {
        person.id = UserId(ids.binary_search(&person.id).unwrap() as i64);
    }
    people.sort_by_key(|person| {
        (person.id, format!("{:?}", person.pair.as_ref().map(|pair| pair.0.as_str().to_owned())))
    });
    people
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_who_they_are_one_by_one() {
    for round in 0..8 {
        let mut runner = TestRunner::new(Config::default());
        let people = prop::collection::vec(somebody(), 60).new_tree(&mut runner).unwrap().current();
        let ((_one, singly), (_other, at_once)) = (Backend::migrated().await, Backend::migrated().await);
        let mut present = Present::default();
        let mut expected = vec![];
        for person in &people {
            expected.extend(singly.import(std::slice::from_ref(person), now().into()).await.unwrap());
        }

        let mut outcomes = vec![];
        for people in people.chunks(25) {
            present.extend(at_once.present(people).await.unwrap());
            let forecast = present.forecast(people);
            outcomes.extend(at_once.import(people, now().into()).await.unwrap());
            assert_eq!(outcomes[outcomes.len() - people.len()..], forecast, "round {round}");
        }

        assert_eq!(outcomes, expected, "round {round}: {people:?}");
        assert_eq!(everybody(&at_once).await, everybody(&singly).await, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_at_once_keep_their_names_while_others_register() {
    let (backend, users) = Backend::migrated().await;
    let other = backend.open();
    let many = |mark: &'static str| {
        let one = move |n: usize| Person {
            pair: Some(("wx1".parse().unwrap(), format!("o{mark}{n}").parse().unwrap())),
            unionid: n.is_multiple_of(3).then(|| format!("u{mark}{n}").parse().unwrap()),
            ..person(&format!("{mark} {n}"), None)
        };
        (0..2500).map(one).collect::<Vec<_>>()
    };
    let (first, second) = (many("a"), many("b"));
    let registering = async {
        for n in 0..40 {
            let (who, name) = (identity("wx1", &format!("oNew{n}"), None), named(&format!("New {n}")));
            other.register(Newcomer::new(&who, &name), now()).await.unwrap();
        }
    };

    let imports = join_all([users.import(&first, now().into()), other.import(&second, now().into())]);
    let (imported, ()) = futures_util::join!(imports, registering);

    for outcomes in imported {
        assert!(outcomes.unwrap().iter().all(|outcome| *outcome == Imported::Created));
    }
    let people = everybody(&users).await;
    assert_eq!(people.len(), 5040);
    for person in people {
        let (_, openid) = person.pair.unwrap();
        let name = openid.as_str().trim_start_matches('o').replace(['a', 'b'], "");
        assert!(person.profile.nickname.ends_with(name.trim_start_matches("New")), "{}", person.profile.nickname);
    }
}
