//! Rules 1 to 9: login codes.

use crate::harness::{APP, Desk, OTHER_APP, SECRET, app, options};
use serde_json::json;
use std::time::Duration;
use wechat_simulator::Options;

#[test]
fn rule_1_each_login_gives_a_fresh_code_of_32_letters_and_digits_for_that_person() {
    let desk = Desk::new(options());

    let answers = ["alice", "alice", "bob"].map(|person| desk.wx(person, "login"));

    let codes = answers.each_ref().map(|answer| answer.text_of("code"));
    for (answer, code) in answers.iter().zip(&codes) {
        assert_eq!(answer.text, format!(r#"{{"code":"{code}","errMsg":"login:ok"}}"#));
        assert!(code.len() == 32 && code.bytes().all(|b| b.is_ascii_alphanumeric()), "{code}");
    }
    assert_ne!(codes[0], codes[1]);
    let openids = codes.map(|code| desk.exchange(&code).text_of("openid"));
    assert!(openids[0] == openids[1] && openids[1] != openids[2], "a code is bound to its person");
}

#[test]
fn rule_2_a_code_lives_for_five_minutes() {
    let desk = Desk::new(options());
    let [in_time, too_late] = [desk.code("alice"), desk.code("alice")];

    desk.advance(299);
    let accepted = desk.exchange(&in_time);
    desk.advance(1);
    let refused = desk.exchange(&too_late);

    assert_eq!(accepted.json()["errcode"], json!(null));
    assert_eq!(refused.errcode(), 40029);
    assert!(refused.text_of("errmsg").starts_with("invalid code"));
}

#[test]
fn rule_2_codes_can_be_accepted_for_longer_than_promised() {
    let desk = Desk::new(Options { code_grace: Duration::from_secs(300), ..options() });
    let [in_time, too_late] = [desk.code("alice"), desk.code("alice")];

    desk.advance(599);
    let accepted = desk.exchange(&in_time);
    desk.advance(1);
    let refused = desk.exchange(&too_late);

    assert_eq!(accepted.json()["errcode"], json!(null));
    assert_eq!(refused.errcode(), 40029);
}

#[test]
fn rule_3_a_code_is_exchanged_once_and_remembered_as_used_until_it_is_forgotten() {
    let desk = Desk::new(options());
    let code = desk.code("alice");
    desk.exchange(&code);

    let again = desk.exchange(&code);
    desk.advance(3599);
    let late = desk.exchange(&code);
    desk.advance(1);
    let forgotten = desk.exchange(&code);

    assert_eq!([again.errcode(), late.errcode(), forgotten.errcode()], [40163, 40163, 40029]);
    assert!(again.text_of("errmsg").starts_with("code been used"));
}

#[test]
fn rule_4_unknown_foreign_and_phone_codes_are_all_invalid() {
    let desk = Desk::new(options());
    let foreign = desk.wx_with("alice", "login", json!({"appId": OTHER_APP})).text_of("code");
    let phone = desk.wx("alice", "getPhoneNumber").text_of("code");

    let refused = [&foreign, &phone, "0123456789abcdef0123456789abcdef", "%F0%9F%98%80", "the+code+is+a+mock+one"]
        .map(|code| desk.exchange(code).errcode());

    assert_eq!(refused, [40029; 5]);
    assert!(desk.exchange_in(OTHER_APP, &foreign).text.contains("session_key"), "the owner's app can still use it");
}

#[test]
fn rule_5_checks_have_an_order_and_one_that_fails_early_leaves_the_code_unspent() {
    let desk = Desk::new(Options { exchanges_per_minute: 1, ..options() });
    desk.steer("PUT", "/control/people/alice", json!({"risk": true}));
    let code = desk.code("alice");
    // Each line mends the first fault of the line before.
    let queries = [
        "grant_type=bad".to_owned(),
        "appid=wxunknown&grant_type=bad".to_owned(),
        "appid=wxunknown&secret=bad&grant_type=bad".to_owned(),
        "appid=wxunknown&secret=bad&js_code=bad&grant_type=bad".to_owned(),
        "appid=wxunknown&secret=bad&js_code=bad&grant_type=authorization_code".to_owned(),
        format!("appid={APP}&secret=bad&js_code=bad&grant_type=authorization_code"),
        format!("appid={APP}&secret={SECRET}&js_code=bad&grant_type=authorization_code"),
        format!("appid={APP}&secret={SECRET}&js_code={code}&grant_type=authorization_code"),
        format!("appid={APP}&secret={SECRET}&js_code={code}&grant_type=authorization_code"),
    ];

    let refused = queries.map(|query| desk.get(&format!("/sns/jscode2session?{query}")).errcode());

    // The code was whole until risk spent it; then the rate limit comes before the code's state.
    assert_eq!(refused, [41002, 41004, 41008, 40002, 40013, 40125, 40029, 40226, 45011]);
    desk.advance(60);
    assert_eq!(desk.exchange(&code).errcode(), 40163, "a blocked code is spent");
}

#[test]
fn rule_5_empty_parameters_are_missing_ones() {
    let desk = Desk::new(options());

    let refused = ["appid=&secret=s&js_code=c", "appid=a&secret=&js_code=c", "appid=a&secret=s&js_code="]
        .map(|query| desk.get(&format!("/sns/jscode2session?{query}&grant_type=authorization_code")).errcode());

    assert_eq!(refused, [41002, 41004, 41008]);
}

#[test]
fn rule_6_several_codes_of_one_person_live_side_by_side() {
    let desk = Desk::new(options());
    let codes = [(); 3].map(|()| desk.code("alice"));

    let answers = [2, 0, 1].map(|turn: usize| desk.exchange(&codes[turn]));

    let keys = answers.each_ref().map(|answer| answer.text_of("session_key"));
    assert!(keys[0] == keys[1] && keys[1] == keys[2], "and within the refresh period they give the same key");
}

#[test]
fn rule_6_a_login_can_be_made_to_cancel_older_codes() {
    let desk = Desk::new(Options { login_cancels_older_codes: true, ..options() });
    let [older, newer] = [desk.code("alice"), desk.code("alice")];
    let somebody_elses = desk.code("bob");

    let answers = [older, newer, somebody_elses].map(|code| desk.exchange(&code));

    assert_eq!(answers[0].errcode(), 40029);
    assert!(answers[1].text.contains("session_key") && answers[2].text.contains("session_key"));
}

#[test]
fn rule_7_of_many_exchanges_of_one_code_at_once_exactly_one_succeeds() {
    let desk = Desk::new(options());
    for _ in 0..10 {
        let code = desk.code("alice");
        let start = std::sync::Barrier::new(8);

        let answers = std::thread::scope(|scope| {
            let exchange = || {
                start.wait();
                desk.exchange(&code)
            };
            [(); 8].map(|()| scope.spawn(exchange)).map(|thread| thread.join().unwrap())
        });

        let winners = answers.iter().filter(|answer| answer.text.contains("session_key")).count();
        let used = answers.iter().filter(|answer| answer.text.contains("40163")).count();
        assert_eq!((winners, used), (1, 7));
        desk.advance(61);
    }
}

#[test]
fn rule_8_a_lost_answer_has_consumed_the_code() {
    let desk = Desk::new(options());
    let code = desk.code("alice");
    desk.fault("/sns/jscode2session", "dropAfter", json!(null), 1);
    let path = format!("/sns/jscode2session?appid={APP}&secret={SECRET}&js_code={code}&grant_type=authorization_code");

    let received = desk.raw("GET", &path, "");

    assert_eq!(received, b"", "the connection closes without a byte");
    assert_eq!(desk.exchange(&code).errcode(), 40163);
    assert!(desk.exchange(&desk.code("alice")).text.contains("session_key"), "a fresh login is the way out");
}

#[test]
fn rule_9_a_tourists_app_gives_mock_codes_that_no_exchange_accepts() {
    let mock = wechat_simulator::SimulatedApp { mock: true, ..app(APP) };
    let desk = Desk::new(Options { apps: vec![mock], ..options() });

    let code = desk.code("alice");

    assert_eq!(code, "the code is a mock one");
    assert_eq!(desk.exchange("the%20code%20is%20a%20mock%20one").errcode(), 40029);
}
