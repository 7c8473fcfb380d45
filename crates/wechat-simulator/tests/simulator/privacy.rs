//! Rules 41 to 43: what a person agrees to, and the two buttons for the phone number.

use crate::harness::{APP, Answer, Desk, OTHER_APP, options};
use serde_json::{Value, json};

/// Every call for personal data, with what it says in a tap handler.
const PERSONAL: [&str; 6] =
    ["getUserInfo", "getUserProfile", "getPhoneNumber", "getRealtimePhoneNumber", "chooseAvatar", "nickname"];

fn call(desk: &Desk, app: &str, api: &str) -> Answer {
    desk.wx_with("alice", api, json!({"appId": app, "tap": true}))
}

fn set(desk: &Desk, privacy: &str) {
    desk.steer("PUT", "/control/people/alice", json!({"privacy": privacy}));
}

fn privacy(desk: &Desk) -> [Value; 2] {
    let apps = desk.get("/control/people/alice").json()["apps"].clone();
    [APP, OTHER_APP].map(|id| {
        let found = apps.as_array().unwrap().iter().find(|app| app["appId"] == id);
        found.unwrap()["privacy"].clone()
    })
}

#[test]
fn rule_41_without_consent_calls_for_personal_data_fail_with_104() {
    let desk = Desk::new(options());
    set(&desk, "notAgreed");
    desk.sign_in("alice");

    let answers = PERSONAL.map(|api| call(&desk, APP, api));

    for (api, answer) in PERSONAL.iter().zip(answers) {
        let words = format!(r#"{{"errMsg":"{api}:fail privacy permission is not authorized","errno":104}}"#);
        assert_eq!((answer.status, answer.text), (400, words));
    }
}

#[test]
fn rule_41_undeclared_data_fails_with_112() {
    let desk = Desk::new(options());
    set(&desk, "undeclared");
    desk.sign_in("alice");

    let answers = PERSONAL.map(|api| call(&desk, APP, api));

    for (api, answer) in PERSONAL.iter().zip(answers) {
        let reason = "api scope is not declared in the privacy agreement";
        assert_eq!((answer.status, answer.text), (400, format!(r#"{{"errMsg":"{api}:fail {reason}","errno":112}}"#)));
    }
}

#[test]
fn rule_41_data_without_credentials_is_personal_too() {
    let desk = Desk::new(options());
    set(&desk, "notAgreed");

    let answer = desk.wx_with("alice", "getUserInfo", json!({"appId": APP, "withCredentials": false}));

    assert_eq!(answer.json()["errno"], 104);
}

#[test]
fn rule_41_login_and_check_session_ask_nobody() {
    let desk = Desk::new(options());
    for state in ["notAgreed", "undeclared"] {
        set(&desk, state);

        desk.sign_in("alice");
        let checked = desk.wx("alice", "checkSession");

        assert_eq!(checked.status, 200, "{state}: {checked:?}");
    }
}

#[test]
fn rule_41_everybody_agreed_until_told_otherwise_in_one_app_or_in_all() {
    let desk = Desk::new(options());
    desk.sign_in("alice");

    let at_first = PERSONAL.map(|api| call(&desk, APP, api).status);
    desk.steer("PUT", "/control/people/alice", json!({"privacy": "undeclared", "appId": OTHER_APP}));
    let [here, elsewhere] = [APP, OTHER_APP].map(|app| call(&desk, app, "nickname").status);
    let in_one = privacy(&desk);
    set(&desk, "notAgreed");
    let in_all = privacy(&desk);
    desk.steer("POST", "/control/reset", json!({}));

    assert_eq!(at_first, [200; 6]);
    assert_eq!((here, elsewhere), (200, 400));
    assert_eq!(in_one, ["agreed", "undeclared"]);
    assert_eq!(in_all, ["notAgreed", "notAgreed"]);
    assert_eq!(privacy(&desk), ["agreed", "agreed"]);
    assert_eq!(desk.wx("bob", "nickname").status, 200, "somebody else's consent is their own");
}

#[test]
fn rule_41_a_missing_consent_is_in_the_log() {
    let desk = Desk::new(options());
    set(&desk, "notAgreed");

    desk.wx("alice", "getUserInfo");

    let event = desk.events(1)[0].clone();
    assert_eq!(event["errMsg"], "getUserInfo:fail privacy permission is not authorized");
}

#[test]
fn rule_41_the_fill_in_controls_give_a_file_of_the_phones_and_the_persons_name() {
    let desk = Desk::new(options());

    let avatar = desk.wx("alice", "chooseAvatar").text_of("avatarUrl");
    let before = desk.wx("alice", "nickname").text_of("value");
    desk.steer("PUT", "/control/people/alice", json!({"profile": {"nickName": "爱丽丝"}}));
    let after = desk.wx("alice", "nickname").text_of("value");
    let refused = desk.wx_with("alice", "chooseAvatar", json!({"appId": APP, "refuse": true}));

    assert!(avatar.starts_with("wxfile://tmp_"), "{avatar}");
    assert_eq!([before.as_str(), after.as_str()], ["alice", "爱丽丝"]);
    assert_eq!(refused.text, r#"{"errMsg":"chooseAvatar:fail cancel"}"#);
}

#[test]
fn rule_42_agreeing_helps_where_the_guideline_names_the_data() {
    let desk = Desk::new(options());
    set(&desk, "notAgreed");

    let agreed = desk.wx("alice", "agreePrivacy");
    let helped = privacy(&desk);
    set(&desk, "undeclared");
    desk.wx("alice", "agreePrivacy");

    assert_eq!((agreed.status, agreed.text), (200, r#"{"errMsg":"agreePrivacy:ok"}"#.to_owned()));
    assert_eq!(helped, ["agreed", "notAgreed"]);
    assert_eq!(privacy(&desk), ["undeclared", "undeclared"]);
}

#[test]
fn rule_42_a_mini_program_that_was_removed_has_to_ask_anew() {
    let desk = Desk::new(options());
    set(&desk, "agreed");

    let forgotten = desk.wx("alice", "forget");

    assert_eq!(forgotten.status, 200);
    assert_eq!(privacy(&desk), ["notAgreed", "agreed"]);
    desk.wx("alice", "agreePrivacy");
    assert_eq!(desk.wx("alice", "nickname").status, 200);
    set(&desk, "undeclared");
    desk.wx("alice", "forget");
    assert_eq!(privacy(&desk), ["undeclared", "undeclared"]);
}

fn redeem(desk: &Desk, body: Value) -> Answer {
    desk.post(&format!("/wxa/business/getuserphonenumber?access_token={}", desk.token()), body)
}

#[test]
fn rule_43_the_real_time_button_gives_a_code_alone_that_the_same_call_spends_once() {
    let desk = Desk::new(options());
    desk.steer("PUT", "/control/people/alice", json!({"phone": "13800000000"}));
    desk.sign_in("alice");

    let pressed = desk.wx("alice", "getRealtimePhoneNumber");
    let code = pressed.text_of("code");
    let told = redeem(&desk, json!({"code": code}));
    let again = redeem(&desk, json!({"code": code}));

    assert_eq!(pressed.text, format!(r#"{{"code":"{code}","errMsg":"getRealtimePhoneNumber:ok"}}"#));
    assert!(code.len() == 64 && code.bytes().all(|b| b.is_ascii_hexdigit()));
    assert_ne!(code, desk.wx("alice", "getPhoneNumber").text_of("code"));
    assert_eq!(told.json()["phone_info"]["phoneNumber"], "13800000000");
    assert_eq!(again.errcode(), 40029);
}

#[test]
fn rule_43_it_is_no_login_code_lives_as_long_as_the_quick_one_and_can_be_refused() {
    let desk = Desk::new(options());
    let code = desk.wx("alice", "getRealtimePhoneNumber").text_of("code");

    let exchanged = desk.exchange(&code);
    desk.advance(300);
    let late = redeem(&desk, json!({"code": code}));
    let refused = desk.wx_with("alice", "getRealtimePhoneNumber", json!({"appId": APP, "refuse": true}));

    assert_eq!([exchanged.errcode(), late.errcode()], [40029, 40029]);
    assert_eq!(refused.text, r#"{"errMsg":"getRealtimePhoneNumber:fail user deny"}"#);
}

#[test]
fn rule_43_an_openid_that_is_not_the_codes_is_refused_and_spends_nothing() {
    let desk = Desk::new(options());
    let [alice, bob] = ["alice", "bob"].map(|person| desk.openid(person));

    for button in ["getPhoneNumber", "getRealtimePhoneNumber"] {
        let code = desk.wx("alice", button).text_of("code");
        let of_another = redeem(&desk, json!({"code": code, "openid": bob}));
        let of_nobody = redeem(&desk, json!({"code": code, "openid": "o-nobody"}));
        let her_own = redeem(&desk, json!({"code": code, "openid": alice}));

        assert_eq!([of_another.errcode(), of_nobody.errcode(), her_own.errcode()], [40029, 40029, 0], "{button}");
    }
}
