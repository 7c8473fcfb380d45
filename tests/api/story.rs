//! The story of this service: with an expired session key the obvious order fails once and then works; ours works at the
//! first try.

use super::Mode;
use crate::harness::{Storage, TestApp};
use futures_util::stream::{self, StreamExt};
use serde_json::json;

/// People per test; `make soak` has more.
fn people() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "how much a test run does")]
    if std::env::var_os("SOAK").is_some() { 10_000 } else { 500 }
}

/// wx.login, wx.getUserInfo, then everything at once: exchange, and check what was signed before the exchange.
async fn obvious_order<S: Storage>(test: &TestApp<S>, person: &str) -> u16 {
    let phone = test.phone(person);
    let code = phone.code().await;
    let info = phone.user_info().await;
    let login = phone.login_with(&code).await;
    phone.register_with(login.text("ticket"), &info).await.status.as_u16()
}

/// wx.login, exchange, and only then wx.getUserInfo.
async fn right_order<S: Storage>(test: &TestApp<S>, person: &str) -> u16 {
    let phone = test.phone(person);
    let ticket = phone.ticket().await;
    phone.register(&ticket).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_obvious_order_fails_once_and_then_works() {
    let test = TestApp::<Mode>::start().await;
    // An exchange that another service made left a key, which has expired since.
    test.phone("alice").login().await;
    test.phone("alice").expire_session_key().await;

    let (first, second) = (obvious_order(&test, "alice").await, obvious_order(&test, "alice").await);

    assert_eq!((first, second), (422, 201));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_order_works_at_the_first_try_for_everybody() {
    let test = TestApp::<Mode>::start().await;

    let outcomes: Vec<_> = stream::iter(0..people())
        .map(|number| {
            let test = &test;
            async move {
                let person = format!("person{number}");
                // A third was never exchanged, a third has a living key, a third an expired one.
                if number % 3 > 0 {
                    test.phone(&person).login().await;
                }
                if number % 3 > 1 {
                    test.phone(&person).expire_session_key().await;
                }
                right_order(test, &person).await
            }
        })
        .buffer_unordered(16)
        .collect()
        .await;

    let failures = outcomes.iter().filter(|status| **status != 201).count();
    assert_eq!(failures, 0, "of {}", outcomes.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_between_the_steps_the_retry_advice_ends_in_a_session() {
    let test = TestApp::<Mode>::start().await;

    stream::iter(0..people() / 5)
        .for_each_concurrent(8, |number| {
            let test = &test;
            async move {
                let phone = test.phone(&format!("erratic{number}"));
                let mut ticket = phone.ticket().await;
                if number % 2 == 0 {
                    phone.expire_session_key().await;
                }
                if number % 3 == 0 {
                    // Another device exchanges a code: the key that the ticket holds may be dead by now.
                    phone.login().await;
                }
                for attempt in 0.. {
                    let answer = phone.register(&ticket).await;
                    if answer.status == 201 {
                        break;
                    }
                    assert!(attempt < 4, "{answer:?}");
                    match answer.problem() {
                        (422, _, "getUserInfo") => {}
                        (_, _, "restart") => ticket = phone.ticket().await,
                        other => panic!("{other:?}"),
                    }
                }
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn emoji_and_ids_that_differ_in_case_only_are_kept_apart_and_whole() {
    let test = TestApp::<Mode>::start().await;
    for (person, unionid, nickname) in [("p1", "uCase", "😀"), ("p2", "ucase", "👨‍👩‍👧‍👦")] {
        test.phone(person).set(json!({"unionid": unionid, "profile": {"nickName": nickname}})).await;
    }
    let (first, second) = (test.member("p1").await, test.member("p2").await);

    assert_ne!(first.id(), second.id());
    assert_eq!((first.user["nickname"].as_str(), second.user["nickname"].as_str()), (Some("😀"), Some("👨‍👩‍👧‍👦")));
    assert_eq!(first.get("/v1/me").await.body["nickname"], "😀");
}
