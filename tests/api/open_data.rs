//! `POST /v1/open-data`

use super::Mode;
use crate::harness::TestApp;
use futures_util::future::join_all;
use serde_json::{Value, json};

/// What nobody's session key opens.
fn forged() -> Value {
    json!({"encryptedData": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "iv": "AAAAAAAAAAAAAAAAAAAAAA=="})
}

#[tokio::test(flavor = "multi_thread")]
async fn encrypted_data_is_opened_without_the_ids_in_it() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let steps = alice.phone.wx("getWeRunData").await;
    let info = alice.phone.user_info().await;

    let run = alice.post("/v1/open-data", steps).await;
    let user = alice.post("/v1/open-data", info).await;

    assert_eq!(run.status, 200, "{run:?}");
    assert!(run.body["stepInfoList"].as_array().is_some_and(|list| !list.is_empty()), "{run:?}");
    assert_eq!(user.status, 200, "{user:?}");
    assert_eq!(user.body["nickName"], "微信用户");
    assert!(user.body.get("openId").is_none() && user.body.get("unionId").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_wechat_renewed_since_is_answered_with_restart() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    alice.phone.expire_session_key().await;
    let other_device = test.member("alice").await;
    let steps = alice.phone.wx("getWeRunData").await;
    let info = alice.phone.user_info().await;

    let encrypted = alice.post("/v1/open-data", steps.clone()).await;
    let signed = alice.post("/v1/open-data", info).await;
    let by_new_session = other_device.post("/v1/open-data", steps).await;

    assert_eq!(encrypted.problem(), (422, "decryption_failed", "restart"));
    assert_eq!(signed.problem(), (422, "signature_mismatch", "restart"));
    assert_eq!(by_new_session.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_data_is_refused() {
    let test = TestApp::<Mode>::start().await;
    let (alice, bob) = (test.member("alice").await, test.member("bob").await);
    let info = bob.phone.user_info().await;

    let answer = alice.post("/v1/open-data", json!({"encryptedData": info["encryptedData"], "iv": info["iv"]})).await;

    assert_eq!(answer.problem(), (422, "decryption_failed", "restart"), "bob's key is another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn old_data_is_stale() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let steps = alice.phone.wx("getWeRunData").await;
    test.advance(602);

    let answer = alice.post("/v1/open-data", steps).await;

    assert_eq!(answer.problem(), (422, "data_stale", "getUserInfo"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_failed_decryptions_end_the_session_those_of_phone_numbers_included() {
    let test = TestApp::<Mode>::start().await;
    let (alice, other_device) = (test.member("alice").await, test.member("alice").await);
    let mut failed = vec![];
    for round in 0..10 {
        let path = if round % 2 == 0 { "/v1/open-data" } else { "/v1/me/phone" };
        failed.push(alice.post(path, forged()).await);
    }

    let then = alice.get("/v1/session").await;

    assert!(failed.iter().all(|answer| answer.problem() == (422, "decryption_failed", "restart")), "{failed:?}");
    assert_eq!(then.problem(), (401, "session_invalid", "restart"));
    assert_eq!(alice.post("/v1/open-data", forged()).await.problem().0, 401);
    assert_eq!(other_device.get("/v1/session").await.status, 200, "another session has a budget of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_forgeries_at_once_ten_are_answered_with_anything_but_401() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;

    let answers = join_all((0..100).map(|_| alice.post("/v1/open-data", forged()))).await;

    let other = answers.iter().filter(|answer| answer.status != 401).count();
    assert_eq!(other, 10, "{answers:?}");
    assert_eq!(alice.get("/v1/session").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_opened_or_merely_old_costs_nothing() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    for _ in 0..15 {
        let steps = alice.phone.wx("getWeRunData").await;
        assert_eq!(alice.post("/v1/open-data", steps).await.status, 200);
    }
    let old = alice.phone.wx("getWeRunData").await;
    test.advance(700);
    for _ in 0..15 {
        assert_eq!(alice.post("/v1/open-data", old.clone()).await.problem().1, "data_stale");
    }
    for _ in 0..9 {
        assert_eq!(alice.post("/v1/open-data", forged()).await.status, 422);
    }

    assert_eq!(alice.get("/v1/session").await.status, 200);
}
