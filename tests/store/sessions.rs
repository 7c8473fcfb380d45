//! What a session is worth when the database under it is another one.

use crate::backends::{People, Sqlite};
use crate::histories::{by_phone, identity, named, now};
use chrono::TimeDelta;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use weapp_login::clock::Clock;
use weapp_login::random::Random;
use weapp_login::registration::PhoneAccounts::Link;
use weapp_login::session::{Lives, Sessions};
use weapp_login::store::{MemoryTokens, Newcomer, StoreError, TokenStore, Value};
use weapp_login::ticket::Tickets;
use weapp_login::token::Purpose;

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_a_restored_database_gives_out_again_opens_nobody_elses_account() {
    let seconds = Arc::new(AtomicI64::new(0));
    let elapsed = seconds.clone();
    let clock = Clock::from_fn(move || now() + TimeDelta::seconds(elapsed.load(Ordering::SeqCst)));
    let (_before, users) = Sqlite::migrated().await;
    let (_restored, other_users) = Sqlite::migrated().await;
    let tokens = Arc::new(MemoryTokens::new(clock.clone()));
    let lives = Lives { idle: TimeDelta::days(7), absolute: TimeDelta::days(30), per_user: 0 };
    let sessions = Sessions::new(tokens.clone(), users.clone(), clock.clone(), Random::system(), lives);
    let after = Sessions::new(tokens, other_users.clone(), clock, Random::system(), lives);
    let (alice, bob) = (identity("wx1", "oAlice", None), identity("wx1", "oBob", None));
    let user = users.register(Newcomer::new(&alice, &named("Alice")), now()).await.unwrap().user;
    let key = "tiihtNczf5v6AKRyjwEUhQ==".to_owned().try_into().unwrap();
    let (token, _) = sessions.open(&user, alice, key, "phone".into()).await.unwrap();
    let next = other_users.register(Newcomer::new(&bob, &named("Bob")), now()).await.unwrap().user;
    assert_eq!(next.id, user.id, "the number is given out again");
    assert!(sessions.find(&token).await.unwrap().is_some());
    seconds.store(46, Ordering::SeqCst);

    let found = after.find(&token).await.unwrap();

    assert_eq!(found, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_an_identity_that_was_taken_out_ends_and_the_others_stay() {
    let seconds = Arc::new(AtomicI64::new(0));
    let elapsed = seconds.clone();
    let clock = Clock::from_fn(move || now() + TimeDelta::seconds(elapsed.load(Ordering::SeqCst)));
    let (_backend, users) = Sqlite::migrated().await;
    let tokens = Arc::new(MemoryTokens::new(clock.clone()));
    let lives = Lives { idle: TimeDelta::days(7), absolute: TimeDelta::days(30), per_user: 0 };
    let sessions = Sessions::new(tokens, users.clone(), clock, Random::system(), lives);
    let (alice, bob) = (identity("wx1", "oAlice", None), identity("wx1", "oBob", None));
    let phone = "+8613800000000".parse().unwrap();
    let mut opened = vec![];
    for who in [&alice, &bob] {
        let user = users.register(by_phone(who, &named("A"), &phone, Link), now()).await.unwrap().user;
        let key = "tiihtNczf5v6AKRyjwEUhQ==".to_owned().try_into().unwrap();
        opened.push((user.id, sessions.open(&user, who.clone(), key, "phone".into()).await.unwrap().0));
    }
    assert_eq!(opened[0].0, opened[1].0);
    users.unlink(opened[0].0, &bob.app_id, Some(&bob.openid), now().into()).await.unwrap().unwrap();
    seconds.store(46, Ordering::SeqCst);

    let found = [sessions.find(&opened[0].1).await.unwrap(), sessions.find(&opened[1].1).await.unwrap()];

    assert_eq!(found.map(|session| session.map(|session| session.user.id)), [Some(opened[0].0), None]);
}

/// A rolling upgrade: a replica meets what one that is a release ahead has written, in a form that it does not know.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_release_wrote_is_left_to_it_and_ends_for_nobody() {
    let clock = Clock::from_fn(now);
    let (_backend, users) = Sqlite::migrated().await;
    let tokens = Arc::new(MemoryTokens::new(clock.clone()));
    let lives = Lives { idle: TimeDelta::days(7), absolute: TimeDelta::days(30), per_user: 0 };
    let sessions = Sessions::new(tokens.clone(), users.clone(), clock.clone(), Random::system(), lives);
    let tickets = Tickets::new(tokens.clone(), clock, Random::system(), TimeDelta::minutes(5));
    let alice = identity("wx1", "oAlice", None);
    let user = users.register(Newcomer::new(&alice, &named("Alice")), now()).await.unwrap().user;
    let key = || "tiihtNczf5v6AKRyjwEUhQ==".to_owned().try_into().unwrap();
    let (session, _) = sessions.open(&user, alice.clone(), key(), "phone".into()).await.unwrap();
    let (ticket, _) = tickets.issue(alice, key()).await.unwrap();
    let places = [session.place(Purpose::Session), ticket.place(Purpose::Ticket)];
    let life = Duration::from_secs(300);
    let mut ours = vec![];
    for place in &places {
        let sealed = tokens.get(place.name()).await.unwrap().unwrap();
        let newer = place.seal(2, b"whatever comes", &Random::system());
        tokens.put(Value { key: place.name(), bytes: &newer, ttl: life }).await.unwrap();
        ours.push(sealed);
    }

    let (met_session, met_ticket) = (sessions.find(&session).await, tickets.redeem(ticket.clone()).await);
    let met_app = tickets.app_of(&ticket).await;

    assert!(matches!(met_session, Err(StoreError::Unavailable(_))), "{met_session:?}");
    assert!(matches!(met_ticket, Err(StoreError::Unavailable(_))));
    assert!(matches!(met_app, Err(StoreError::Unavailable(_))), "{met_app:?}");
    for (place, sealed) in places.iter().zip(&ours) {
        let kept = tokens.get(place.name()).await.unwrap().unwrap();
        assert_eq!(place.open(&kept).unwrap().form, 2, "it is still there for the newer release");
        tokens.put(Value { key: place.name(), bytes: sealed, ttl: life }).await.unwrap();
    }
    assert!(sessions.find(&session).await.unwrap().is_some(), "and what this release wrote is read beside it");
    assert!(tickets.redeem(ticket).await.unwrap().is_some());
}
