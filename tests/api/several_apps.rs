//! One person, several mini programs.

use super::Mode;
use crate::harness::{OTHER_APP, TestApp};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_unionid_in_another_app_is_the_same_person_at_once() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;

    let answer = test.phone("alice").in_app(OTHER_APP).login().await;

    assert_eq!(answer.body["status"], "loggedIn");
    assert_eq!(answer.body["user"]["id"], alice.user["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_unionid_each_app_has_its_own_account() {
    let test = TestApp::<Mode>::start().await;
    test.phone("bob").set(json!({"unionid": null})).await;
    let here = test.member("bob").await;

    let there = test.phone("bob").in_app(OTHER_APP).member().await;

    assert_ne!(here.id(), there.id());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unionid_that_appears_later_makes_one_account_of_two_and_sessions_follow() {
    let test = TestApp::<Mode>::start().await;
    let bob = test.phone("bob");
    bob.set(json!({"unionid": null})).await;
    let here = test.member("bob").await;
    let there = bob.in_app(OTHER_APP).member().await;
    bob.set(json!({"unionid": "uBob"})).await;
    let first = bob.login().await;

    let second = bob.in_app(OTHER_APP).login().await;

    assert_eq!(first.body["user"]["id"], here.user["id"], "the unionid was added");
    assert_eq!(second.body["user"]["id"], here.user["id"], "who holds the unionid stays");
    test.advance(50);
    assert_eq!(there.get("/v1/session").await.body["user"]["id"], here.user["id"]);
    assert_eq!(there.get("/v1/me").await.body["id"], here.user["id"]);
    let listed = here.get("/v1/sessions").await;
    assert_eq!(listed.body["sessions"].as_array().unwrap().len(), 4, "{listed:?}");
    assert_eq!(here.ask(Method::DELETE, "/v1/sessions", None).await.status, 204);
    assert_eq!(there.get("/v1/session").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_apps_at_once_settle_on_one_account() {
    let test = TestApp::<Mode>::start().await;
    for round in 0..5 {
        let phone = test.phone(&format!("carol{round}"));
        phone.set(json!({"unionid": null})).await;
        phone.in_app(OTHER_APP).member().await;
        test.member(&phone.person).await;
        phone.set(json!({"unionid": format!("uCarol{round}")})).await;
        let there = phone.in_app(OTHER_APP);

        let (a, b) = tokio::join!(phone.login(), there.login());

        assert_eq!((a.status.as_u16(), b.status.as_u16()), (200, 200), "{a:?} {b:?}");
        let after = [phone.login().await, there.login().await];
        assert_eq!(after[0].body["user"]["id"], after[1].body["user"]["id"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_suspended_account_is_merged_the_stricter_status_wins() {
    let test = TestApp::<Mode>::start().await;
    let bob = test.phone("bob");
    bob.set(json!({"unionid": null})).await;
    let here = test.member("bob").await;
    bob.in_app(OTHER_APP).member().await;
    let status = weapp_login::user::Status::Suspended;
    test.app.users.set_status(here.id(), status, test.app.clock().now().into()).await.unwrap();
    bob.set(json!({"unionid": "uBob"})).await;
    assert_eq!(bob.in_app(OTHER_APP).login().await.status, 200, "not merged yet");

    let merged = bob.login().await;

    assert_eq!(merged.problem(), (403, "user_suspended", "none"));
    assert_eq!(bob.in_app(OTHER_APP).login().await.problem(), (403, "user_suspended", "none"));
}
