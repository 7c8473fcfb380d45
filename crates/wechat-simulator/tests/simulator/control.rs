//! The levers, what they tell, and that they tell no secret.

use crate::harness::{APP, Desk, OTHER_APP, SECRET, START, app, clock, empty_signature, options};
use actix_web::{App, test as actix_test, web};
use serde_json::{Value, json};
use wechat_simulator::{Options, Rotation, SimulatedApp, Simulator};

fn in_app(desk: &Desk, person: &str) -> Value {
    desk.get(&format!("/control/people/{person}?appId={APP}")).json()["apps"][0].clone()
}

#[test]
fn a_persons_state_counts_the_versions_of_the_key() {
    let desk = Desk::new(options());

    let unknown = desk.get("/control/people/alice").json();
    desk.code("alice");
    let logged_in = in_app(&desk, "alice");
    desk.sign_in("alice");
    desk.advance(301);
    desk.sign_in("alice");
    desk.expire_key("alice");
    let rotated = in_app(&desk, "alice");

    assert_eq!((&unknown["exists"], &unknown["apps"][0]["exists"]), (&json!(false), &json!(false)));
    let state = |version: u64, expires_at: Value, expired: bool| {
        json!({"appId": APP, "exists": true, "keyVersion": version, "keyExpiresAt": expires_at, "keyExpired": expired,
            "unionidBound": true, "privacy": "agreed", "unionidGiven": true})
    };
    assert_eq!(logged_in, state(0, json!(null), false));
    assert_eq!(rotated, state(2, json!((START + 301) * 1000), true));
}

#[test]
fn a_unionid_can_be_taken_away_and_set() {
    let desk = Desk::new(options());
    let unionid = |app: &str| {
        let code = desk.wx_with("alice", "login", json!({"appId": app})).text_of("code");
        desk.exchange_in(app, &code).json()["unionid"].clone()
    };

    desk.steer("PUT", "/control/people/alice", json!({"unionid": null}));
    let taken_away = [unionid(APP), unionid(OTHER_APP)];
    desk.steer("PUT", "/control/people/alice", json!({"unionid": "o-chosen"}));
    let chosen = [unionid(APP), unionid(OTHER_APP)];
    desk.steer("PUT", "/control/people/alice", json!({}));
    let untouched = unionid(APP);

    assert_eq!(taken_away, [json!(null), json!(null)]);
    assert_eq!(chosen, [json!("o-chosen"), json!("o-chosen")]);
    assert_eq!(untouched, json!("o-chosen"));
}

#[test]
fn everything_can_be_told_to_begin_anew_and_a_seed_then_repeats_itself() {
    let desk = Desk::new(options());
    let run = || [desk.code("alice"), desk.sign_in("alice"), desk.user_info("alice").iv, desk.openid("alice")];
    let first = run();
    desk.advance(500);
    desk.fault("/wx/*", "dropBefore", json!(null), 9);
    desk.steer("PUT", &format!("/control/apps/{APP}"), json!({"unionidBound": false}));
    desk.steer("PUT", "/control/options", json!({"rotation": "on-login", "codeTtlSeconds": 1}));

    desk.steer("POST", "/control/reset", json!({}));

    assert_eq!(run(), first);
    let overview = desk.get("/control").json();
    assert_eq!((&overview["faults"], &overview["advancedSeconds"]), (&json!([]), &json!(0)));
    assert_eq!(overview["options"]["rotation"], "on-exchange");
    assert_eq!(overview["people"], 1);
    assert_eq!(overview["apps"][0]["unionidBound"], true);
}

#[test]
fn a_persons_keys_do_not_depend_on_who_else_signed_in() {
    let [alone, crowded] = [Desk::new(options()), Desk::new(options())];
    for n in 0..20 {
        crowded.sign_in(&format!("person-{n}"));
    }

    let keys = [alone, crowded].map(|desk| desk.sign_in("alice"));

    assert_eq!(keys[0], keys[1]);
}

#[test]
fn without_a_seed_people_stay_who_they_are_and_keys_do_not_repeat() {
    let [before, after] = [(); 2].map(|()| Desk::new(Options { seed: None, ..options() }));

    let [first, second] = [before, after].map(|desk| desk.exchange(&desk.code("alice")));

    assert_eq!(first.text_of("openid"), second.text_of("openid"));
    assert_eq!(first.text_of("unionid"), second.text_of("unionid"));
    assert_ne!(first.text_of("session_key"), second.text_of("session_key"));
}

#[test]
fn the_clock_only_goes_forward_and_not_for_ever() {
    let desk = Desk::new(options());

    desk.advance(90);
    let refused =
        [json!({"advanceSeconds": -1}), json!({"advanceSeconds": u64::MAX}), json!({}), json!({"seconds": 1})]
            .map(|body| desk.post("/control/clock", body));

    for answer in refused {
        assert!(answer.status == 400 && !answer.text_of("error").is_empty(), "{answer:?}");
    }
    let overview = desk.get("/control").json();
    assert_eq!((&overview["now"], &overview["advancedSeconds"]), (&json!((START + 90) * 1000), &json!(90)));
}

#[test]
fn orders_that_make_no_sense_are_refused_and_change_nothing() {
    let desk = Desk::new(options());
    let before = desk.get("/control").text;
    let person = "/control/people/alice";
    let orders = [
        ("PUT", person, json!({"risk": "yes"})),
        ("PUT", person, json!({"profile": {"gender": 3}})),
        ("PUT", person, json!({"profile": {"nickname": "wrong case"}})),
        ("PUT", person, json!({"unionid": ""})),
        ("PUT", person, json!({"unknown": 1})),
        ("PUT", person, json!({"phone": "+86 138"})),
        ("PUT", person, json!({"privacy": "unasked"})),
        ("PUT", person, json!({"appId": APP})),
        ("PUT", person, json!({"privacy": "notAgreed", "appId": "wxunknown"})),
        ("PUT", "/control/checks", json!({"texts": [{"contains": "", "suggest": "risky", "label": 20001}]})),
        ("PUT", "/control/checks", json!({"encrypted": "perhaps"})),
        ("PUT", "/control/people/", json!({})),
        ("PUT", &format!("/control/people/{}", "a".repeat(65)), json!({})),
        ("PUT", "/control/apps/wxunknown", json!({"unionidBound": true})),
        ("PUT", "/control/options", json!({"rotation": "sometimes"})),
        ("PUT", "/control/options", json!({"tokenTtlSeconds": 300})),
        ("POST", "/control/people/alice/expire-session-key", json!({"appId": "wxunknown"})),
        ("POST", "/control/people/alice/expire-session-key", json!({})),
    ];

    let answers = orders.map(|(method, path, body)| desk.ask(method, path, &body.to_string()));

    for answer in answers {
        assert!(answer.status == 400 && !answer.text_of("error").is_empty(), "{answer:?}");
    }
    assert_eq!(desk.get("/control").text, before);
}

#[test]
fn constants_can_be_changed_while_it_runs() {
    let desk = Desk::new(options());
    let key = desk.sign_in("alice");
    desk.advance(61);

    let shown = desk.steer("PUT", "/control/options", json!({"minRefreshPeriodSeconds": 60, "idleTtlSeconds": 1800}));

    assert_eq!((&shown["minRefreshPeriodSeconds"], &shown["idleTtlSeconds"]), (&json!(60), &json!(1800)));
    assert_eq!(shown["codeTtlSeconds"], 300);
    assert_ne!(desk.sign_in("alice"), key);
    let idle_off = desk.steer("PUT", "/control/options", json!({"idleTtlSeconds": null}));
    assert_eq!(idle_off["idleTtlSeconds"], json!(null));
}

#[test]
fn every_option_that_is_shown_but_the_seed_and_the_log_can_be_changed() {
    let desk = Desk::new(options());
    let mut shown = desk.get("/control").json()["options"].clone();
    for fixed in ["seed", "logLength"] {
        shown.as_object_mut().unwrap().remove(fixed).unwrap();
    }

    let answer = desk.ask("PUT", "/control/options", &shown.to_string());

    assert_eq!(answer.status, 200, "{answer:?}");
    let settings = desk.get("/control").json()["apps"][0].clone();
    let mut change = settings.clone();
    change.as_object_mut().unwrap().remove("appId").unwrap();
    assert_eq!(desk.steer("PUT", &format!("/control/apps/{APP}"), change), settings);
}

#[test]
fn the_log_tells_the_story_of_a_failed_first_sign_in() {
    let desk = Desk::new(options());
    desk.code("alice");
    desk.user_info("alice");
    let code = desk.code("alice");
    desk.exchange(&code);
    desk.user_info("alice");
    desk.fault("/sns/jscode2session", "dropAfter", json!(null), 1);
    desk.raw(
        "GET",
        &format!("/sns/jscode2session?appid={APP}&secret={SECRET}&js_code={code}&grant_type=authorization_code"),
        "",
    );
    desk.wx("alice", "getUserProfile");

    let events = desk.events(0);

    let event = |seq: u64, kind: &str, version: u64| json!({"seq": seq, "at": START * 1000, "kind": kind, "person": "alice", "appId": APP, "keyVersion": version});
    let mut used = event(7, "exchange", 1);
    used["errcode"] = json!(40163);
    let mut no_tap = event(8, "getUserProfile", 1);
    no_tap["errMsg"] = json!("getUserProfile:fail can only be invoked by user TAP gesture.");
    let fault =
        json!({"seq": 6, "at": START * 1000, "kind": "fault", "fault": "dropAfter", "path": "/sns/jscode2session"});
    let expected = [
        event(1, "login", 0),
        event(2, "getUserInfo", 0),
        event(3, "login", 0),
        event(4, "exchange", 1),
        event(5, "getUserInfo", 1),
        fault,
        used,
        no_tap,
    ];
    assert_eq!(events, expected);
    assert_eq!(desk.events(6), expected[6..]);
}

#[test]
fn who_follows_the_log_sees_a_reset() {
    let desk = Desk::new(options());
    desk.sign_in("alice");

    desk.steer("POST", "/control/reset", json!({}));

    assert_eq!(desk.events(0), [json!({"seq": 3, "at": START * 1000, "kind": "reset"})]);
}

#[test]
fn the_log_remembers_the_last_thousand() {
    let desk = Desk::new(options());
    for n in 0..1010 {
        desk.wx(&format!("person-{}", n % 7), "checkSession");
    }

    let events = desk.events(0);

    let numbers: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (11..=1010).collect::<Vec<u64>>());
}

#[test]
fn no_lever_tells_a_secret() {
    let desk = Desk::new(options());
    let code = desk.code("alice");
    let exchanged = desk.exchange(&code);
    let phone_code = desk.wx("alice", "getPhoneNumber").text_of("code");
    let token = desk.token();
    desk.post(&format!("/wxa/business/getuserphonenumber?access_token={token}"), json!({"code": phone_code}));
    let key = exchanged.text_of("session_key");
    let signature = empty_signature(&key);
    let openid = exchanged.text_of("openid");
    let query = format!("access_token={token}&openid={openid}&signature={signature}&sig_method=hmac_sha256");
    desk.get(&format!("/wxa/resetusersessionkey?{query}"));

    let told = ["/control", "/control/log", "/control/people/alice"].map(|path| desk.get(path).text).concat();

    let kinds: Vec<Value> = desk.events(0).iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["login", "exchange", "getPhoneNumber", "token", "getUserPhoneNumber", "resetUserSessionKey"]);
    for secret in [&code, &phone_code, &token, &key, &openid, &exchanged.text_of("unionid"), SECRET] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}

#[test]
fn alone_it_tells_paths_it_does_not_have() {
    let desk = Desk::new(options());

    let answers = ["/", "/v1/login", "/control/nothing"].map(|path| desk.get(path));

    assert_eq!(
        answers.map(|answer| (answer.status, answer.text)),
        [(); 3].map(|()| (404, r#"{"error":"no such path"}"#.to_owned()))
    );
}

#[actix_web::test]
async fn it_stands_beside_another_api_in_one_application() {
    let simulator = Simulator::new(Options { rotation: Rotation::OnLogin, ..options() }, clock());
    let mounted = App::new()
        .configure(simulator.configure())
        .route("/v1/login", web::post().to(async || "theirs"))
        .route("/healthz", web::get().to(async || "theirs"))
        .route("/", web::get().to(async || "theirs"))
        .default_service(web::to(async || actix_web::HttpResponse::ImATeapot().finish()));
    let mounted = actix_test::init_service(mounted).await;

    let mut theirs = Vec::new();
    for request in [
        actix_test::TestRequest::post().uri("/v1/login"),
        actix_test::TestRequest::get().uri("/healthz"),
        actix_test::TestRequest::get(),
    ] {
        theirs.push(actix_test::call_and_read_body(&mounted, request.to_request()).await);
    }
    let login = actix_test::TestRequest::post().uri("/wx/alice/login").set_json(json!({"appId": APP})).to_request();
    let ours: Value = actix_test::call_and_read_body_json(&mounted, login).await;
    let neither = actix_test::call_service(&mounted, actix_test::TestRequest::get().uri("/nothing").to_request()).await;

    assert_eq!(theirs, ["theirs"; 3]);
    assert_eq!(ours["errMsg"], "login:ok");
    assert_eq!(neither.status(), 418);
}

#[test]
fn the_only_app_need_not_be_named() {
    let only: SimulatedApp = app(APP);
    let desk = Desk::new(Options { apps: vec![only], ..options() });

    let answers = [desk.ask("POST", "/wx/alice/login", ""), desk.post("/wx/alice/login", json!({}))];

    assert_eq!(answers.each_ref().map(|answer| answer.status), [200; 2]);
    assert!(desk.exchange(&answers[0].text_of("code")).text.contains("session_key"));
}
