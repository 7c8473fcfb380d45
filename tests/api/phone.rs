//! `POST /v1/me/phone`

use super::Mode;
use crate::harness::{APP, Member, TestApp};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::Answer;
use weapp_login::store::Value as Kept;
use wechat_simulator::Options;

const TOKEN_PATH: &str = "/cgi-bin/stable_token";
const PHONE_PATH: &str = "/wxa/business/getuserphonenumber";

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_bound_by_code() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let detail = alice.phone.wx("getPhoneNumber").await;

    let answer = alice.post("/v1/me/phone", json!({"code": detail["code"]})).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    let number = answer.text("phone");
    assert!(number.starts_with("+86") && number.len() == 14, "{number}");
    assert_eq!(alice.get("/v1/session").await.body["user"]["phone"], number);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_bound_by_encrypted_data() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let detail = alice.phone.wx("getPhoneNumber").await;
    let body = json!({"encryptedData": detail["encryptedData"], "iv": detail["iv"]});

    let answer = alice.post("/v1/me/phone", body).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.text("phone").starts_with("+86"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_the_wrong_kind_or_a_used_one_is_refused() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let login_code = alice.phone.code().await;
    let code = alice.phone.wx("getPhoneNumber").await["code"].clone();
    assert_eq!(alice.post("/v1/me/phone", json!({"code": code})).await.status, 200);

    let wrong_kind = alice.post("/v1/me/phone", json!({"code": login_code})).await;
    let used = alice.post("/v1/me/phone", json!({"code": code})).await;
    let nothing = alice.post("/v1/me/phone", json!({})).await;

    assert_eq!(wrong_kind.problem(), (422, "phone_code_invalid", "getPhoneNumber"));
    assert_eq!(used.problem(), (422, "phone_code_invalid", "getPhoneNumber"));
    assert_eq!(nothing.problem(), (400, "invalid_request", "none"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_access_token_is_replaced_at_once() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let codes = [alice.phone.wx("getPhoneNumber").await, alice.phone.wx("getPhoneNumber").await];
    assert_eq!(alice.post("/v1/me/phone", json!({"code": codes[0]["code"]})).await.status, 200);
    for errcode in [40001, 42001] {
        test.wechat.fault(PHONE_PATH, "errcode", errcode, 1).await;
        let detail = alice.phone.wx("getPhoneNumber").await;

        let answer = alice.post("/v1/me/phone", json!({"code": detail["code"]})).await;

        assert_eq!(answer.status, 200, "{errcode}: {answer:?}");
        // WeChat lets a token be replaced by force only every 30 seconds.
        test.wechat.steer(reqwest::Method::POST, "clock", json!({"advanceSeconds": 31})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_need_one_access_token() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let mut codes = vec![];
    for _ in 0..8 {
        codes.push(alice.phone.wx("getPhoneNumber").await["code"].clone());
    }

    let binds = codes.iter().map(|code| alice.post("/v1/me/phone", json!({"code": code})));
    let answers = futures_util::future::join_all(binds).await;

    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let log =
        test.http.get(format!("{}/control/log?after=0", test.wechat.base)).send().await.unwrap().text().await.unwrap();
    let fetched = log.matches("stable").count();
    assert!(fetched <= 1, "{fetched} tokens were fetched: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_one_renews_the_access_token_the_others_go_on_with_the_old_one() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let mut codes = vec![];
    for _ in 0..4 {
        codes.push(alice.phone.wx("getPhoneNumber").await["code"].clone());
    }
    assert_eq!(alice.post("/v1/me/phone", json!({"code": codes[0]})).await.status, 200);
    // Nearly two hours by the service's clock; the session was used in between.
    test.advance(7200 - 240);
    assert_eq!(alice.get("/v1/session").await.status, 200);
    test.wechat.fault(TOKEN_PATH, "latencyMs", 2000, 1).await;
    let begin = tokio::time::Instant::now();

    let binds = codes[1..].iter().map(async |code| {
        let answer = alice.post("/v1/me/phone", json!({"code": code})).await;
        (answer.status.as_u16(), begin.elapsed().as_millis() < 1900)
    });
    let answers = futures_util::future::join_all(binds).await;

    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    assert_eq!(answers.iter().filter(|(_, at_once)| *at_once).count(), 2, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wechat_refusing_the_service_is_told_apart_from_wechat_being_away() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let code = alice.phone.wx("getPhoneNumber").await["code"].clone();

    test.wechat.fault(TOKEN_PATH, "errcode", 40164, 1).await;
    let refused = alice.post("/v1/me/phone", json!({"code": code})).await;
    test.wechat.fault(TOKEN_PATH, "httpStatus", 502, 1).await;
    let away = alice.post("/v1/me/phone", json!({"code": code})).await;
    let then = alice.post("/v1/me/phone", json!({"code": code})).await;

    assert_eq!(refused.problem(), (502, "wechat_rejected", "none"));
    assert_eq!(away.problem(), (503, "wechat_unavailable", "later"));
    assert_eq!(then.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_in_needs_no_access_token() {
    let test = TestApp::<Mode>::start().await;
    test.wechat.fault(TOKEN_PATH, "latencyMs", 60_000, 100).await;

    let alice = test.member("alice").await;

    assert_eq!(alice.get("/v1/session").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_another_persons_tap_is_refused_and_stays_theirs() {
    let test = TestApp::<Mode>::start().await;
    let (alice, mallory) = (test.member("alice").await, test.member("mallory").await);
    let code = alice.phone.wx("getPhoneNumber").await["code"].clone();

    let leaked = mallory.post("/v1/me/phone", json!({"code": code})).await;
    let own = alice.post("/v1/me/phone", json!({"code": code})).await;

    assert_eq!(leaked.problem(), (422, "phone_code_invalid", "getPhoneNumber"));
    assert_eq!(own.status, 200, "{own:?}");
}

const CHECK_PATH: &str = "/wxa/business/checkencryptedmsg";

/// The older form of a number, which a button gives beside the code.
async fn older_form(member: &Member<'_, Mode>) -> Value {
    let detail = member.phone.wx("getPhoneNumber").await;
    json!({"encryptedData": detail["encryptedData"], "iv": detail["iv"]})
}

async fn service(policy: &str) -> TestApp<Mode> {
    TestApp::with(&[("PHONE_ENCRYPTED_DATA", policy)], Options::default()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_form_can_be_switched_off() {
    let test = service("refuse").await;
    let alice = test.member("alice").await;
    let code = alice.phone.wx("getPhoneNumber").await["code"].clone();

    let older = alice.post("/v1/me/phone", older_form(&alice).await).await;
    let by_code = alice.post("/v1/me/phone", json!({"code": code})).await;

    assert_eq!(older.problem(), (400, "invalid_request", "none"));
    assert_eq!(by_code.status, 200, "{by_code:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_form_can_be_verified_with_wechat() {
    let test = service("verify").await;
    let alice = test.member("alice").await;

    let made = alice.post("/v1/me/phone", older_form(&alice).await).await;
    test.wechat.fault(CHECK_PATH, "errcode", 40001, 1).await;
    let with_a_fresh_access_token = alice.post("/v1/me/phone", older_form(&alice).await).await;
    let mut refused: Vec<Answer> = vec![];
    for judgement in ["invalid", "unknown"] {
        test.wechat.steer(reqwest::Method::PUT, "checks", json!({"encrypted": judgement})).await;
        refused.push(alice.post("/v1/me/phone", older_form(&alice).await).await);
    }
    test.wechat.fault(CHECK_PATH, "httpStatus", 502, 1).await;
    let away = alice.post("/v1/me/phone", older_form(&alice).await).await;

    assert_eq!(made.status, 200, "{made:?}");
    assert_eq!(with_a_fresh_access_token.status, 200, "{with_a_fresh_access_token:?}");
    for answer in refused {
        assert_eq!(answer.problem(), (422, "phone_code_invalid", "getPhoneNumber"));
    }
    assert_eq!(away.problem(), (503, "wechat_unavailable", "later"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_renews_the_access_token_too_slowly_leaves_the_lock_to_its_new_owner() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let code = alice.phone.wx("getPhoneNumber").await["code"].clone();
    test.wechat.fault(TOKEN_PATH, "latencyMs", 400, 1).await;
    let lock = format!("lock:access-token:{APP}");

    let (bound, ()) = tokio::join!(alice.post("/v1/me/phone", json!({"code": code})), async {
        while test.app.tokens.get(&lock).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // As after the lock's life, when another replica has taken it.
        let another = Kept { key: &lock, bytes: b"another replica", ttl: Duration::from_secs(10) };
        test.app.tokens.put(another).await.unwrap();
    });

    assert_eq!(bound.status, 200, "{bound:?}");
    assert_eq!(test.app.tokens.get(&lock).await.unwrap(), Some(b"another replica".to_vec()));
}
