//! How often somebody may ask.

use super::Mode;
use crate::harness::TestApp;
use serde_json::json;
use testkit::Answer;

async fn login_from(test: &TestApp<Mode>, forwarded: &str) -> Answer {
    let request = test.http.post(format!("{}/v1/login", test.base)).header("x-forwarded-for", forwarded);
    Answer::to(request.json(&json!({"code": "c", "appId": "wxnone"}))).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_beyond_its_limit_is_told_when_to_come_back() {
    let test = TestApp::<Mode>::with(&[("RATE_LIMIT_PER_MINUTE", "3")], Default::default()).await;

    let answers = [
        login_from(&test, "").await,
        login_from(&test, "").await,
        login_from(&test, "").await,
        login_from(&test, "203.0.113.7").await,
    ];

    assert!(answers[..3].iter().all(|answer| answer.status == 400), "{answers:?}");
    assert_eq!(answers[3].problem(), (429, "rate_limited", "later"));
    let wait: u32 = answers[3].headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    assert_eq!(answers[0].headers["ratelimit-policy"], "\"address\";q=3;w=60");
    assert!(answers[0].headers["ratelimit"].to_str().unwrap().starts_with("\"address\";r=2;t="));
    assert!(answers[3].headers["ratelimit"].to_str().unwrap().starts_with("\"address\";r=0;t="));
}

#[tokio::test(flavor = "multi_thread")]
async fn register_is_counted_with_login() {
    let test = TestApp::<Mode>::with(&[("RATE_LIMIT_PER_MINUTE", "1")], Default::default()).await;
    login_from(&test, "").await;

    let answer = test.post("/v1/register", &json!({})).await;

    assert_eq!(answer.problem(), (429, "rate_limited", "later"));
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_clients_are_told_apart_and_ipv6_by_64() {
    let settings = [("RATE_LIMIT_PER_MINUTE", "1"), ("TRUSTED_PROXIES", "127.0.0.0/8, ::1")];
    let test = TestApp::<Mode>::with(&settings, Default::default()).await;

    assert_eq!(login_from(&test, "203.0.113.1").await.status, 400);
    assert_eq!(login_from(&test, "203.0.113.2").await.status, 400);
    assert_eq!(login_from(&test, "6.6.6.6, 203.0.113.1").await.status, 429);
    assert_eq!(login_from(&test, "2001:db8:1:1::1").await.status, 400);
    assert_eq!(login_from(&test, "2001:db8:1:1:ffff::2").await.status, 429);
    assert_eq!(login_from(&test, "2001:db8:1:2::1").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_has_a_limit_of_its_own() {
    let test = TestApp::<Mode>::with(&[("RATE_LIMIT_PER_APP_PER_MINUTE", "2")], Default::default()).await;
    let phone = test.phone("alice");
    phone.login().await;
    phone.login().await;

    let answer = phone.login().await;

    assert_eq!(answer.problem(), (429, "rate_limited", "later"));
    assert_eq!(phone.in_app(crate::harness::OTHER_APP).login().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_to_wechat_have_a_limit_that_needs_no_store() {
    let test = TestApp::<Mode>::with(&[("WECHAT_MAX_CALLS_PER_MINUTE", "1")], Default::default()).await;
    test.phone("alice").login().await;

    let answer = test.phone("bob").login().await;

    assert_eq!(answer.problem(), (429, "rate_limited", "later"));
}
