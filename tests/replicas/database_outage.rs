//! A database that hangs or is killed.

use crate::phone::Phone;
use crate::site::Site;
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::{Mariadb, free_port};

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_the_database_kept_from_being_used_stays_good_however_often_it_was_tried() {
    let mut database = Mariadb::start();
    let site = Site::start(&[("DATABASE_URL", &database.url())]).await;
    let replica = site.replica(&[]);
    let member = Phone::of(&site, "member").join(&replica.base).await.text("token").to_owned();
    let alice = Phone::of(&site, "alice");
    let ticket = alice.ticket(&replica.base).await;
    let mut answers = vec![];

    database.hang();
    answers.push(alice.register(&replica.base, &ticket).await);
    let hung_for = answers[0].took;
    let session = site.get(&replica.base, "/v1/session", &member).await;
    let ready = site.get(&replica.base, "/readyz?require=database", "").await;
    database.go_on();
    database.kill();
    for _ in 0..4 {
        answers.push(alice.register(&replica.base, &ticket).await);
    }
    answers.push(alice.login(&replica.base).await);
    database.restart();
    let restarted = Instant::now();
    let registered = loop {
        let answer = alice.register(&replica.base, &ticket).await;
        if answer.status != 503 {
            break answer;
        }
        assert!(restarted.elapsed() < Duration::from_secs(10), "{answer:?}");
    };

    println!("a hung database: a registration was refused after {hung_for:?}");
    println!("a killed database: service is back {:?} after it", restarted.elapsed());
    for answer in &answers {
        assert_eq!(answer.problem(), (503, "storage_unavailable", "later"), "{answer:?}");
        assert!(answer.retry_after().is_some() && answer.took < Duration::from_secs(8), "{answer:?}");
    }
    assert_eq!(session.status, 200, "a session needs no database");
    assert!(ready.text("detail").contains("database") && !ready.text("detail").contains("redis"), "{ready:?}");
    assert_eq!(registered.status, 201, "{registered:?}");
    assert_eq!(site.number("SELECT COUNT(*) FROM users").await, 2);
}

/// Sessions that live for 24 seconds without use look again after 6 and must have done so after 12.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_for_a_moment_costs_open_sessions_nothing_and_a_suspension_still_arrives() {
    let mut database = Mariadb::start();
    let site = Site::start(&[("DATABASE_URL", &database.url()), ("SESSION_TTL_SECONDS", "24")]).await;
    let replica = site.replica(&[]);
    let token = Phone::of(&site, "alice").join(&replica.base).await.text("token").to_owned();
    let signed_in = Instant::now();
    let mut used = vec![];

    database.kill();
    while signed_in.elapsed() < Duration::from_secs(10) {
        used.push(site.get(&replica.base, "/v1/session", &token).await);
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let overdue = site.get(&replica.base, "/v1/session", &token).await;
    database.restart();
    site.rows::<u8>("UPDATE users SET status = 'suspended'").await;
    let back = Instant::now();
    let suspended = loop {
        let answer = site.get(&replica.base, "/v1/session", &token).await;
        if answer.status != 503 {
            break answer;
        }
        assert!(back.elapsed() < Duration::from_secs(10), "{answer:?}");
    };

    assert!(used.len() > 20 && used.iter().all(|answer| answer.status == 200), "{used:?}");
    assert!(used.iter().all(|answer| answer.took < Duration::from_secs(2)), "{used:?}");
    assert_eq!(overdue.problem(), (503, "storage_unavailable", "later"), "{overdue:?}");
    assert_eq!(suspended.problem(), (401, "session_invalid", "restart"), "{suspended:?}");
}

/// WeChat tells a number once, and charges for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_could_not_be_stored_is_bound_by_the_same_request_without_asking_wechat_again() {
    let mut database = Mariadb::start();
    let site = Site::start(&[("DATABASE_URL", &database.url())]).await;
    let replica = site.replica(&[]);
    let alice = Phone::of(&site, "alice");
    let token = alice.join(&replica.base).await.text("token").to_owned();
    let tap = json!({"code": alice.wx("getPhoneNumber").await["code"]});
    let bind = async || site.post(&replica.base, "/v1/me/phone", Some(&token), &tap).await;

    database.kill();
    let refused = bind().await;
    database.restart();
    site.rows::<u8>("SELECT 1 FROM users").await;
    // From here on WeChat is of no use to anybody, and not even asked.
    site.wechat.fault("/sns/jscode2session", "dropBefore", (), 100).await;
    let mut logins = vec![];
    for _ in 0..12 {
        logins.push(alice.login(&replica.base).await);
    }
    let bound = bind().await;

    assert_eq!(refused.problem(), (503, "storage_unavailable", "later"), "{refused:?}");
    assert!(logins.iter().all(|login| login.problem().1 == "wechat_unavailable"), "{logins:?}");
    assert_eq!(bound.status, 200, "{bound:?}");
    assert!(bound.text("phone").starts_with("+86"), "{bound:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_ends_no_session_whose_event_cannot_be_written() {
    let mut database = Mariadb::start();
    let internal = format!("127.0.0.1:{}", free_port());
    let operators = "zoe:a-token-of-zoe-of-32-characters-0";
    let settings = [("INTERNAL_LISTEN", internal.as_str()), ("ADMIN_TOKENS", operators)];
    let site = Site::start(&[("DATABASE_URL", &database.url())]).await;
    let replica = site.replica(&settings);
    let joined = Phone::of(&site, "alice").join(&replica.base).await;
    let (token, id) = (joined.text("token").to_owned(), joined.body["user"]["id"].as_str().unwrap().to_owned());
    let zoe = operators.split_once(':').unwrap().1;
    let sessions = site.get(&replica.base, "/v1/sessions", &token).await;
    let session = sessions.body["sessions"][0]["id"].as_str().unwrap().to_owned();
    let revoke = format!("/admin/v1/users/{id}/sessions/{session}/revoke");
    let order = json!({"reason": "request 1"});
    let base = format!("http://{internal}");

    database.kill();
    let refused = site.post(&base, &revoke, Some(zoe), &order).await;
    let kept = site.get(&replica.base, "/v1/session", &token).await;
    database.restart();
    let restarted = Instant::now();
    let revoked = loop {
        let answer = site.post(&base, &revoke, Some(zoe), &order).await;
        if answer.status != 503 {
            break answer;
        }
        assert!(restarted.elapsed() < Duration::from_secs(10), "{answer:?}");
    };

    assert_eq!(refused.problem(), (503, "storage_unavailable", "later"), "{refused:?}");
    assert_eq!((kept.status.as_u16(), revoked.status.as_u16()), (200, 204), "{kept:?} {revoked:?}");
    assert_eq!(site.get(&replica.base, "/v1/session", &token).await.status, 401);
    assert_eq!(site.number("SELECT COUNT(*) FROM login_events WHERE kind = 'revoke' AND actor = 'zoe'").await, 1);
}
