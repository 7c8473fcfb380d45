//! `DELETE /v1/me`

use super::Mode;
use crate::harness::{Member, OTHER_APP, TestApp};
use reqwest::Method;
use serde_json::json;
use testkit::Answer;

/// Older than a session may be that proves by itself who holds the phone.
const LONG: i64 = 301;

async fn erase(member: &Member<'_, Mode>, code: &str) -> Answer {
    member.ask(Method::DELETE, "/v1/me", Some(json!({ "code": code }))).await
}

async fn is_there(test: &TestApp<Mode>, person: &str) -> bool {
    test.phone(person).login().await.body["status"] == "loggedIn"
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_is_gone_and_comes_back_as_somebody_new() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let elsewhere = test.phone("alice").in_app(OTHER_APP).member().await;

    let answer = alice.delete("/v1/me").await;

    assert_eq!(answer.status, 204);
    assert_eq!(alice.get("/v1/session").await.status, 401);
    assert_eq!(elsewhere.get("/v1/session").await.status, 401);
    let back = test.member("alice").await;
    assert_ne!(back.id(), alice.id());
    let gone = test.app.users.by_id(alice.id()).await.unwrap().unwrap();
    assert_eq!((gone.status.as_str(), gone.profile), ("erased", Default::default()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_session_needs_a_fresh_code() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    test.advance(LONG);

    for body in [None, Some(json!({})), Some(json!({ "code": null }))] {
        let refused = alice.ask(Method::DELETE, "/v1/me", body).await;
        assert_eq!(refused.problem(), (400, "invalid_request", "none"));
        assert!(refused.text("detail").contains("fresh code of wx.login"), "{refused:?}");
    }
    let (there, code) = (is_there(&test, "alice").await, alice.phone.code().await);
    let answer = erase(&alice, &code).await;

    assert!(there);
    assert_eq!(answer.status, 204, "{answer:?}");
    assert_eq!(alice.get("/v1/session").await.status, 401);
    assert!(!is_there(&test, "alice").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_somebody_else_or_of_another_mini_program_erases_nobody() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let (bob, elsewhere) = (test.phone("bob"), test.phone("alice").in_app(OTHER_APP));
    for seconds in [0, LONG] {
        test.advance(seconds);

        let of_bob = erase(&alice, &bob.code().await).await;
        let of_elsewhere = erase(&alice, &elsewhere.code().await).await;

        assert_eq!(of_bob.problem(), (422, "identity_mismatch", "none"), "{seconds} s");
        assert_eq!(of_elsewhere.problem(), (401, "code_invalid", "restart"), "{seconds} s");
    }
    assert!(is_there(&test, "alice").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_of_no_use_erases_nobody() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let code = alice.phone.code().await;
    alice.phone.login_with(&code).await;
    test.advance(LONG);

    assert_eq!(erase(&alice, &code).await.problem(), (401, "code_used", "restart"));
    assert_eq!(erase(&alice, "nonsense").await.problem(), (401, "code_invalid", "restart"));
    assert_eq!(erase(&alice, "").await.problem(), (400, "invalid_request", "none"));
    test.wechat.fault("/sns/jscode2session", "errcode", json!(45011), 1).await;
    let limited = erase(&alice, &alice.phone.code().await).await;
    assert_eq!(limited.problem().2, "later", "{limited:?}");
    assert!(is_there(&test, "alice").await);
}
