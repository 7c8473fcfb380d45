//! Rule 44: what WeChat says of texts, and of phone numbers that its phones encrypted.

use crate::harness::{Answer, Desk, OTHER_APP, SECRET, START, hex, options, token_path};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn check_text(desk: &Desk, body: Value) -> Answer {
    desk.post(&format!("/wxa/msg_sec_check?access_token={}", desk.token()), body)
}

fn text(openid: &str, content: &str) -> Value {
    json!({"openid": openid, "scene": 1, "version": 2, "content": content})
}

fn check_hash(desk: &Desk, hash: &str) -> Answer {
    desk.post(
        &format!("/wxa/business/checkencryptedmsg?access_token={}", desk.token()),
        json!({"encrypted_msg_hash": hash}),
    )
}

fn hash_of(answer: &Answer) -> String {
    hex(&Sha256::digest(answer.text_of("encryptedData")))
}

#[test]
fn rule_44_a_text_passes_unless_a_rule_says_otherwise() {
    let desk = Desk::new(options());
    let openid = desk.openid("alice");
    let rules = json!([{"contains": "骂", "suggest": "risky", "label": 20003},
        {"contains": "骂人", "suggest": "pass", "label": 100}, {"contains": "hm", "suggest": "review", "label": 21000}]);
    desk.steer("PUT", "/control/checks", json!({"texts": rules}));

    let answers = ["hello", "骂人", "hm"].map(|content| check_text(&desk, text(&openid, content)).json());
    let by_name =
        check_text(&desk, json!({"openid": openid, "scene": 1, "version": 2, "content": "hello", "nickname": "骂"}));
    desk.steer("POST", "/control/reset", json!({}));
    let openid = desk.openid("alice");
    let forgotten = check_text(&desk, text(&openid, "骂人")).json();

    let results = answers.each_ref().map(|answer| answer["result"].clone());
    let result = |suggest: &str, label: i64| json!({"suggest": suggest, "label": label});
    assert_eq!(results, [result("pass", 100), result("risky", 20003), result("review", 21000)]);
    assert_eq!(by_name.json()["result"], result("risky", 20003));
    assert_eq!(forgotten["result"], result("pass", 100));
    assert_eq!((&answers[0]["errcode"], &answers[0]["errmsg"]), (&json!(0), &json!("ok")));
    let detail = json!([{"strategy": "content_model", "errcode": 0, "suggest": "risky", "label": 20003, "prob": 90}]);
    assert_eq!(answers[1]["detail"], detail);
    assert_eq!(answers[1]["trace_id"].as_str().unwrap().split('-').count(), 3);
}

#[test]
fn rule_44_texts_are_checked_for_somebody_who_was_there_within_two_hours() {
    let desk = Desk::new(options());
    let openid = desk.openid("alice");
    let elsewhere = desk.wx_with("alice", "login", json!({"appId": OTHER_APP})).text_of("code");
    let foreign = desk.exchange_in(OTHER_APP, &elsewhere).text_of("openid");
    let long = "字".repeat(2501);

    let refused = [
        check_text(&desk, text("o-nobody", "hello")),
        check_text(&desk, text(&foreign, "hello")),
        check_text(&desk, json!({"openid": openid, "scene": 5, "version": 2, "content": "hello"})),
        check_text(&desk, json!({"openid": openid, "scene": 1, "content": "hello"})),
        check_text(&desk, text(&openid, &long)),
        desk.post("/wxa/msg_sec_check", text(&openid, "hello")),
    ];
    desk.advance(7199);
    let in_time = check_text(&desk, text(&openid, "hello"));
    desk.advance(1);
    let too_late = check_text(&desk, text(&openid, "hello"));

    assert_eq!(refused.map(|answer| answer.errcode()), [40003, 43104, 40129, 47001, 47001, 41001]);
    assert_eq!([in_time.errcode(), too_late.errcode()], [0, 61010]);
}

#[test]
fn rule_44_encrypted_phone_numbers_are_known_again_for_three_days() {
    let desk = Desk::new(options());
    desk.sign_in("alice");
    let hash = hash_of(&desk.wx("alice", "getPhoneNumber"));
    let steps = hash_of(&desk.wx("alice", "getWeRunData"));
    desk.advance(3 * 86_400 - 1);

    let known = check_hash(&desk, &hash);
    let in_capitals = check_hash(&desk, &hash.to_ascii_uppercase());
    let no_number = check_hash(&desk, &steps);
    let foreign_token = desk.get(&token_path(OTHER_APP, SECRET)).text_of("access_token");
    let foreign = desk.post(
        &format!("/wxa/business/checkencryptedmsg?access_token={foreign_token}"),
        json!({"encrypted_msg_hash": hash}),
    );
    desk.advance(1);
    let too_late = check_hash(&desk, &hash);

    let expected = format!(r#"{{"errcode":0,"errmsg":"ok","vaild":true,"create_time":{START}}}"#);
    assert_eq!([known.text, in_capitals.text], [expected.clone(), expected]);
    assert_eq!([&no_number, &foreign, &too_late].map(Answer::errcode), [1; 3]);
    assert!(too_late.text_of("errmsg").starts_with("data not exit rid: "), "{too_late:?}");
}

#[test]
fn rule_44_what_is_said_of_encrypted_numbers_can_be_laid_down() {
    let desk = Desk::new(options());
    let hash = "0".repeat(64);
    let told = |rule: &str| {
        desk.steer("PUT", "/control/checks", json!({"encrypted": rule}));
        let answer = check_hash(&desk, &hash).json();
        (answer["errcode"].clone(), answer["vaild"].clone())
    };

    let answers = ["asMade", "valid", "invalid", "unknown"].map(told);

    let nothing = (json!(1), json!(null));
    assert_eq!(answers, [nothing.clone(), (json!(0), json!(true)), (json!(0), json!(false)), nothing]);
}

#[test]
fn rule_44_a_hash_has_64_hexadecimal_digits() {
    let desk = Desk::new(options());
    let path = format!("/wxa/business/checkencryptedmsg?access_token={}", desk.token());

    let refused = [
        desk.post(&path, json!({"encrypted_msg_hash": "abc"})),
        desk.post(&path, json!({})),
        desk.ask("POST", &path, ""),
        desk.ask("POST", &path, "not json"),
        desk.post("/wxa/business/checkencryptedmsg", json!({})),
    ];

    assert_eq!(refused.map(|answer| answer.errcode()), [40097, 40097, 44002, 47001, 41001]);
}
