//! `POST /v1/introspect`

use super::Mode;
use crate::harness::{APP, TestApp};
use serde_json::json;
use testkit::Answer;

const CLIENTS: (&str, &str) = (
    "INTROSPECTION_CLIENTS",
    "shop:s3cret-of-the-shop-32-characters, ledger:other:colon-in-a-secret-of-the-ledger, odd:p@ss/w=1-with-signs-that-are-encoded",
);

async fn ask(test: &TestApp<Mode>, client: Option<(&str, &str)>, form: &str) -> Answer {
    let mut request = test.http.post(format!("{}/v1/introspect", test.base)).body(form.to_owned());
    if let Some((id, secret)) = client {
        request = request.basic_auth(id, Some(secret));
    }
    Answer::to(request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_active_token_is_described() {
    let test = TestApp::<Mode>::with(&[CLIENTS], Default::default()).await;
    let alice = test.member("alice").await;
    let form = format!("token={}&token_type_hint=access_token", alice.token);

    let answer = ask(&test, Some(("shop", "s3cret-of-the-shop-32-characters")), &form).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["active"], true);
    assert_eq!(answer.body["sub"], alice.user["id"]);
    assert_eq!(answer.body["client_id"], APP);
    assert_eq!(answer.body["token_type"], "Bearer");
    let (iat, exp) = (answer.body["iat"].as_i64().unwrap(), answer.body["exp"].as_i64().unwrap());
    assert_eq!(exp - iat, 604_800);
}

#[tokio::test(flavor = "multi_thread")]
async fn anything_else_is_inactive_and_nothing_more() {
    let test = TestApp::<Mode>::with(&[CLIENTS], Default::default()).await;
    let alice = test.member("alice").await;
    alice.delete("/v1/session").await;
    let revoked = format!("token={}", alice.token);

    for form in ["token=", "token=x", &revoked, &format!("token={}", "A".repeat(43))] {
        let answer = ask(&test, Some(("ledger", "other:colon-in-a-secret-of-the-ledger")), form).await;
        assert_eq!((answer.status.as_u16(), answer.body), (200, json!({"active": false})), "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_must_be_a_configured_client() {
    let test = TestApp::<Mode>::with(&[CLIENTS], Default::default()).await;

    for client in [
        None,
        Some(("shop", "wrong")),
        Some(("ledger", "s3cret-of-the-shop-32-characters")),
        Some(("", "")),
        Some(("shop", "")),
    ] {
        let answer = ask(&test, client, "token=x").await;
        assert_eq!(answer.problem(), (401, "invalid_client", "none"), "{client:?}");
        assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    }
    for secret in ["p@ss/w=1-with-signs-that-are-encoded", "p%40ss%2Fw%3D1-with-signs-that-are-encoded"] {
        assert_eq!(ask(&test, Some(("odd", secret)), "token=x").await.status, 200, "{secret}");
    }
    assert_eq!(
        ask(&test, Some(("shop", "s3cret-of-the-shop-32-characters")), "").await.problem(),
        (400, "invalid_request", "none")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_secrets_is_limited() {
    let test = TestApp::<Mode>::with(&[CLIENTS, ("RATE_LIMIT_PER_MINUTE", "3")], Default::default()).await;

    for _ in 0..3 {
        assert_eq!(ask(&test, Some(("shop", "guess")), "token=x").await.status, 401);
    }
    let answer = ask(&test, Some(("shop", "guess")), "token=x").await;

    assert_eq!(answer.problem(), (429, "rate_limited", "later"));
    assert_eq!(ask(&test, Some(("shop", "s3cret-of-the-shop-32-characters")), "token=x").await.status, 200);
}
