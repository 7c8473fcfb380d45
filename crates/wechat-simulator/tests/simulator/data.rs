//! Rules 27 to 31: what a phone tells about a person.

use crate::harness::{APP, Answer, Desk, START, Signed, app, decrypt, options};
use serde_json::{Value, json};
use wechat_simulator::{ANONYMOUS_AVATAR, Options, SimulatedApp};

const ANONYMOUS_FIELDS: &str =
    r#""nickName":"微信用户","gender":0,"language":"","city":"","province":"","country":"","avatarUrl":"#;
const REAL_FIELDS: &str = r#""nickName":"爱丽丝😀/","gender":2,"language":"zh_CN","city":"Guangzhou","province":"Guangdong","country":"CN","avatarUrl":"https://example.com/a.png""#;

fn watermark(at: i64) -> String {
    format!(r#""watermark":{{"timestamp":{at},"appid":"{APP}"}}"#)
}

fn real_alice(desk: &Desk) {
    let profile = json!({"nickName": "爱丽丝😀/", "gender": 2, "language": "zh_CN", "city": "Guangzhou",
        "province": "Guangdong", "country": "CN", "avatarUrl": "https://example.com/a.png"});
    desk.steer("PUT", "/control/people/alice", json!({"profile": profile}));
}

fn opened(answer: &Answer, key: &str) -> String {
    decrypt(&answer.text_of("encryptedData"), &answer.text_of("iv"), key).expect("signed with this key")
}

fn user_profile(desk: &Desk) -> Answer {
    desk.wx_with("alice", "getUserProfile", json!({"appId": APP, "tap": true}))
}

#[test]
fn rule_27_raw_data_is_compact_json_in_wechats_order_signed_with_the_keys_text() {
    let desk = Desk::new(options());
    real_alice(&desk);
    let key = desk.sign_in("alice");

    let answer = desk.wx("alice", "getUserInfo");

    let signed = Signed::of(&answer);
    assert_eq!(signed.raw_data, format!("{{{REAL_FIELDS}}}"));
    assert!(signed.is_by(&key));
    let user_info: Value = serde_json::from_str(&signed.raw_data).unwrap();
    assert_eq!(answer.json()["userInfo"], user_info);
    let fields = ["userInfo", "rawData", "signature", "encryptedData", "iv", "errMsg"];
    let places = fields.map(|field| answer.text.find(&format!("\"{field}\":")).unwrap());
    assert!(places.is_sorted(), "{}", answer.text);
    assert_eq!(answer.text_of("errMsg"), "getUserInfo:ok");
}

#[test]
fn rule_27_get_user_profile_says_that_it_is_demoted() {
    let desk = Desk::new(options());
    let key = desk.sign_in("alice");

    let signed = Signed::of(&user_profile(&desk));

    assert_eq!(signed.raw_data, format!(r#"{{{ANONYMOUS_FIELDS}"{ANONYMOUS_AVATAR}","is_demote":true}}"#));
    assert!(signed.is_by(&key));
}

#[test]
fn rule_28_everybody_is_anonymous_until_given_a_profile_and_again_without_one() {
    let desk = Desk::new(options());
    desk.sign_in("alice");

    let at_first = desk.user_info("alice").raw_data;
    real_alice(&desk);
    let named = desk.user_info("alice").raw_data;
    desk.steer("PUT", "/control/people/alice", json!({"risk": false}));
    let untouched = desk.user_info("alice").raw_data;
    desk.steer("PUT", "/control/people/alice", json!({"profile": null}));
    let again = desk.user_info("alice").raw_data;

    let anonymous = format!(r#"{{{ANONYMOUS_FIELDS}"{ANONYMOUS_AVATAR}"}}"#);
    let real = format!("{{{REAL_FIELDS}}}");
    assert_eq!([at_first, named, untouched, again], [anonymous.clone(), real.clone(), real, anonymous]);
}

#[test]
fn rule_29_the_encrypted_data_of_get_user_info_has_ids_and_a_watermark() {
    let desk = Desk::new(options());
    real_alice(&desk);
    let exchanged = desk.exchange(&desk.code("alice"));
    desk.advance(5);

    let plaintext = opened(&desk.wx("alice", "getUserInfo"), &exchanged.text_of("session_key"));

    let [openid, unionid] = ["openid", "unionid"].map(|field| exchanged.text_of(field));
    let watermark = watermark(START + 5);
    assert_eq!(plaintext, format!(r#"{{"openId":"{openid}",{REAL_FIELDS},"unionId":"{unionid}",{watermark}}}"#));
}

#[test]
fn rule_29_without_a_platform_there_is_no_unionid_inside() {
    let unbound = SimulatedApp { unionid_bound: false, ..app(APP) };
    let desk = Desk::new(Options { apps: vec![unbound], ..options() });
    let exchanged = desk.exchange(&desk.code("alice"));

    let plaintext = opened(&desk.wx("alice", "getUserInfo"), &exchanged.text_of("session_key"));

    assert!(plaintext.contains(&exchanged.text_of("openid")) && !plaintext.contains("unionId"), "{plaintext}");
}

#[test]
fn rule_29_the_encrypted_data_of_get_user_profile_has_no_ids() {
    let desk = Desk::new(options());
    real_alice(&desk);
    let key = desk.sign_in("alice");

    let plaintext = opened(&user_profile(&desk), &key);

    assert_eq!(plaintext, format!("{{{REAL_FIELDS},{}}}", watermark(START)));
}

#[test]
fn rule_29_every_encryption_has_an_iv_of_its_own() {
    let desk = Desk::new(options());
    desk.sign_in("alice");

    let [first, second] = [(); 2].map(|()| desk.user_info("alice"));

    assert_eq!(first.signature, second.signature);
    assert_ne!(first.iv, second.iv);
    assert_ne!(first.encrypted_data, second.encrypted_data);
}

#[test]
fn rule_29_phone_and_step_data_have_their_shapes() {
    let desk = Desk::new(options());
    desk.steer("PUT", "/control/people/alice", json!({"phone": "13800138000"}));
    let key = desk.sign_in("alice");

    let phone = opened(&desk.wx("alice", "getPhoneNumber"), &key);
    let steps: Value = serde_json::from_str(&opened(&desk.wx("alice", "getWeRunData"), &key)).unwrap();

    let watermark = watermark(START);
    let numbers = r#""phoneNumber":"13800138000","purePhoneNumber":"13800138000","countryCode":"86""#;
    assert_eq!(phone, format!("{{{numbers},{watermark}}}"));
    let days = steps["stepInfoList"].as_array().unwrap();
    let starts: Vec<i64> = days.iter().map(|day| day["timestamp"].as_i64().unwrap()).collect();
    assert_eq!(days.len(), 31);
    assert!(starts.windows(2).all(|pair| pair[1] - pair[0] == 86_400) && (0..86_400).contains(&(START - starts[30])));
    assert!(days.iter().all(|day| day["step"].as_u64().unwrap() < 20_000));
    assert_eq!(steps["watermark"], json!({"timestamp": START, "appid": APP}));
}

#[test]
fn rule_29_a_foreign_number_carries_its_country() {
    let desk = Desk::new(options());
    desk.steer("PUT", "/control/people/alice", json!({"phone": "91234567", "countryCode": "852"}));
    let key = desk.sign_in("alice");

    let phone: Value = serde_json::from_str(&opened(&desk.wx("alice", "getPhoneNumber"), &key)).unwrap();

    assert_eq!(phone["phoneNumber"], "+85291234567");
    assert_eq!((&phone["purePhoneNumber"], &phone["countryCode"]), (&json!("91234567"), &json!("852")));
}

#[test]
fn rule_30_without_credentials_nothing_is_signed_and_no_login_is_needed() {
    let desk = Desk::new(options());

    let answer = desk.wx_with("alice", "getUserInfo", json!({"appId": APP, "withCredentials": false}));

    let fields: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields, ["errMsg", "rawData", "userInfo"]);
}

#[test]
fn rule_31_a_profile_needs_a_tap_and_people_can_refuse() {
    let desk = Desk::new(options());
    desk.sign_in("alice");
    let call = |api: &str, body: Value| {
        let answer = desk.wx_with("alice", api, body);
        (answer.status, answer.text)
    };

    let answers = [
        call("getUserProfile", json!({"appId": APP})),
        call("getUserProfile", json!({"appId": APP, "tap": true, "refuse": true})),
        call("getUserInfo", json!({"appId": APP, "refuse": true})),
        call("getWeRunData", json!({"appId": APP, "refuse": true})),
        call("getPhoneNumber", json!({"appId": APP, "refuse": true})),
    ];

    let failed = |text: &str| (400, format!(r#"{{"errMsg":"{text}"}}"#));
    assert_eq!(
        answers,
        [
            failed("getUserProfile:fail can only be invoked by user TAP gesture."),
            failed("getUserProfile:fail auth deny"),
            failed("getUserInfo:fail auth deny"),
            failed("getWeRunData:fail auth deny"),
            failed("getPhoneNumber:fail user deny"),
        ]
    );
}

#[test]
fn a_phone_number_without_a_login_state_is_a_code_alone() {
    let desk = Desk::new(options());

    let answer = desk.wx("alice", "getPhoneNumber");

    let code = answer.text_of("code");
    assert_eq!(answer.text, format!(r#"{{"code":"{code}","errMsg":"getPhoneNumber:ok"}}"#));
    assert!(code.len() == 64 && code.bytes().all(|b| b.is_ascii_hexdigit()));
}

#[test]
fn calls_that_make_no_sense_fail_as_calls_do() {
    let desk = Desk::new(options());
    let long_name = "a".repeat(65);

    let answers = [
        desk.wx_with("alice", "login", json!({"appId": "wxunknown"})),
        desk.wx_with("alice", "login", json!({})),
        desk.ask("POST", "/wx/alice/login", "not json"),
        desk.wx("alice", "requestPayment"),
        desk.wx(&long_name, "login"),
        desk.wx("", "login"),
    ];

    assert_eq!(answers.each_ref().map(|answer| answer.status), [400; 6]);
    let said = answers.map(|answer| answer.text_of("errMsg"));
    assert_eq!(
        [&said[0], &said[1], &said[3]],
        ["login:fail invalid appid", "login:fail appId is missing", "requestPayment:fail no such API"]
    );
    assert!(
        said[2].starts_with("login:fail the body is not the JSON expected")
            && said[4].contains("64")
            && said[5] == said[4]
    );
    assert_eq!(desk.wx("%E7%88%B1%E4%B8%BD%E4%B8%9D", "login").status, 200, "any script will do");
    assert_eq!(desk.wx(&"a".repeat(64), "login").status, 200);
}
