//! Rule 39: trouble on request.

use crate::harness::{APP, Desk, SECRET, options, token_path};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

const EXCHANGE: &str = "/sns/jscode2session";

fn exchange_path(code: &str) -> String {
    format!("{EXCHANGE}?appid={APP}&secret={SECRET}&js_code={code}&grant_type=authorization_code")
}

#[test]
fn rule_39_the_next_calls_are_refused_with_an_errcode_and_nothing_happens() {
    let desk = Desk::new(options());
    let code = desk.code("alice");
    desk.fault(EXCHANGE, "errcode", json!(-1), 2);

    let answers = [(); 3].map(|()| desk.exchange(&code));

    assert_eq!([answers[0].errcode(), answers[1].errcode()], [-1, -1]);
    assert!(answers[0].text.starts_with(r#"{"errcode":-1,"errmsg":"system error, rid: "#), "{:?}", answers[0]);
    assert_eq!((answers[0].status, answers[0].content_type.as_str()), (200, "text/plain"));
    assert!(answers[2].text.contains("session_key"));
}

#[test]
fn rule_39_answers_can_be_late() {
    let desk = Desk::new(options());
    let code = desk.code("alice");
    desk.fault(EXCHANGE, "latencyMs", json!(90), 1);

    let started = Instant::now();
    let answer = desk.exchange(&code);

    assert!(started.elapsed() >= Duration::from_millis(90));
    assert!(answer.text.contains("session_key"));
}

#[test]
fn rule_39_a_late_answer_holds_up_nobody_else() {
    let desk = Desk::new(options());
    desk.fault("/wx/alice/login", "latencyMs", json!(60_000), 1);
    let mut waiting = std::net::TcpStream::connect(desk.address).unwrap();
    waiting.write_all(b"POST /wx/alice/login HTTP/1.1\r\nHost: simulator\r\nContent-Length: 0\r\n\r\n").unwrap();

    let answer = desk.wx("bob", "login");

    assert_eq!(answer.status, 200);
    waiting.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    assert!(waiting.read(&mut [0; 1]).is_err(), "alice still waits");
}

#[test]
fn rule_39_a_gateway_can_answer_instead_and_nothing_happens() {
    let desk = Desk::new(options());
    let code = desk.code("alice");
    desk.fault(EXCHANGE, "httpStatus", json!(502), 1);

    let answer = desk.exchange(&code);

    assert_eq!((answer.status, answer.content_type.as_str()), (502, "text/html"));
    assert!(answer.text.starts_with("<html>") && answer.text.contains("502 Bad Gateway"));
    assert!(desk.exchange(&code).text.contains("session_key"));
}

#[test]
fn rule_39_a_body_can_be_cut_short_after_it_happened() {
    let desk = Desk::new(options());
    let code = desk.code("alice");
    desk.fault(EXCHANGE, "garbage", json!(null), 1);

    let answer = desk.exchange(&code);

    assert_eq!((answer.status, answer.content_type.as_str()), (200, "text/plain"));
    assert!(answer.text.starts_with(r#"{"session_key":""#) && serde_json::from_str::<Value>(&answer.text).is_err());
    assert_eq!(desk.exchange(&code).errcode(), 40163);
}

#[test]
fn rule_39_a_body_can_be_any_text() {
    let desk = Desk::new(options());
    for text in ["", "null", "[]", r#"{"openid":5}"#, "<html>"] {
        desk.fault("/cgi-bin/token", "garbage", json!(text), 1);

        let answer = desk.get(&token_path(APP, SECRET));

        assert_eq!((answer.status, answer.text.as_str()), (200, text));
    }
}

#[test]
fn rule_39_the_connection_can_close_before_anything_happened() {
    let desk = Desk::new(options());
    let code = desk.code("alice");
    desk.fault(EXCHANGE, "dropBefore", json!(null), 1);

    let received = desk.raw("GET", &exchange_path(&code), "");

    assert_eq!(received, b"");
    assert!(desk.exchange(&code).text.contains("session_key"));
}

#[test]
fn rule_39_the_connection_can_close_after_it_happened() {
    let desk = Desk::new(options());
    let code = desk.code("alice");
    desk.fault(EXCHANGE, "dropAfter", json!(null), 1);

    let received = desk.raw("GET", &exchange_path(&code), "");

    assert_eq!(received, b"");
    assert_eq!(desk.exchange(&code).errcode(), 40163);
}

#[test]
fn rule_39_a_kept_connection_closes_too() {
    let desk = Desk::new(options());
    desk.fault("/wx/bob/login", "dropAfter", json!(null), 1);
    let mut stream = std::net::TcpStream::connect(desk.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let login = |person: &str| {
        format!("POST /wx/{person}/login HTTP/1.1\r\nHost: s\r\nContent-Length: 16\r\n\r\n{{\"appId\":\"none\"}}")
    };
    stream.write_all(login("alice").as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();

    stream.write_all(login("bob").as_bytes()).unwrap();

    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert_eq!(&first, b"HTTP/1.1 400");
    assert!(!String::from_utf8(rest).unwrap().contains("HTTP/1.1"), "no second answer, not even its head");
}

#[test]
fn rule_39_phones_and_other_servers_have_trouble_too() {
    let desk = Desk::new(options());
    desk.fault("/wx/alice/login", "errcode", json!(-1), 1);
    desk.fault("/wxa/*", "errcode", json!(-1), 1);
    desk.fault("/wx/alice/*", "dropBefore", json!(null), 1);

    let login = desk.wx("alice", "login");
    let somebody_else = desk.wx("bob", "login");
    let server = desk.get("/wxa/checksession");
    let dropped = desk.raw("POST", "/wx/alice/checkSession", "{}");

    assert_eq!(login.text, r#"{"errMsg":"login:fail 系统错误，错误码：-1,system error","errno":-1}"#);
    assert_eq!(login.status, 400);
    assert_eq!(somebody_else.status, 200);
    assert_eq!(server.errcode(), -1);
    assert_eq!(dropped, b"");
    assert_eq!(desk.wx("alice", "login").status, 200, "all faults are spent");
}

#[test]
fn rule_39_faults_of_one_path_strike_in_order_and_a_delay_joins_the_next() {
    let desk = Desk::new(options());
    desk.fault(EXCHANGE, "errcode", json!(45009), 1);
    desk.fault(EXCHANGE, "httpStatus", json!(503), 1);
    desk.fault(EXCHANGE, "latencyMs", json!(50), 1);

    let started = Instant::now();
    let first = desk.exchange("c");
    let took = started.elapsed();
    let second = desk.exchange("c");

    assert_eq!(first.errcode(), 45009);
    assert!(took >= Duration::from_millis(50));
    assert_eq!(second.status, 503);
}

#[test]
fn rule_39_another_host_of_the_same_wechat_stays_healthy() {
    let desk = Desk::new(options());
    let code = desk.code("alice");
    let body = json!({"path": EXCHANGE, "kind": "dropBefore", "times": 9, "host": "api.weixin.qq.com"});
    desk.steer("POST", "/control/faults", body);
    let ask = |host: &str| {
        let mut stream = std::net::TcpStream::connect(desk.address).unwrap();
        let request = format!("GET {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", exchange_path(&code));
        stream.write_all(request.as_bytes()).unwrap();
        let mut received = String::new();
        stream.read_to_string(&mut received).unwrap();
        received
    };

    let [down, healthy] = ["api.weixin.qq.com", "api2.weixin.qq.com"].map(ask);

    assert_eq!(down, "");
    assert!(healthy.contains("session_key"), "{healthy}");
}

#[test]
fn faults_that_make_no_sense_are_refused() {
    let desk = Desk::new(options());
    let fault = |path: &str, kind: &str, value: Value, times: i64| {
        let answer = desk.post("/control/faults", json!({"path": path, "kind": kind, "value": value, "times": times}));
        (answer.status, answer.text_of("error"))
    };

    let refused = [
        fault("/control/reset", "dropBefore", json!(null), 1),
        fault(EXCHANGE, "explode", json!(null), 1),
        fault(EXCHANGE, "errcode", json!("40029"), 1),
        fault(EXCHANGE, "errcode", json!(0), 1),
        fault(EXCHANGE, "httpStatus", json!(200), 1),
        fault(EXCHANGE, "latencyMs", json!(-1), 1),
        fault(EXCHANGE, "garbage", json!(5), 1),
        fault(EXCHANGE, "dropAfter", json!(null), 0),
        fault(EXCHANGE, "dropAfter", json!(null), -1),
    ];

    let words = [
        "path must",
        "kind must",
        "value must",
        "errcode 0",
        "value must",
        "value must",
        "value must",
        "times must",
        "invalid value",
    ];
    for ((status, error), start) in refused.into_iter().zip(words) {
        assert!(status == 400 && error.starts_with(start), "{error}");
    }
    assert_eq!(desk.get("/control").json()["faults"], json!([]));
}

#[test]
fn faults_can_be_seen_and_taken_back() {
    let desk = Desk::new(options());
    desk.fault(EXCHANGE, "httpStatus", json!(502), 3);
    desk.exchange("c");

    let active = desk.get("/control").json()["faults"].clone();
    desk.steer("DELETE", "/control/faults", json!({}));

    assert_eq!(active, json!([{"path": EXCHANGE, "host": null, "kind": "httpStatus", "value": 502, "times": 2}]));
    assert_eq!(desk.exchange("c").errcode(), 40029);
}
