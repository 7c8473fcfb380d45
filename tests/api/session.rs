//! `GET` and `DELETE /v1/session`

use super::Mode;
use crate::harness::{APP, TestApp};
use serde_json::json;
use testkit::eventually;
use weapp_login::user::Status;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_shows_who_where_and_until_when() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;

    let answer = alice.get("/v1/session").await;

    let (created, expires) = (answer.text("createdAt"), answer.text("expiresAt"));
    let seconds = |text| chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp();
    assert_eq!(seconds(expires) - seconds(created), 604_800);
    assert_eq!(answer.body, json!({"user": alice.user, "appId": APP, "createdAt": created, "expiresAt": expires}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_session_is_of_no_use() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;

    let answer = alice.delete("/v1/session").await;

    assert_eq!(answer.status, 204);
    let after = alice.get("/v1/session").await;
    assert_eq!(after.problem(), (401, "session_invalid", "restart"));
    assert_eq!(after.headers["www-authenticate"], "Bearer");
    assert_eq!(alice.delete("/v1/session").await.problem(), (401, "session_invalid", "restart"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_is_refused() {
    let test = TestApp::<Mode>::start().await;
    let ticket = test.phone("bob").ticket().await;
    let url = format!("{}/v1/session", test.base);

    for header in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic abc",
        &format!("Bearer {}", "A".repeat(43)),
        &format!("Bearer {ticket}"),
    ] {
        let answer = test.http.get(&url).header("authorization", header).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{header}");
    }
    assert_eq!(test.get("/v1/session").await.problem(), (401, "session_invalid", "restart"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unused_session_ends_and_a_used_one_goes_on_until_its_greatest_age() {
    let settings = [("SESSION_TTL_SECONDS", "1000"), ("SESSION_MAX_AGE_SECONDS", "2500")];
    let test = TestApp::<Mode>::with(&settings, Default::default()).await;
    let (unused, used) = (test.member("alice").await, test.member("bob").await);

    test.advance(900);
    assert_eq!(used.get("/v1/session").await.status, 200);
    test.advance(900);
    assert_eq!(used.get("/v1/session").await.status, 200);
    assert_eq!(unused.get("/v1/session").await.status, 401);
    test.advance(699);
    assert_eq!(used.get("/v1/session").await.status, 200);
    test.advance(2);

    assert_eq!(used.get("/v1/session").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_reaches_an_open_session_within_a_minute() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    test.app.users.set_status(alice.id(), Status::Suspended, test.app.clock().now().into()).await.unwrap();
    test.advance(59);

    let answer = alice.get("/v1/session").await;

    assert_eq!(answer.problem(), (401, "session_invalid", "restart"));
    assert_eq!(test.phone("alice").login().await.problem(), (403, "user_suspended", "none"));
    test.app.users.set_status(alice.id(), Status::Active, test.app.clock().now().into()).await.unwrap();
    assert_eq!(test.phone("alice").login().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_written_down_within_a_second() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    test.phone("alice").login().await;
    alice.delete("/v1/session").await;

    let later = test.app.clock().now() + chrono::TimeDelta::days(1);
    eventually("four events", async || test.app.users.forget_events(later, 10).await.unwrap() == 4).await;
}
