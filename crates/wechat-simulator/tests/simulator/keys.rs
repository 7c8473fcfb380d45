//! Rules 14 to 21 and 23: when a session key is replaced, when it is dead, what the phone signs with.

use crate::harness::{APP, Answer, Desk, empty_signature, options};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::time::Duration;
use wechat_simulator::{Options, Rotation};

fn on_login() -> Desk {
    Desk::new(Options { rotation: Rotation::OnLogin, ..options() })
}

fn state(desk: &Desk, person: &str) -> Value {
    desk.get(&format!("/control/people/{person}?appId={APP}")).json()["apps"][0].clone()
}

fn version(desk: &Desk) -> u64 {
    state(desk, "alice")["keyVersion"].as_u64().unwrap()
}

/// What WeChat's servers say of a key.
fn server_check(desk: &Desk, openid: &str, key: &str) -> i64 {
    let (token, signature) = (desk.token(), empty_signature(key));
    let query = format!("access_token={token}&openid={openid}&signature={signature}&sig_method=hmac_sha256");
    desk.get(&format!("/wxa/checksession?{query}")).errcode()
}

#[test]
fn rule_14_a_key_is_sixteen_bytes_in_base64_of_its_own_for_each_person_and_seed() {
    let [desk, other_seed] = [1, 2].map(|seed| Desk::new(Options { seed: Some(seed), ..options() }));

    let keys = [desk.sign_in("alice"), desk.sign_in("bob"), other_seed.sign_in("alice")];

    for key in &keys {
        assert_eq!(STANDARD.decode(key).unwrap().len(), 16);
    }
    assert!(keys[0] != keys[1] && keys[0] != keys[2]);
}

#[test]
fn rule_15_a_superseded_key_is_invalid_at_once() {
    let desk = Desk::new(options());
    let openid = desk.openid("alice");
    let old = desk.sign_in("alice");
    desk.advance(301);
    assert_eq!(server_check(&desk, &openid, &old), 0);

    let new = desk.sign_in("alice");

    assert_eq!([server_check(&desk, &openid, &old), server_check(&desk, &openid, &new)], [87009, 0]);
}

#[test]
fn rule_16_a_key_is_replaced_when_there_is_none_or_it_is_old_enough_or_expired() {
    let desk = Desk::new(options());

    let first = desk.sign_in("alice");
    desk.advance(300);
    let young = desk.sign_in("alice");
    desk.advance(1);
    let old_enough = desk.sign_in("alice");
    desk.expire_key("alice");
    let expired = desk.sign_in("alice");

    assert_eq!(first, young);
    assert_ne!(young, old_enough);
    assert_ne!(old_enough, expired);
    assert_eq!(version(&desk), 3);
}

#[test]
fn rule_17_on_exchange_a_login_changes_nothing() {
    let desk = Desk::new(options());
    let key = desk.sign_in("alice");
    desk.advance(301);

    desk.code("alice");

    assert!(desk.user_info("alice").is_by(&key));
    assert_eq!(version(&desk), 1);
    assert_ne!(desk.sign_in("alice"), key);
}

#[test]
fn rule_17_a_refused_exchange_changes_nothing() {
    let desk = Desk::new(options());
    let code = desk.code("alice");
    let key = desk.exchange(&code).text_of("session_key");
    desk.advance(301);

    let refused = desk.exchange(&code);

    assert_eq!(refused.errcode(), 40163);
    assert!(desk.user_info("alice").is_by(&key));
}

#[test]
fn rule_18_on_login_the_login_rotates_and_an_older_code_yields_the_newer_key() {
    let desk = on_login();
    let key = desk.sign_in("alice");
    desk.advance(250);
    let older_code = desk.code("alice");
    desk.advance(51);

    let newer_code = desk.code("alice");

    let data = desk.user_info("alice");
    assert!(!data.is_by(&key), "before any exchange");
    let [from_older, from_newer] = [older_code, newer_code].map(|code| desk.exchange(&code).text_of("session_key"));
    assert_eq!(from_older, from_newer);
    assert!(data.is_by(&from_older));
}

#[test]
fn rule_19_the_phone_signs_with_the_key_current_at_that_moment() {
    let desk = Desk::new(options());
    let old = desk.sign_in("alice");
    desk.advance(301);
    let calls = [("getUserInfo", false), ("getUserProfile", true), ("getPhoneNumber", false), ("getWeRunData", false)];
    let call_all = || calls.map(|(api, tap)| desk.wx_with("alice", api, json!({"appId": APP, "tap": tap})));

    let before = call_all();
    let new = desk.sign_in("alice");
    let after = call_all();

    let opens = |answer: &Answer, key: &str| {
        crate::harness::decrypt(&answer.text_of("encryptedData"), &answer.text_of("iv"), key).is_some()
    };
    assert!(before.iter().all(|answer| opens(answer, &old) && !opens(answer, &new)));
    assert!(after.iter().all(|answer| opens(answer, &new) && !opens(answer, &old)));
}

#[test]
fn rule_20_at_first_contact_the_phone_signs_with_a_key_that_nobody_gets() {
    let desk = Desk::new(options());

    let tries = [(); 2].map(|()| {
        let code = desk.code("alice");
        let data = desk.user_info("alice");
        data.is_by(&desk.exchange(&code).text_of("session_key"))
    });

    assert_eq!(tries, [false, true]);
}

#[test]
fn rule_21_data_already_signed_keeps_its_key() {
    let desk = Desk::new(options());
    let old = desk.sign_in("alice");
    let data = desk.user_info("alice");
    desk.advance(301);

    let new = desk.sign_in("alice");

    assert!(data.is_by(&old) && !data.is_by(&new));
}

#[test]
fn rule_23_a_key_dies_three_days_after_its_creation_however_much_it_is_used() {
    let desk = Desk::new(options());
    let openid = desk.openid("alice");
    let key = desk.sign_in("alice");
    desk.advance(3 * 86_400 - 1);
    desk.user_info("alice");
    let last_second = server_check(&desk, &openid, &key);

    desk.advance(1);

    assert_eq!([last_second, server_check(&desk, &openid, &key)], [0, 87009]);
    assert_eq!(state(&desk, "alice")["keyExpired"], json!(true));
}

#[test]
fn rule_23_an_idle_key_dies_unless_the_phone_uses_it() {
    let half_an_hour = Some(Duration::from_secs(1800));
    let desk =
        Desk::new(Options { idle_ttl: half_an_hour, min_refresh_period: Duration::from_secs(86_400), ..options() });
    let key = desk.sign_in("alice");
    desk.advance(1799);
    desk.user_info("alice");
    desk.advance(1799);
    let used = desk.sign_in("alice");

    desk.advance(1800);
    let data_before_login = desk.user_info("alice");
    let idle = desk.sign_in("alice");

    assert_eq!(key, used);
    assert_ne!(used, idle);
    assert!(data_before_login.is_by(&used), "the phone does not notice that its key has died");
    assert!(desk.user_info("alice").is_by(&idle), "the second try works");
}
