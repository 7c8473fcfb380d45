//! `GET` and `PATCH /v1/me`

use super::Mode;
use crate::harness::TestApp;
use reqwest::Method;
use serde_json::json;
use testkit::Answer;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_changes_what_they_show() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let change = json!({"nickname": " 😀 Al\u{202e}ice\u{200b} ", "avatarUrl": "https://img.example/1.png"});

    let answer = alice.ask(Method::PATCH, "/v1/me", Some(change)).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!((answer.text("nickname"), answer.text("avatarUrl")), ("😀 Alice", "https://img.example/1.png"));
    assert_eq!(alice.get("/v1/me").await.body, answer.body);
    assert_eq!(alice.get("/v1/session").await.body["user"], answer.body);
    assert_eq!(test.phone("alice").login().await.body["user"], answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mini_program_without_patch_posts_with_an_override() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let request = test.http.post(format!("{}/v1/me", test.base)).bearer_auth(&alice.token);
    let request = request.header("x-http-method-override", "Patch").json(&json!({"nickname": "Al"}));

    let answer = Answer::to(request).await.unwrap();

    assert_eq!((answer.status.as_u16(), answer.text("nickname")), (200, "Al"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_shown_is_refused_and_changes_nothing() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;

    for change in [
        json!({"nickname": ""}),
        json!({"nickname": "\u{200b}\u{2066}"}),
        json!({"nickname": "x".repeat(65)}),
        json!({"avatarUrl": "wxfile://tmp_1.png"}),
        json!({"avatarUrl": "http://tmp/1.png"}),
        json!({"nickname": "fine", "avatarUrl": "javascript:alert(1)"}),
        json!({"nickname": 5}),
        json!(["Eve", "https://img.example/eve.png"]),
    ] {
        let answer = alice.ask(Method::PATCH, "/v1/me", Some(change.clone())).await;
        assert_eq!(answer.problem(), (400, "invalid_request", "none"), "{change}");
    }
    assert_eq!(alice.get("/v1/me").await.body, alice.user);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nothing_is_shown_or_changed() {
    let test = TestApp::<Mode>::start().await;
    for (method, path) in [
        (Method::GET, "/v1/me"),
        (Method::PATCH, "/v1/me"),
        (Method::DELETE, "/v1/me"),
        (Method::POST, "/v1/me/phone"),
        (Method::POST, "/v1/open-data"),
        (Method::GET, "/v1/sessions"),
        (Method::DELETE, "/v1/sessions"),
        (Method::DELETE, "/v1/sessions/x"),
        (Method::GET, "/v1/auth"),
    ] {
        let request = test.http.request(method.clone(), format!("{}{path}", test.base)).body("{}");
        let answer = Answer::to(request).await.unwrap();
        assert_eq!(answer.problem(), (401, "session_invalid", "restart"), "{method} {path}");
    }
}
