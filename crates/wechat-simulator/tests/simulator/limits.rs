//! Rules 37 and 38: who may not ask, or not that often.

use crate::harness::{Desk, options};
use serde_json::json;
use wechat_simulator::Options;

#[test]
fn rule_37_a_hundred_exchanges_a_minute_are_one_persons_share() {
    let desk = Desk::new(options());
    let [spent, fresh] = [desk.code("alice"), desk.code("alice")];

    let counted: Vec<i64> =
        (0..100).map(|_| desk.exchange(&spent).json()["errcode"].as_i64().unwrap_or_default()).collect();
    let unknown = desk.exchange("unknown");
    let one_too_many = desk.exchange(&fresh);
    let somebody_else = desk.exchange(&desk.code("bob"));
    desk.advance(60);
    let next_minute = desk.exchange(&fresh);

    assert!(counted[0] == 0 && counted[1..].iter().all(|errcode| *errcode == 40163));
    assert_eq!(unknown.errcode(), 40029, "a code of nobody counts for nobody");
    assert_eq!(one_too_many.errcode(), 45011);
    assert!(one_too_many.text_of("errmsg").starts_with("api minute-quota reach limit, must slower"));
    assert!(somebody_else.text.contains("session_key"));
    assert!(next_minute.text.contains("session_key"), "the refused exchange left the code unspent");
}

#[test]
fn rule_37_an_apps_daily_quota_can_be_spent() {
    let desk = Desk::new(Options { exchanges_per_day: Some(2), ..options() });

    let answers = ["alice", "bob", "carol"].map(|person| desk.exchange(&desk.code(person)));
    desk.advance(86_400);
    let next_day = desk.exchange(&desk.code("carol"));

    assert!(answers[..2].iter().all(|answer| answer.text.contains("session_key")));
    assert_eq!(answers[2].errcode(), 45009);
    assert!(answers[2].text_of("errmsg").starts_with("reach max api daily quota limit, rid: "));
    assert!(next_day.text.contains("session_key"));
}

#[test]
fn rule_37_the_phone_itself_stops_the_fifth_login_within_a_second() {
    let desk = Desk::new(options());

    let logins = [(); 5].map(|()| desk.wx("alice", "login"));
    let somebody_else = desk.wx("bob", "login");
    desk.advance(1);
    let a_second_later = desk.wx("alice", "login");

    assert_eq!(logins.each_ref().map(|answer| answer.status), [200, 200, 200, 200, 400]);
    assert!(logins[4].text_of("errMsg").starts_with("login:fail "));
    assert_eq!([somebody_else.status, a_second_later.status], [200, 200]);
}

#[test]
fn rule_38_a_risky_person_is_blocked_and_the_code_is_spent() {
    let desk = Desk::new(options());
    let code = desk.code("alice");
    desk.steer("PUT", "/control/people/alice", json!({"risk": true}));

    let blocked = desk.exchange(&code);
    desk.steer("PUT", "/control/people/alice", json!({"risk": false}));
    let same_code = desk.exchange(&code);
    let fresh_code = desk.exchange(&desk.code("alice"));

    assert_eq!([blocked.errcode(), same_code.errcode()], [40226, 40163]);
    assert!(blocked.text_of("errmsg").starts_with("code blocked, rid: "));
    assert!(fresh_code.text.contains("session_key"));
}
