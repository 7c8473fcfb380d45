//! Rules 14 to 26 but for 22: when a session key is replaced, when it is dead, what the phone signs with.

use crate::harness::{APP, Answer, Desk, Signed, empty_signature, options};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::time::Duration;
use weapp_login::simulator::{Options, Rotation};

const TIME_OUT: &str = "系统错误，错误码：-13001,session time out…d relogin";

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

fn error_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 400, "{answer:?}");
    answer.text_of("errMsg")
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

#[test]
fn rule_24_check_session_asks_for_the_key_of_the_last_code_operation() {
    let desk = Desk::new(options());

    let never = desk.wx("alice", "checkSession");
    desk.sign_in("alice");
    let signed_in = desk.wx("alice", "checkSession");
    let lost_code = desk.code("alice");
    let after_a_code_that_reached_no_server = desk.wx("alice", "checkSession");
    desk.expire_key("alice");
    let expired = desk.wx("alice", "checkSession");
    desk.exchange(&lost_code);
    let renewed = desk.wx("alice", "checkSession");

    assert_eq!(error_of(&never), format!("checkSession:fail {TIME_OUT}"));
    assert_eq!(signed_in.text, r#"{"errMsg":"checkSession:ok"}"#);
    assert_eq!(after_a_code_that_reached_no_server.status, 200);
    assert_eq!(error_of(&expired), format!("checkSession:fail {TIME_OUT}"));
    assert_eq!(renewed.status, 200);
}

#[test]
fn rule_24_it_fails_while_the_key_of_the_last_code_operation_is_not_the_current_one() {
    let desk = Desk::new(options());
    desk.sign_in("alice");
    desk.advance(301);
    let [earlier, last] = [desk.code("alice"), desk.code("alice")];

    desk.exchange(&earlier);
    let after_the_earlier_code = desk.wx("alice", "checkSession");
    desk.exchange(&last);
    let after_the_last_code = desk.wx("alice", "checkSession");

    assert_eq!([after_the_earlier_code.status, after_the_last_code.status], [400, 200]);
}

#[test]
fn rule_24_on_login_it_says_yes_although_the_server_never_got_the_code() {
    let desk = on_login();
    let held_by_the_server = desk.sign_in("alice");
    desk.advance(301);

    desk.code("alice");

    assert_eq!(desk.wx("alice", "checkSession").status, 200);
    assert!(!desk.user_info("alice").is_by(&held_by_the_server));
}

#[test]
fn rule_25_a_successful_check_can_be_made_to_pin_the_key() {
    for pins in [false, true] {
        let desk = Desk::new(Options { check_pins_key: pins, ..options() });
        let key = desk.sign_in("alice");
        desk.advance(400);

        assert_eq!(desk.wx("alice", "checkSession").status, 200);
        let right_after = desk.sign_in("alice");
        desk.advance(301);
        let later = desk.sign_in("alice");

        assert_eq!(right_after == key, pins);
        assert_ne!(later, key);
    }
}

#[test]
fn rule_26_a_prefetch_is_a_code_operation_that_no_page_asked_for() {
    for (rotation, rotated_by_prefetch) in [(Rotation::OnExchange, false), (Rotation::OnLogin, true)] {
        let desk = Desk::new(Options { rotation, ..options() });
        let key = desk.sign_in("alice");
        desk.advance(301);

        let answer = desk.steer("POST", "/control/people/alice/prefetch", json!({"appId": APP}));

        assert_eq!(desk.user_info("alice").is_by(&key), !rotated_by_prefetch, "{rotation:?}");
        let new = desk.exchange(answer["code"].as_str().unwrap()).text_of("session_key");
        assert_ne!(new, key);
    }
}

#[test]
fn rule_30_signed_data_needs_a_login_state() {
    let desk = Desk::new(options());

    let before_login = desk.wx("alice", "getUserInfo");
    let steps_before_login = desk.wx("alice", "getWeRunData");
    desk.sign_in("alice");
    desk.advance(3 * 86_400);
    let state_expired = desk.wx("alice", "getUserInfo");
    desk.code("alice");
    let logged_in_again = desk.wx("alice", "getUserInfo");

    assert_eq!(error_of(&before_login), "getUserInfo:fail wx.login has not been called");
    assert_eq!(error_of(&steps_before_login), "getWeRunData:fail wx.login has not been called");
    assert_eq!(error_of(&state_expired), format!("getUserInfo:fail {TIME_OUT}"));
    assert_eq!(logged_in_again.status, 200);
}

#[test]
fn rule_30_an_expired_key_signs_on_or_fails_as_it_is_told() {
    for still_signs in [true, false] {
        let desk = Desk::new(Options { expired_key_still_signs: still_signs, ..options() });
        let key = desk.sign_in("alice");
        desk.expire_key("alice");

        let answer = desk.wx("alice", "getUserInfo");

        if still_signs {
            assert!(Signed::of(&answer).is_by(&key));
        } else {
            assert_eq!(error_of(&answer), format!("getUserInfo:fail {TIME_OUT}"));
        }
    }
}
