//! `POST /v1/login`

use super::Mode;
use crate::harness::{APP, TestApp};
use serde_json::json;
use wechat_simulator::Options;

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_person_gets_a_ticket() {
    let test = TestApp::<Mode>::start().await;

    let answer = test.phone("alice").login().await;

    assert_eq!(answer.status, 200);
    let ticket = answer.text("ticket").to_owned();
    assert_eq!(ticket.len(), 43);
    let ways = ["userInfo", "silent", "phone"];
    let expected = json!({"status": "registrationRequired", "ticket": ticket, "expiresIn": 300, "ways": ways});
    assert_eq!(answer.body, expected);
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_person_is_signed_in_at_once() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;

    let answer = test.phone("alice").login().await;

    assert_eq!(answer.status, 200);
    let token = answer.text("token").to_owned();
    assert_ne!(token, alice.token);
    assert_eq!(answer.body, json!({"status": "loggedIn", "token": token, "expiresIn": 604_800, "user": alice.user}));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_holds_an_openid_a_unionid_or_a_session_key() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let who = alice.get("/v1/auth").await;
    let secrets = [who.headers["x-open-id"].to_str().unwrap(), who.headers["x-union-id"].to_str().unwrap()];

    let answers = [
        test.phone("alice").login().await,
        test.phone("bob").login().await,
        alice.get("/v1/session").await,
        alice.get("/v1/sessions").await,
        alice.get("/v1/me").await,
    ];

    for answer in answers {
        let text = answer.body.to_string();
        assert!(!secrets.iter().any(|secret| text.contains(secret)), "{text}");
        assert!(!text.to_lowercase().contains("openid") && !text.to_lowercase().contains("session_key"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_once() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("alice");
    let code = phone.code().await;
    phone.login_with(&code).await;

    let answer = phone.login_with(&code).await;

    assert_eq!(answer.problem(), (401, "code_used", "restart"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_is_refused() {
    let test = TestApp::<Mode>::start().await;

    let answer = test.phone("alice").login_with("00000000000000000000000000000000").await;

    assert_eq!(answer.problem(), (401, "code_invalid", "restart"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_id_may_be_left_out_only_when_there_is_one_app() {
    let one = wechat_simulator::Options::default();
    let test = TestApp::<Mode>::with(&[("WECHAT_APP_ID", "wxonly"), ("WECHAT_APP_SECRET", "s")], one).await;
    let several = TestApp::<Mode>::start().await;
    let code = several.phone("alice").code().await;

    let alone = test.post("/v1/login", &json!({"code": "whatever"})).await;
    let missing = several.post("/v1/login", &json!({"code": code})).await;
    let unknown = several.post("/v1/login", &json!({"code": code, "appId": "wxunknown"})).await;
    let with_null = several.post("/v1/login", &json!({"code": code, "appId": null})).await;
    let right = several.post("/v1/login", &json!({"code": code, "appId": APP, "more": [1, 2]})).await;

    assert_eq!(alone.problem(), (502, "wechat_rejected", "none"), "wxonly is unknown to this WeChat");
    for answer in [missing, unknown, with_null] {
        assert_eq!(answer.problem(), (400, "invalid_request", "none"));
    }
    assert_eq!(right.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_rated_as_risky_is_blocked() {
    let test = TestApp::<Mode>::start().await;
    let phone = test.phone("mallory");
    phone.set(json!({"risk": true})).await;

    let answer = phone.login().await;

    assert_eq!(answer.problem(), (403, "blocked_by_wechat", "none"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_person_is_refused_at_once() {
    let test = TestApp::<Mode>::start().await;
    let alice = test.member("alice").await;
    let status = weapp_login::user::Status::Suspended;
    test.app.users.set_status(alice.id(), status, test.app.clock().now().into()).await.unwrap();

    let answer = test.phone("alice").login().await;

    assert_eq!(answer.problem(), (403, "user_suspended", "none"));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_wechat_is_slow_only_so_many_wait_for_it_and_sessions_have_their_room() {
    let test = TestApp::<Mode>::with(&[("WECHAT_MAX_IN_FLIGHT", "1")], Options::default()).await;
    let member = test.member("member").await;
    let people = [test.phone("alice"), test.phone("bob")];
    let codes = [people[0].code().await, people[1].code().await];
    test.wechat.fault("/sns/jscode2session", "latencyMs", 400, 2).await;

    let (first, (second, session)) = tokio::join!(people[0].login_with(&codes[0]), async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        (people[1].login_with(&codes[1]).await, member.get("/v1/session").await)
    });

    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(second.problem(), (503, "overloaded", "later"));
    assert_eq!(session.status, 200);
    assert_eq!(people[1].login().await.status, 200, "the place is free again");
}
