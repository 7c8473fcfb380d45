//! Rules 24 to 26 and 30: what a phone believes of its session, and codes that no page asked for.

use crate::harness::{APP, Answer, Desk, Signed, options};
use serde_json::json;
use wechat_simulator::{Options, Rotation};

const TIME_OUT: &str = "系统错误，错误码：-13001,session time out…d relogin";

fn on_login() -> Desk {
    Desk::new(Options { rotation: Rotation::OnLogin, ..options() })
}

fn error_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 400, "{answer:?}");
    answer.text_of("errMsg")
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
