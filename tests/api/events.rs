//! What sign-ins leave in `login_events` and `visits`.

use super::Mode;
use crate::harness::{APP, Storage, TestApp};
use reqwest::header::USER_AGENT;
use serde_json::json;
use testkit::{Answer, eventually};
use weapp_login::store::Noted;
use weapp_login::user::Status;
use wechat_simulator::Options;

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) MicroMessenger/8.0.50";

/// Kind, way, code, device and address of every event, once there are so many.
async fn events(test: &TestApp<Mode>, many: usize) -> Vec<String> {
    let sql = "SELECT JSON_ARRAY(kind, way, reason, device, client_address) AS line FROM login_events ORDER BY id";
    eventually("the events", async || test.storage.lines(sql).await.len() >= many).await;
    let words = |line: String| {
        let columns: Vec<Option<String>> = serde_json::from_str(&line).unwrap();
        columns.into_iter().map(|column| column.unwrap_or("-".to_owned())).collect::<Vec<_>>().join(" ")
    };
    test.storage.lines(sql).await.into_iter().map(words).collect()
}

async fn login(test: &TestApp<Mode>, code: &str) -> Answer {
    let request = test.http.post(format!("{}/v1/login", test.base)).header(USER_AGENT, IPHONE);
    let request = request.header("x-forwarded-for", "203.0.113.77");
    Answer::to(request.json(&json!({"code": code, "appId": APP}))).await.unwrap()
}

async fn told(settings: &[(&str, &str)]) -> Vec<String> {
    let test =
        TestApp::<Mode>::with(&[settings, &[("TRUSTED_PROXIES", "127.0.0.1")]].concat(), Options::default()).await;
    let alice = test.phone("alice");

    assert_eq!(login(&test, "no-code").await.status, 401);
    let ticket = login(&test, &alice.code().await).await.text("ticket").to_owned();
    assert_eq!(test.post("/v1/register", &json!({"ticket": "A".repeat(43)})).await.status, 410);
    assert_eq!(test.post("/v1/register", &json!({"ticket": ticket})).await.status, 201);
    let known = login(&test, &alice.code().await).await;
    let id = weapp_login::user::UserId(known.body["user"]["id"].as_str().unwrap().parse().unwrap());
    test.app.users.set_status(id, Status::Suspended, test.app.clock().now().into()).await.unwrap();
    assert_eq!(login(&test, &alice.code().await).await.status, 403);
    let mut events = events(&test, 7).await;
    events.retain(|event| !event.starts_with("suspend"));
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_tells_its_way_its_device_and_its_network_and_what_failed_why() {
    let events = told(&[]).await;

    assert_eq!(
        events,
        [
            "login_failed - code_invalid ios 203.0.113.0",
            "ticket - - ios 203.0.113.0",
            "register_failed silent ticket_invalid other 127.0.0.0",
            "register silent - other 127.0.0.0",
            "login - - ios 203.0.113.0",
            "login_failed - user_suspended ios 203.0.113.0",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_kept_as_the_operator_says() {
    let whole = told(&[("EVENTS_CLIENT_ADDRESS", "whole")]).await;
    let none = told(&[("EVENTS_CLIENT_ADDRESS", "none")]).await;

    assert_eq!(whole[1], "ticket - - ios 203.0.113.77");
    assert_eq!(none[1], "ticket - - ios -");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_failures_is_counted_and_not_written() {
    let test = TestApp::<Mode>::start().await;
    for _ in 0..80 {
        assert_eq!(login(&test, "no-code").await.status, 401);
    }

    let written = events(&test, 60).await.len();
    let metrics = test.get("/metrics").await.body.to_string();

    assert!((60..80).contains(&written), "{written}");
    assert!(metrics.contains("weapp_login_events_total{outcome=\\\"left_out\\\"}"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_uses_a_session_on_another_day_was_seen_on_it() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let days = async || test.app.users.held(alice.id()).await.unwrap().unwrap().visits.len();
    eventually("the visit of the registration", async || days().await == 1).await;

    assert_eq!(alice.get("/v1/me").await.status, 200);
    test.advance(24 * 3600);
    for _ in 0..3 {
        assert_eq!(alice.get("/v1/me").await.status, 200);
    }
    eventually("the visit of the day after", async || days().await == 2).await;

    let held = test.app.users.held(alice.id()).await.unwrap().unwrap();
    assert_eq!(held.accounts[0].last_seen_on, Some(test.app.clock().now().date_naive()));
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_sql_suspended_is_told_of_at_the_first_meeting() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let suspends = async || {
        let events = test.app.users.held(alice.id()).await.unwrap().unwrap().events;
        events.into_iter().filter(|event| event.kind == "suspend").count()
    };
    let now = test.app.clock().now();

    test.storage.lines("UPDATE users SET status = 'suspended', status_by = 'zoe'").await;
    test.advance(60);
    assert_eq!(alice.get("/v1/me").await.status, 401);
    eventually("the event", async || suspends().await == 1).await;
    assert_eq!(alice.phone.login().await.status, 403);
    test.app.users.record(&[Noted::Suspension { at: now, user_id: alice.id() }]).await.unwrap();

    assert_eq!(suspends().await, 1);
}
