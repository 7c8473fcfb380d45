//! What a session is worth when the database under it is another one.

use crate::backends::{People, Sqlite};
use crate::histories::{identity, named, now};
use chrono::TimeDelta;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use weapp_login::clock::Clock;
use weapp_login::random::Random;
use weapp_login::session::{Lives, Sessions};
use weapp_login::store::{MemoryTokens, Newcomer};

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
