//! What WeChat can answer, and what of it is asked again.

use crate::harness::{APP, Embedded, TestApp};
use crate::stand_in::StandIn;
use serde_json::{Value, json};

const SESSION: &str = r#"{"session_key":"tiihtNczf5v6AKRyjwEUhQ==","openid":"oGZUI0egBJY1zhBYw2KhdUfwVJJE"}"#;

async fn login(answers: &[(&str, &str)]) -> (u16, String, String, usize) {
    let wechat = StandIn::start(answers).await;
    let test = TestApp::<Embedded>::against(&wechat.base, &[]).await;
    let answer = test.post("/v1/login", &json!({"code": "c", "appId": APP})).await;
    let calls = wechat.asked().len();
    if answer.status == 200 {
        return (200, answer.text("status").to_owned(), String::new(), calls);
    }
    let (status, code, retry) = answer.problem();
    (status, code.to_owned(), retry.to_owned(), calls)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_success_is_understood() {
    for (kind, body) in [
        ("text/plain", SESSION.to_owned()),
        ("application/json; encoding=utf-8", SESSION.replace('}', r#","expires_in":7200}"#)),
        ("text/plain", SESSION.replace('}', r#","errcode":0,"errmsg":"ok"}"#)),
        ("text/plain", SESSION.replace('}', r#","errcode":"0","unionid":""}"#)),
        ("text/plain", SESSION.replace("tiihtNczf5v6AKRyjwEUhQ==", r"tiihtNczf5v6AKRyjw\/UhQ==")),
        ("text/html", format!("\n{SESSION}\n")),
    ] {
        let outcome = login(&[(kind, &body)]).await;
        assert_eq!(outcome, (200, "registrationRequired".into(), String::new(), 1), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_errcode_is_told_apart() {
    for (errcode, status, code, retry) in [
        ("40029", 401, "code_invalid", "restart"),
        ("\"40029\"", 401, "code_invalid", "restart"),
        ("40163", 401, "code_used", "restart"),
        ("40226", 403, "blocked_by_wechat", "none"),
        ("45011", 429, "rate_limited", "later"),
        ("45009", 503, "wechat_quota_exhausted", "later"),
        ("40013", 502, "wechat_rejected", "none"),
        ("40125", 502, "wechat_rejected", "none"),
        ("41002", 502, "wechat_rejected", "none"),
        ("41004", 502, "wechat_rejected", "none"),
        ("41008", 502, "wechat_rejected", "none"),
        ("40002", 502, "wechat_rejected", "none"),
        ("40164", 502, "wechat_rejected", "none"),
        ("48001", 502, "wechat_rejected", "none"),
        ("50002", 502, "wechat_rejected", "none"),
        ("61003", 502, "wechat_rejected", "none"),
        ("99999", 502, "wechat_rejected", "none"),
        ("\"what\"", 502, "wechat_rejected", "none"),
    ] {
        let body = format!(r#"{{"errcode":{errcode},"errmsg":"text, rid: 62308e5d-0b0b697e-1db652eb"}}"#);
        let outcome = login(&[("text/plain", &body)]).await;
        assert_eq!(outcome, (status, code.into(), retry.into(), 1), "{errcode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_unavailable_and_not_asked_again() {
    for body in [
        "",
        "<html>502 Bad Gateway</html>",
        "null",
        "[]",
        "{}",
        r#"{"openid":"o1"}"#,
        r#"{"session_key":"short","openid":"o1"}"#,
        r#"{"session_key":"tiihtNczf5v6AKRyjwEUhQ==","openid":""}"#,
        r#"{"session_key":"tiihtNczf5v6AKRyjwEUhQ==","openid":"o 1"}"#,
        r#"{"session_key":"tiihtNczf5v6AKRyjwEUhQ==","openid":7}"#,
    ] {
        let outcome = login(&[("text/plain", body)]).await;
        assert_eq!(outcome, (503, "wechat_unavailable".into(), "later".into(), 1), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn busy_is_asked_once_more() {
    let busy = r#"{"errcode":-1,"errmsg":"system error"}"#;

    let then_fine = login(&[("text/plain", busy), ("text/plain", SESSION)]).await;
    let still_busy = login(&[("text/plain", busy)]).await;

    assert_eq!(then_fine, (200, "registrationRequired".into(), String::new(), 2));
    assert_eq!(still_busy, (503, "wechat_unavailable".into(), "later".into(), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_address_is_passed_over_and_a_lost_answer_is_not_asked_for_again() {
    let wechat = StandIn::start(&[("text/plain", SESSION)]).await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let several = format!("http://{free}, {}", wechat.base);
    let test = TestApp::<Embedded>::against(&wechat.base, &[("WECHAT_BASE_URL", &several)]).await;
    let lossy = TestApp::<Embedded>::start().await;
    lossy.wechat.fault("/sns/jscode2session", "dropAfter", 0, 1).await;
    let phone = lossy.phone("alice");
    let code = phone.code().await;

    let over = test.post("/v1/login", &json!({"code": "c", "appId": APP})).await;
    let lost = phone.login_with(&code).await;
    let same_code = phone.login_with(&code).await;
    let fresh_code = phone.login().await;

    assert_eq!(over.status, 200, "{over:?}");
    assert_eq!(lost.problem(), (503, "wechat_unavailable", "later"));
    assert_eq!(same_code.problem(), (401, "code_used", "restart"));
    assert_eq!(fresh_code.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_question_is_the_documented_one_and_our_trace_stays_here() {
    let wechat = StandIn::start(&[("text/plain", SESSION)]).await;
    let test = TestApp::<Embedded>::against(&wechat.base, &[]).await;
    let request = test.http.post(format!("{}/v1/login", test.base)).json(&json!({"code": "a b&c", "appId": APP}));
    let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    request.header("traceparent", header).send().await.unwrap();

    let asked = wechat.asked().remove(0);
    let (line, head) = asked.split_once("\r\n").unwrap();
    assert_eq!(
        line,
        "GET /sns/jscode2session?appid=wx0000000000000001&secret=secret-of-the-test-app&js_code=a+b%26c\
         &grant_type=authorization_code HTTP/1.1"
    );
    assert!(!head.contains("traceparent"), "{head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wechats_own_published_sample_registers_as_it_is() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../fixtures/vectors.json")).unwrap();
    let sample = vectors.iter().find(|vector| vector["name"] == "official-sample-userinfo").unwrap();
    let text = |name: &str| sample[name].as_str().unwrap();
    let session = json!({"session_key": text("session_key"), "openid": "oGZUI0egBJY1zhBYw2KhdUfwVJJE"}).to_string();
    let wechat = StandIn::start(&[("text/plain", &session)]).await;
    let app = [("WECHAT_APP_ID", text("appid")), ("WECHAT_APP_SECRET", "s"), ("DATA_MAX_AGE_SECONDS", "0")];
    let test = TestApp::<Embedded>::against(&wechat.base, &app).await;
    let ticket = test.post("/v1/login", &json!({"code": "c"})).await.text("ticket").to_owned();
    // The sample has no rawData of its own: a signature over any is made with the sample's key.
    let raw_data = r#"{"nickName":"Band"}"#;
    let signature: String = {
        use sha1::{Digest, Sha1};
        let digest = Sha1::digest(format!("{raw_data}{}", text("session_key")));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let body = json!({
        "ticket": ticket, "rawData": raw_data, "signature": signature,
        "encryptedData": text("encrypted_data"), "iv": text("iv"),
    });

    let answer = test.post("/v1/register", &body).await;

    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.body["user"]["nickname"], "Band");
    assert_eq!(answer.body["user"]["city"], "Guangzhou");
}
