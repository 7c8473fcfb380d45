//! What the connections to MySQL go through: servers that restart, and servers that write no more.

use crate::backends::{Mysql, People};
use crate::histories::{identity, named, now};
use chrono::TimeDelta;
use testkit::given;
use weapp_login::store::{EventKind, LoginEvent, Newcomer, Noted};

async fn administrator() -> mysql_async::Conn {
    mysql_async::Conn::from_url(given("TEST_DATABASE_URL")).await.unwrap()
}

/// Ends the connections to `backend`'s database, as a restart of the server does.
async fn end_connections(backend: &Mysql) {
    use mysql_async::prelude::Queryable;
    let url = url::Url::parse(&backend.url()).unwrap();
    let database = url.path().trim_start_matches('/').to_owned();
    let mut admin = administrator().await;
    let query = "SELECT id FROM information_schema.processlist WHERE db = ?";
    let ids: Vec<u64> = admin.exec(query, (database,)).await.unwrap();
    assert!(!ids.is_empty());
    for id in ids {
        admin.query_drop(format!("KILL {id}")).await.unwrap();
    }
    admin.disconnect().await.unwrap();
}

#[tokio::test]
async fn the_first_request_after_a_restart_of_the_database_succeeds() {
    let (backend, users) = Mysql::migrated().await;
    let alice = identity("wx1", "oAlice", None);
    let user = users.register(Newcomer::new(&alice, &named("Alice")), now()).await.unwrap().user;

    for round in 0..3 {
        users.ping().await.unwrap();
        end_connections(&backend).await;
        assert_eq!(users.find(&alice, now()).await.unwrap(), Some(user.clone()), "{round}");

        end_connections(&backend).await;
        let bob = identity("wx1", &format!("oBob{round}"), None);
        assert!(users.register(Newcomer::new(&bob, &named("Bob")), now()).await.unwrap().created());
    }
}

#[tokio::test]
async fn events_are_written_once_whatever_happens_to_connections() {
    let (backend, users) = Mysql::migrated().await;
    let user = users.register(Newcomer::new(&identity("wx1", "o1", None), &named("A")), now()).await.unwrap().user;
    let event = Noted::from(LoginEvent::new(now(), EventKind::Logout, user.id, None));

    end_connections(&backend).await;
    users.record(&[event.clone(), event]).await.unwrap();

    assert_eq!(users.forget_events(now() + TimeDelta::days(1), 10).await.unwrap(), 2);
}

#[tokio::test]
async fn a_statement_that_was_given_up_does_not_answer_the_next_one() {
    let (_backend, users) = Mysql::migrated().await;
    let (alice, bob) = (identity("wx1", "oAlice", None), identity("wx1", "oBob", None));
    let ids = [
        users.register(Newcomer::new(&alice, &named("Alice")), now()).await.unwrap().user.id,
        users.register(Newcomer::new(&bob, &named("Bob")), now()).await.unwrap().user.id,
    ];

    for round in 0..100_u64 {
        tokio::select! {
            biased;
            () = tokio::time::sleep(std::time::Duration::from_micros(round * 20)) => {}
            _ = users.find(&alice, now()) => {}
        }
        assert_eq!(users.find(&bob, now()).await.unwrap().unwrap().id, ids[1]);
    }

    assert_eq!(users.find(&alice, now()).await.unwrap().unwrap().id, ids[0]);
}
