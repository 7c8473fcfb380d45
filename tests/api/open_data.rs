//! `POST /v1/open-data`

use super::Mode;
use crate::harness::TestApp;
use serde_json::json;

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
