//! Rules 32 to 36: what WeChat's servers answer to a backend with an access token.

use crate::harness::{APP, Answer, Desk, OTHER_APP, SECRET, START, app, empty_signature, options, token_path};
use serde_json::{Value, json};
use weapp_login::simulator::{Options, SimulatedApp};

const METHOD: &str = "hmac_sha256";

fn session_call(desk: &Desk, api: &str, token: &str, openid: &str, signature: &str, method: &str) -> Answer {
    let query = format!("access_token={token}&openid={openid}&signature={signature}&sig_method={method}");
    desk.get(&format!("/wxa/{api}?{query}"))
}

fn stable(desk: &Desk, force_refresh: bool) -> Answer {
    let body =
        json!({"grant_type": "client_credential", "appid": APP, "secret": SECRET, "force_refresh": force_refresh});
    desk.post("/cgi-bin/stable_token", body)
}

/// What `/wxa` says of a token; 87008 is the first refusal that is not about the token.
fn judged(desk: &Desk, token: &str) -> i64 {
    desk.get(&format!("/wxa/checksession?access_token={token}")).errcode()
}

const TOKEN_WORKS: i64 = 87008;

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

#[test]
fn rule_34_a_new_token_retires_the_last_one_after_five_minutes() {
    let desk = Desk::new(options());

    let answer = desk.get(&token_path(APP, SECRET));
    let old = answer.text_of("access_token");
    let new = desk.token();
    desk.advance(299);
    let overlapping = [judged(&desk, &old), judged(&desk, &new)];
    desk.advance(1);
    let after = [judged(&desk, &old), judged(&desk, &new)];
    desk.advance(7200 - 300);
    let in_the_end = [judged(&desk, &old), judged(&desk, &new)];

    assert_eq!(answer.text, format!(r#"{{"access_token":"{old}","expires_in":7200}}"#));
    assert_eq!(overlapping, [TOKEN_WORKS, TOKEN_WORKS]);
    assert_eq!(after, [40001, TOKEN_WORKS]);
    assert_eq!(in_the_end, [40001, 42001]);
}

#[test]
fn rule_34_the_stable_token_stays_the_same_until_five_minutes_before_its_end() {
    let desk = Desk::new(options());

    let first = stable(&desk, false);
    desk.advance(6899);
    let same = stable(&desk, false);
    desk.advance(1);
    let renewed = stable(&desk, false);

    let token = first.text_of("access_token");
    assert_eq!(first.json()["expires_in"], 7200);
    assert_eq!(same.json(), json!({"access_token": token, "expires_in": 301}));
    assert_eq!(renewed.json()["expires_in"], 7200);
    assert_ne!(renewed.text_of("access_token"), token);
    assert_eq!(judged(&desk, &token), TOKEN_WORKS, "old and new overlap");
    desk.advance(300);
    assert_eq!([judged(&desk, &token), judged(&desk, &renewed.text_of("access_token"))], [42001, TOKEN_WORKS]);
}

#[test]
fn rule_34_a_forced_refresh_kills_the_old_token_and_keeps_its_distance() {
    let desk = Desk::new(options());
    let token = |answer: &Answer| answer.text_of("access_token");
    let old = stable(&desk, false);

    let forced = stable(&desk, true);
    desk.advance(29);
    let too_soon = stable(&desk, true);
    desk.advance(1);
    let later = stable(&desk, true);

    assert_eq!(judged(&desk, &token(&old)), 40001);
    assert_eq!(token(&too_soon), token(&forced));
    assert_ne!(token(&later), token(&forced));
    assert_eq!([judged(&desk, &token(&forced)), judged(&desk, &token(&later))], [40001, TOKEN_WORKS]);
}

#[test]
fn rule_34_a_forced_refresh_ends_the_overlap_too() {
    let desk = Desk::new(options());
    let ending = stable(&desk, false).text_of("access_token");
    desk.advance(6_900);
    let renewed = stable(&desk, false).text_of("access_token");
    assert_eq!(judged(&desk, &ending), TOKEN_WORKS);

    stable(&desk, true);

    assert_eq!([judged(&desk, &ending), judged(&desk, &renewed)], [40001, 40001]);
}

#[test]
fn rule_34_refreshes_can_be_forced_twenty_times_a_day() {
    let desk = Desk::new(options());
    desk.advance(6_400); // to the start of the next UTC day

    let forced: Vec<Value> = (0..21)
        .map(|_| {
            desk.advance(30);
            stable(&desk, true).json()["errcode"].clone()
        })
        .collect();
    desk.advance(86_400);
    let next_day = stable(&desk, true);

    assert!(forced[..20].iter().all(Value::is_null), "{forced:?}");
    assert_eq!(forced[20], 45009);
    assert_eq!(next_day.json()["expires_in"], 7200);
}

#[test]
fn rule_34_the_two_pools_know_nothing_of_each_other() {
    let desk = Desk::new(options());
    let stable_token = stable(&desk, false).text_of("access_token");
    let classic = desk.token();

    stable(&desk, true);
    let newer_classic = desk.token();
    desk.advance(301);

    assert_eq!([judged(&desk, &stable_token), judged(&desk, &classic)], [40001, 40001]);
    assert_eq!(judged(&desk, &newer_classic), TOKEN_WORKS);
    assert_eq!(judged(&desk, &stable(&desk, false).text_of("access_token")), TOKEN_WORKS);
}

#[test]
fn rule_34_tokens_are_refused_with_wechats_numbers() {
    let desk = Desk::new(options());
    let body = |appid: &str, secret: &str| json!({"grant_type": "client_credential", "appid": appid, "secret": secret});

    let refused = [
        desk.get("/cgi-bin/token"),
        desk.get(&format!("/cgi-bin/token?appid={APP}")),
        desk.get(&format!("/cgi-bin/token?appid={APP}&secret={SECRET}")),
        desk.get(&token_path("wxunknown", SECRET)),
        desk.get(&token_path(APP, "wrong")),
        desk.post("/cgi-bin/stable_token", body(APP, "wrong")),
        desk.post("/cgi-bin/stable_token", body("", SECRET)),
        desk.ask("POST", "/cgi-bin/stable_token", ""),
        desk.ask("POST", "/cgi-bin/stable_token", "appid=form"),
        desk.get("/cgi-bin/stable_token"),
    ];

    let numbers = refused.map(|answer| answer.errcode());
    assert_eq!(numbers, [41002, 41004, 40002, 40013, 40125, 40125, 41002, 44002, 47001, 43002]);
}

#[test]
fn rule_34_an_ip_whitelist_is_told_to_those_outside() {
    let of = |ip: &str| SimulatedApp { ip_whitelist: Some(vec![ip.parse().unwrap()]), ..app(APP) };
    let outside = Desk::new(Options { apps: vec![of("203.0.113.5")], ..options() });
    let inside = Desk::new(Options { apps: vec![of("127.0.0.1")], ..options() });

    let refused = [outside.get(&token_path(APP, SECRET)), stable(&outside, false)];
    let admitted = inside.get(&token_path(APP, SECRET));

    let words = "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist rid: ";
    for answer in refused {
        assert!(answer.errcode() == 40164 && answer.text_of("errmsg").starts_with(words), "{answer:?}");
    }
    assert_eq!(admitted.json()["expires_in"], 7200);
    assert!(outside.exchange(&outside.code("alice")).text.contains("session_key"), "the exchange asks for no address");
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
        stable(&desk, false),
        desk.get("/wxa/checksession"),
        desk.get("/wxa/resetusersessionkey"),
        redeem(&desk, json!({"code": "unknown"})),
    ];

    for answer in answers {
        assert_eq!(answer.status, 200);
        assert!(answer.content_type.starts_with("application/json"), "{answer:?}");
    }
}
