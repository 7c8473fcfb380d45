//! Rule 34: access tokens, from two pools.

use crate::harness::{APP, Answer, Desk, SECRET, app, options, token_path};
use serde_json::{Value, json};
use wechat_simulator::{Options, SimulatedApp};

/// What `/wxa` says of a token; 87008 is the first refusal that is not about the token.
fn judged(desk: &Desk, token: &str) -> i64 {
    desk.get(&format!("/wxa/checksession?access_token={token}")).errcode()
}

const TOKEN_WORKS: i64 = 87008;

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

    let first = desk.stable_token(false);
    desk.advance(6899);
    let same = desk.stable_token(false);
    desk.advance(1);
    let renewed = desk.stable_token(false);

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
    let old = desk.stable_token(false);

    let forced = desk.stable_token(true);
    desk.advance(29);
    let too_soon = desk.stable_token(true);
    desk.advance(1);
    let later = desk.stable_token(true);

    assert_eq!(judged(&desk, &token(&old)), 40001);
    assert_eq!(token(&too_soon), token(&forced));
    assert_ne!(token(&later), token(&forced));
    assert_eq!([judged(&desk, &token(&forced)), judged(&desk, &token(&later))], [40001, TOKEN_WORKS]);
}

#[test]
fn rule_34_a_forced_refresh_ends_the_overlap_too() {
    let desk = Desk::new(options());
    let ending = desk.stable_token(false).text_of("access_token");
    desk.advance(6_900);
    let renewed = desk.stable_token(false).text_of("access_token");
    assert_eq!(judged(&desk, &ending), TOKEN_WORKS);

    desk.stable_token(true);

    assert_eq!([judged(&desk, &ending), judged(&desk, &renewed)], [40001, 40001]);
}

#[test]
fn rule_34_refreshes_can_be_forced_twenty_times_a_day() {
    let desk = Desk::new(options());
    desk.advance(6_400); // to the start of the next UTC day

    let forced: Vec<Value> = (0..21)
        .map(|_| {
            desk.advance(30);
            desk.stable_token(true).json()["errcode"].clone()
        })
        .collect();
    desk.advance(86_400);
    let next_day = desk.stable_token(true);

    assert!(forced[..20].iter().all(Value::is_null), "{forced:?}");
    assert_eq!(forced[20], 45009);
    assert_eq!(next_day.json()["expires_in"], 7200);
}

#[test]
fn rule_34_the_two_pools_know_nothing_of_each_other() {
    let desk = Desk::new(options());
    let stable_token = desk.stable_token(false).text_of("access_token");
    let classic = desk.token();

    desk.stable_token(true);
    let newer_classic = desk.token();
    desk.advance(301);

    assert_eq!([judged(&desk, &stable_token), judged(&desk, &classic)], [40001, 40001]);
    assert_eq!(judged(&desk, &newer_classic), TOKEN_WORKS);
    assert_eq!(judged(&desk, &desk.stable_token(false).text_of("access_token")), TOKEN_WORKS);
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

    let refused = [outside.get(&token_path(APP, SECRET)), outside.stable_token(false)];
    let admitted = inside.get(&token_path(APP, SECRET));

    let words = "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist rid: ";
    for answer in refused {
        assert!(answer.errcode() == 40164 && answer.text_of("errmsg").starts_with(words), "{answer:?}");
    }
    assert_eq!(admitted.json()["expires_in"], 7200);
    assert!(outside.exchange(&outside.code("alice")).text.contains("session_key"), "the exchange asks for no address");
}
