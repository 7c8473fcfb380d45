//! `POST /v1/introspect`

use super::Mode;
use crate::harness::{APP, TestApp};
use serde_json::json;
use std::time::Duration;
use testkit::Answer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

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

/// Asks from an address that the proxy on this machine vouches for.
async fn ask_from(test: &TestApp<Mode>, address: &str, secret: &str) -> Answer {
    let request = test.http.post(format!("{}/v1/introspect", test.base)).header("x-forwarded-for", address);
    Answer::to(request.basic_auth("shop", Some(secret)).body("token=x")).await.unwrap()
}

const RIGHT: &str = "s3cret-of-the-shop-32-characters";

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_limit_of_an_address_not_even_the_right_secret_is_told_from_a_wrong_one() {
    let settings = [CLIENTS, ("RATE_LIMIT_PER_MINUTE", "3"), ("TRUSTED_PROXIES", "127.0.0.0/8")];
    let test = TestApp::<Mode>::with(&settings, Default::default()).await;
    for _ in 0..20 {
        assert_eq!(ask_from(&test, "198.51.100.7", RIGHT).await.status, 200, "success is not counted");
    }

    for _ in 0..3 {
        assert_eq!(ask_from(&test, "198.51.100.7", "guess").await.status, 401);
    }

    assert_eq!(ask_from(&test, "198.51.100.7", "guess").await.problem(), (429, "rate_limited", "later"));
    assert_eq!(ask_from(&test, "198.51.100.7", RIGHT).await.problem(), (429, "rate_limited", "later"));
    assert_eq!(ask_from(&test, "198.51.100.8", RIGHT).await.status, 200, "nobody else is locked out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_id_has_a_limit_of_its_own_that_many_addresses_reach_together() {
    let settings = [CLIENTS, ("RATE_LIMIT_PER_MINUTE", "1"), ("TRUSTED_PROXIES", "127.0.0.0/8")];
    let test = TestApp::<Mode>::with(&settings, Default::default()).await;
    for address in 0..10 {
        assert_eq!(ask_from(&test, &format!("198.51.100.{address}"), "guess").await.status, 401);
    }

    assert_eq!(ask_from(&test, "198.51.100.200", RIGHT).await.problem(), (429, "rate_limited", "later"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_client_is_answered_before_the_body_is_there() {
    let test = TestApp::<Mode>::with(&[CLIENTS], Default::default()).await;
    let address = test.base.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = "POST /v1/introspect HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\ntoken=";
    stream.write_all(head.as_bytes()).await.unwrap();

    let mut answer = [0; 12];
    tokio::time::timeout(Duration::from_secs(5), stream.read_exact(&mut answer)).await.unwrap().unwrap();

    assert_eq!(&answer, b"HTTP/1.1 401");
}
