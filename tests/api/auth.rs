//! `GET /v1/auth`

use super::Mode;
use crate::harness::{APP, TestApp};
use reqwest::Method;
use serde_json::json;
use testkit::Answer;

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_is_told_who_it_is_in_headers() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;

    let answer = alice.get("/v1/auth").await;

    assert_eq!(answer.status, 204);
    assert_eq!(answer.headers["x-user-id"], alice.user["id"].as_str().unwrap());
    assert_eq!(answer.headers["x-app-id"], APP);
    assert!(answer.headers["x-open-id"].to_str().unwrap().starts_with('o'));
    assert!(answer.headers.contains_key("x-union-id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_unionid_there_is_no_such_header() {
    let test = TestApp::<Mode>::start().await;
    test.phone("bob").set(json!({"unionid": null})).await;
    let bob = test.member("bob").await;

    let answer = bob.get("/v1/auth").await;

    assert_eq!(answer.status, 204);
    assert!(!answer.headers.contains_key("x-union-id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_whatever_the_path_and_method_that_a_gateway_appends() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;

    assert_eq!(test.get("/v1/auth").await.problem(), (401, "session_invalid", "restart"));
    let url = format!("{}/v1/auth/orders/7", test.base);
    let refused = Answer::to(test.http.post(url).header("x-user-id", "1")).await.unwrap();
    let accepted = alice.ask(Method::PUT, "/v1/auth/orders/7", None).await;

    assert_eq!(refused.problem(), (401, "session_invalid", "restart"));
    assert_eq!(accepted.status, 200, "Envoy takes nothing else for a yes");
    assert_eq!(accepted.headers["x-user-id"], alice.user["id"].as_str().unwrap());
}
