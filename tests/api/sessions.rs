//! `GET` and `DELETE /v1/sessions`, `DELETE /v1/sessions/{id}`

use super::Mode;
use crate::harness::TestApp;
use reqwest::Method;

#[tokio::test(flavor = "multi_thread")]
async fn every_device_is_listed_the_current_one_marked() {
    let test = TestApp::<Mode>::start().await;
    let (first, second) = (test.member("alice").await, test.member("alice").await);

    let answer = first.get("/v1/sessions").await;

    let listed = answer.body["sessions"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    let current: Vec<_> = listed.iter().filter(|session| session["current"] == true).collect();
    assert_eq!(current.len(), 1);
    let expected = ["appId", "createdAt", "current", "expiresAt", "id", "label", "lastUsedAt"];
    assert_eq!(current[0].as_object().unwrap().keys().collect::<Vec<_>>(), expected);
    let seen_by_second = second.get("/v1/sessions").await;
    assert_ne!(seen_by_second.body["sessions"], answer.body["sessions"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_session_can_be_closed_from_another() {
    let test = TestApp::<Mode>::start().await;
    let (first, second, stranger) = (test.member("alice").await, test.member("alice").await, test.member("bob").await);
    let listed = second.get("/v1/sessions").await;
    let own = listed.body["sessions"].as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
    let path = format!("/v1/sessions/{}", own["id"].as_str().unwrap());

    let by_stranger = stranger.ask(Method::DELETE, &path, None).await;
    let by_owner = first.ask(Method::DELETE, &path, None).await;
    let again = first.ask(Method::DELETE, &path, None).await;

    assert_eq!(by_stranger.problem(), (404, "not_found", "none"));
    assert_eq!(by_owner.status, 204);
    assert_eq!(again.problem(), (404, "not_found", "none"));
    assert_eq!(second.get("/v1/session").await.status, 401);
    assert_eq!(first.get("/v1/session").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sessions_can_be_closed_at_once() {
    let test = TestApp::<Mode>::start().await;
    let (first, second, stranger) = (test.member("alice").await, test.member("alice").await, test.member("bob").await);

    let answer = first.delete("/v1/sessions").await;

    assert_eq!(answer.status, 204);
    assert_eq!(first.get("/v1/session").await.status, 401);
    assert_eq!(second.get("/v1/session").await.status, 401);
    assert_eq!(stranger.get("/v1/session").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_bound_the_longest_unused_session_ends() {
    let test = TestApp::<Mode>::with(&[("SESSIONS_PER_USER", "2")], Default::default()).await;
    let first = test.member("alice").await;
    test.advance(1);
    let second = test.member("alice").await;
    test.advance(60);
    assert_eq!(first.get("/v1/session").await.status, 200);

    let third = test.member("alice").await;

    assert_eq!(first.get("/v1/session").await.status, 200);
    assert_eq!(second.get("/v1/session").await.status, 401);
    assert_eq!(third.get("/v1/session").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ended_is_not_listed() {
    let test = TestApp::<Mode>::with(&[("SESSION_TTL_SECONDS", "100")], Default::default()).await;
    let old = test.member("alice").await;
    test.advance(99);
    let new = test.member("alice").await;
    test.advance(2);

    let listed = new.get("/v1/sessions").await;

    assert_eq!(listed.body["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(old.get("/v1/session").await.status, 401);
}
