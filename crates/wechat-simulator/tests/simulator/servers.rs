//! Rules 32, 33, 35 and 36: what WeChat's servers answer to a backend with an access token.

use crate::harness::{APP, Answer, Desk, OTHER_APP, SECRET, START, app, empty_signature, options, token_path};
use serde_json::{Value, json};
use wechat_simulator::{Options, SimulatedApp};

const METHOD: &str = "hmac_sha256";

fn session_call(desk: &Desk, api: &str, token: &str, openid: &str, signature: &str, method: &str) -> Answer {
    let query = format!("access_token={token}&openid={openid}&signature={signature}&sig_method={method}");
    desk.get(&format!("/wxa/{api}?{query}"))
}

#[test]
fn rule_32_check_session_tells_the_living_key_from_every_other() {
    let desk = Desk::new(options());
    let openid = desk.openid("alice");
    let key = desk.sign_in("alice");
    let token = desk.token();
    let check = |signature: &str| session_call(&desk, "checksession", &token, &openid, signature, METHOD);
    let signature = empty_signature(&key);

    let alive = check(&signature);
    let wrong = check(&empty_signature("AAAAAAAAAAAAAAAAAAAAAA=="));
    desk.expire_key("alice");
    let expired = check(&signature);

    assert_eq!(alive.text, r#"{"errcode":0,"errmsg":"ok"}"#);
    assert_eq!([wrong.errcode(), expired.errcode()], [87009, 87009]);
    assert!(wrong.text_of("errmsg").starts_with("invalid signature rid: "), "{wrong:?}");
}

#[test]
fn rule_32_check_session_checks_the_token_then_the_method_then_the_person() {
    let desk = Desk::new(options());
    desk.sign_in("alice");
    let token = desk.token();

    let refused = [
        desk.get("/wxa/checksession"),
        desk.get("/wxa/checksession?access_token=wrong&sig_method=bad"),
        session_call(&desk, "checksession", &token, "bad", "bad", "hmac_sha1"),
        session_call(&desk, "checksession", &token, "bad", "bad", METHOD),
        desk.get(&format!("/wxa/checksession?access_token={token}&sig_method={METHOD}")),
        desk.post(&format!("/wxa/checksession?access_token={token}"), json!({})),
    ];

    assert_eq!(refused.map(|answer| answer.errcode()), [41001, 40001, 87008, 40003, 40003, 43001]);
}

#[test]
fn rule_32_an_openid_means_nothing_in_another_app() {
    let desk = Desk::new(options());
    let openid = desk.openid("alice");
    let key = desk.sign_in("alice");
    let foreign_token = desk.get(&token_path(OTHER_APP, SECRET)).text_of("access_token");

    let answer = session_call(&desk, "checksession", &foreign_token, &openid, &empty_signature(&key), METHOD);

    assert_eq!(answer.errcode(), 40003);
}

#[test]
fn rule_33_a_reset_replaces_the_key_at_once_and_keeps_its_expiry() {
    let desk = Desk::new(options());
    let openid = desk.openid("alice");
    let old = desk.sign_in("alice");
    desk.advance(86_400);
    let token = desk.token();
    let call = |api: &str, key: &str| session_call(&desk, api, &token, &openid, &empty_signature(key), METHOD);
    let expiry = || desk.get(&format!("/control/people/alice?appId={APP}")).json()["apps"][0]["keyExpiresAt"].clone();
    let expiry_before = expiry();

    let answer = call("resetusersessionkey", &old);

    let new = answer.text_of("session_key");
    let expected = format!(r#"{{"errcode":0,"errmsg":"ok","openid":"{openid}","session_key":"{new}"}}"#);
    assert_eq!(answer.text, expected);
    assert_ne!(new, old);
    assert_eq!([call("checksession", &old).errcode(), call("checksession", &new).errcode()], [87009, 0]);
    assert!(desk.user_info("alice").is_by(&new));
    assert_eq!(expiry(), expiry_before);
    assert_eq!(call("resetusersessionkey", &old).errcode(), 87009);
}

#[test]
fn rule_33_resets_of_one_person_must_keep_a_distance() {
    let desk = Desk::new(options());
    let openid = desk.openid("alice");
    let key = desk.sign_in("alice");
    let token = desk.token();
    let reset = |key: &str| session_call(&desk, "resetusersessionkey", &token, &openid, &empty_signature(key), METHOD);

    let second = reset(&key).text_of("session_key");
    let too_soon = reset(&second);
    desk.advance(10);
    let later = reset(&second);

    assert_eq!(too_soon.errcode(), 45011);
    assert_eq!(later.errcode(), 0);
}

fn redeem(desk: &Desk, body: Value) -> Answer {
    desk.post(&format!("/wxa/business/getuserphonenumber?access_token={}", desk.token()), body)
}

#[test]
fn rule_35_a_phone_code_is_redeemed_once() {
    let desk = Desk::new(options());
    desk.steer("PUT", "/control/people/alice", json!({"phone": "13800138000"}));
    let code = desk.wx("alice", "getPhoneNumber").text_of("code");

    let answer = redeem(&desk, json!({"code": code}));
    let again = redeem(&desk, json!({"code": code}));

    let watermark = format!(r#""watermark":{{"timestamp":{START},"appid":"{APP}"}}"#);
    let info =
        format!(r#"{{"phoneNumber":"13800138000","purePhoneNumber":"13800138000","countryCode":"86",{watermark}}}"#);
    assert_eq!(answer.text, format!(r#"{{"errcode":0,"errmsg":"ok","phone_info":{info}}}"#));
    assert_eq!(again.errcode(), 40029);
    let errmsg = again.text_of("errmsg");
    assert!(errmsg.starts_with("invalid code hint: [") && errmsg.contains("] rid: "), "{errmsg}");
}

#[test]
fn rule_35_login_codes_late_codes_foreign_codes_and_other_peoples_openids_are_refused() {
    let desk = Desk::new(options());
    let phone_code = |id: &str| desk.wx_with("alice", "getPhoneNumber", json!({"appId": id})).text_of("code");
    let [late, foreign] = [phone_code(APP), phone_code(OTHER_APP)];
    desk.advance(300);
    let code = phone_code(APP);
    let [alice, bob] = ["alice", "bob"].map(|person| desk.openid(person));

    let refused = [
        redeem(&desk, json!({"code": desk.code("alice")})),
        redeem(&desk, json!({"code": late})),
        redeem(&desk, json!({"code": foreign})),
        redeem(&desk, json!({})),
        redeem(&desk, json!({"code": code, "openid": bob})),
    ];
    let accepted = redeem(&desk, json!({"code": code, "openid": alice}));

    assert_eq!(refused.map(|answer| answer.errcode()), [40029; 5]);
    assert_eq!(accepted.errcode(), 0);
}

#[test]
fn rule_35_a_phone_code_needs_a_token_and_a_json_body() {
    let desk = Desk::new(options());
    let path = format!("/wxa/business/getuserphonenumber?access_token={}", desk.token());

    let refused = [
        desk.ask("POST", "/wxa/business/getuserphonenumber", "{}"),
        desk.ask("POST", "/wxa/business/getuserphonenumber?access_token=wrong", "{}"),
        desk.ask("POST", &path, "code=form"),
        desk.ask("POST", &path, ""),
        desk.get(&path),
    ];

    assert_eq!(refused.map(|answer| answer.errcode()), [41001, 40001, 47001, 44002, 43002]);
}

#[test]
fn rule_35_the_country_code_can_be_a_bare_number() {
    let bare = SimulatedApp { bare_country_code: true, ..app(APP) };
    let desk = Desk::new(Options { apps: vec![bare], ..options() });
    let code = desk.wx("alice", "getPhoneNumber").text_of("code");

    let answer = redeem(&desk, json!({"code": code}));

    assert_eq!(answer.json()["phone_info"]["countryCode"], 86);
}

#[test]
fn rule_36_servers_with_a_token_answer_json_by_its_name() {
    let desk = Desk::new(options());

    let answers = [
        desk.get(&token_path(APP, SECRET)),
        desk.stable_token(false),
        desk.get("/wxa/checksession"),
        desk.get("/wxa/resetusersessionkey"),
        redeem(&desk, json!({"code": "unknown"})),
    ];

    for answer in answers {
        assert_eq!(answer.status, 200);
        assert!(answer.content_type.starts_with("application/json"), "{answer:?}");
    }
}
