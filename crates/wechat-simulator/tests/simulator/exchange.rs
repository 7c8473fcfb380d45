//! Rules 10 to 13: the form of the exchange's answers.

use crate::harness::{APP, Answer, Desk, OTHER_APP, SECRET, START, app, options};
use serde_json::json;
use wechat_simulator::{Options, SimulatedApp};

fn desk_of(settings: SimulatedApp) -> Desk {
    Desk::new(Options { apps: vec![settings], ..options() })
}

fn exchanged(settings: SimulatedApp) -> Answer {
    let desk = desk_of(settings);
    desk.exchange(&desk.code("alice"))
}

#[test]
fn rule_10_success_is_plain_text_with_the_key_first_and_no_errcode() {
    let answer = exchanged(app(APP));

    let [key, openid, unionid] = ["session_key", "openid", "unionid"].map(|field| answer.text_of(field));
    let expected = format!(r#"{{"session_key":"{key}","openid":"{openid}","unionid":"{unionid}"}}"#);
    assert_eq!((answer.status, answer.content_type.as_str(), answer.text.as_str()), (200, "text/plain", &*expected));
    assert!(key.len() == 24 && key.ends_with("=="));
    for id in [openid, unionid] {
        assert!(id.len() == 28 && id.starts_with('o'), "{id}");
    }
}

#[test]
fn rule_10_failure_is_status_200_and_plain_text_too() {
    let desk = desk_of(app(APP));

    let answer = desk.exchange("unknown");

    assert_eq!((answer.status, answer.content_type.as_str()), (200, "text/plain"));
    assert!(answer.text.starts_with(r#"{"errcode":40029,"errmsg":"invalid code, rid: "#), "{}", answer.text);
}

#[test]
fn rule_10_old_accounts_get_expires_in_behind_the_key() {
    let answer = exchanged(SimulatedApp { legacy_expires_in: true, ..app(APP) });

    let [key, openid, unionid] = ["session_key", "openid", "unionid"].map(|field| answer.text_of(field));
    let expected = format!(r#"{{"session_key":"{key}","expires_in":7200,"openid":"{openid}","unionid":"{unionid}"}}"#);
    assert_eq!(answer.text, expected);
}

#[test]
fn rule_10_success_can_carry_errcode_zero() {
    let answer = exchanged(SimulatedApp { errcode_zero: true, ..app(APP) });

    assert!(answer.text.ends_with(r#","errcode":0,"errmsg":"ok"}"#), "{}", answer.text);
}

#[test]
fn rule_10_slashes_can_be_escaped() {
    let desk = desk_of(SimulatedApp { escape_slashes: true, ..app(APP) });

    let answers: Vec<Answer> = (0..40).map(|n| desk.exchange(&desk.code(&format!("person-{n}")))).collect();

    let with_slash: Vec<&Answer> =
        answers.iter().filter(|answer| answer.text_of("session_key").contains('/')).collect();
    assert!(!with_slash.is_empty());
    for answer in with_slash {
        assert_eq!(answer.text.matches('/').count(), answer.text.matches(r"\/").count(), "{}", answer.text);
    }
}

#[test]
fn rule_10_errcodes_can_be_strings() {
    let desk = desk_of(SimulatedApp { string_errcode: true, ..app(APP) });

    let answer = desk.exchange("unknown");

    assert!(answer.text.starts_with(r#"{"errcode":"40029","errmsg":"invalid code, rid: "#), "{}", answer.text);
}

#[test]
fn rule_11_without_a_platform_the_unionid_is_absent() {
    let answer = exchanged(SimulatedApp { unionid_bound: false, ..app(APP) });

    let [key, openid] = ["session_key", "openid"].map(|field| answer.text_of(field));
    assert_eq!(answer.text, format!(r#"{{"session_key":"{key}","openid":"{openid}"}}"#));
}

#[test]
fn rule_11_a_person_has_one_unionid_for_each_platform_and_an_openid_for_each_app() {
    let elsewhere = "wx00000000000000ff";
    let apps = vec![app(APP), app(OTHER_APP), SimulatedApp { platform: "another".to_owned(), ..app(elsewhere) }];
    let desk = Desk::new(Options { apps, ..options() });

    let [here, sibling, stranger] = [APP, OTHER_APP, elsewhere].map(|id| {
        let code = desk.wx_with("alice", "login", json!({"appId": id})).text_of("code");
        desk.exchange_in(id, &code)
    });

    assert_eq!(here.text_of("unionid"), sibling.text_of("unionid"));
    assert_ne!(here.text_of("unionid"), stranger.text_of("unionid"));
    assert_ne!(here.text_of("openid"), sibling.text_of("openid"));
    assert_ne!(here.text_of("openid"), here.text_of("unionid"));
}

#[test]
fn rule_11_an_app_bound_later_gives_unionids_to_people_it_knew() {
    let desk = desk_of(SimulatedApp { unionid_bound: false, ..app(APP) });
    let before = desk.exchange(&desk.code("alice"));

    desk.steer("PUT", &format!("/control/apps/{APP}"), json!({"unionidBound": true}));
    let after = desk.exchange(&desk.code("alice"));

    assert_eq!(before.json()["unionid"], json!(null));
    assert_eq!(before.text_of("openid"), after.text_of("openid"));
    assert_eq!(after.text_of("unionid").len(), 28);
}

#[test]
fn rule_12_refusals_end_in_a_request_id_that_begins_with_the_time() {
    let desk = desk_of(app(APP));
    let exchange = |query: &str| desk.get(&format!("/sns/jscode2session?{query}")).text_of("errmsg");
    let bad_secret = format!("appid={APP}&secret=bad&js_code=c&grant_type=authorization_code");
    let bad_app = format!("appid=wxbad&secret={SECRET}&js_code=c&grant_type=authorization_code");

    let words = [
        (exchange(&bad_secret), "invalid appsecret, rid: "),
        (exchange(&bad_app), "invalid appid rid: "),
        (exchange(""), "appid missing rid: "),
        (desk.get("/cgi-bin/token?appid=").text_of("errmsg"), "appid missing rid: "),
        (desk.get("/wxa/checksession").text_of("errmsg"), "access_token missing rid: "),
    ];

    for (errmsg, start) in words {
        let rid: Vec<&str> = errmsg.strip_prefix(start).unwrap_or_else(|| panic!("{errmsg}")).split('-').collect();
        assert!(rid.len() == 3 && rid.iter().all(|group| group.len() == 8), "{errmsg}");
        assert_eq!(i64::from_str_radix(rid[0], 16).unwrap(), START);
    }
}

#[test]
fn rule_13_anything_but_get_lacks_its_appid() {
    let desk = desk_of(app(APP));
    let code = desk.code("alice");
    let query = format!("appid={APP}&secret={SECRET}&js_code={code}&grant_type=authorization_code");

    let refused = ["POST", "PUT"].map(|method| desk.ask(method, &format!("/sns/jscode2session?{query}"), &query));

    assert_eq!(refused.map(|answer| (answer.status, answer.errcode())), [(200, 41002); 2]);
    assert!(desk.exchange(&code).text.contains("session_key"));
}
