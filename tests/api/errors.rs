//! What every endpoint answers to requests that cannot be used.

use super::Mode;
use crate::harness::TestApp;
use reqwest::Method;
use serde_json::json;
use testkit::Answer;

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_path_is_a_problem() {
    let test = TestApp::<Mode>::start().await;

    for path in ["/", "/v1", "/v1/login/", "/v2/login", "/v1/logins", "/%00", "/docs/nothing.js"] {
        assert_eq!(test.get(path).await.problem(), (404, "not_found", "none"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_is_told_the_right_ones() {
    let test = TestApp::<Mode>::start().await;

    for (method, path, allow) in [
        (Method::GET, "/v1/login", "POST"),
        (Method::PUT, "/v1/register", "POST"),
        (Method::POST, "/v1/session", "GET, HEAD, DELETE"),
        (Method::POST, "/v1/me", "GET, HEAD, PATCH, DELETE"),
        (Method::DELETE, "/healthz", "GET, HEAD"),
    ] {
        let url = format!("{}{path}", test.base);
        let answer = Answer::to(test.http.request(method.clone(), url)).await.unwrap();

        assert_eq!(answer.problem(), (405, "method_not_allowed", "none"), "{method} {path}");
        assert_eq!(answer.headers["allow"], allow, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_json_object_of_the_right_form_is_refused() {
    let test = TestApp::<Mode>::start().await;

    for body in [
        "",
        "{",
        "null",
        "[]",
        "[\"code\"]",
        " [\"code\", null]",
        "\"code\"",
        "{}",
        "{\"code\":1}",
        "{\"code\":null}",
        "{\"code\":\"\"}",
        "{\"code\":\"\\ud800\"}",
        "{\"code\":\"a\",\"code\":\"b\"}",
        "{\"code\":\"a\"} x",
        "\u{feff}{\"code\":\"a\"}",
    ] {
        let request = test.http.post(format!("{}/v1/login", test.base)).body(body);
        let answer = Answer::to(request).await.unwrap();

        assert_eq!(answer.problem(), (400, "invalid_request", "none"), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_missing_field_is_told_and_no_value_is_repeated() {
    let test = TestApp::<Mode>::start().await;

    let missing = test.post("/v1/register", &json!({"ticket": "t", "iv": "AAAA"})).await;
    let wrong = test.post("/v1/login", &json!({"code": {"secret": "hunter2"}})).await;

    assert_eq!(missing.text("detail"), "the field rawData is missing beside the others");
    assert!(!wrong.body.to_string().contains("hunter2"), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_above_64_kib_is_too_large() {
    let test = TestApp::<Mode>::start().await;
    let large = json!({"code": "c", "more": "x".repeat(70_000)});

    let whole = test.post("/v1/login", &large).await;
    let request = test.http.post(format!("{}/v1/register", test.base)).body(large.to_string());
    let other = Answer::to(request).await.unwrap();

    assert_eq!(whole.problem(), (413, "payload_too_large", "none"));
    assert_eq!(other.problem(), (413, "payload_too_large", "none"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_over_long_field_is_refused() {
    let test = TestApp::<Mode>::start().await;

    let answer = test.phone("alice").login_with(&"c".repeat(513)).await;

    assert_eq!(answer.problem(), (400, "invalid_request", "none"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_taken_from_the_trace_and_handed_back() {
    let test = TestApp::<Mode>::start().await;
    let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    let request = test.http.get(format!("{}/nowhere", test.base)).header("traceparent", header);
    let answer = Answer::to(request).await.unwrap();

    assert_eq!(answer.text("requestId"), "4bf92f3577b34da6a3ce929d0e0e4736");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_requests_than_configured_are_told_to_come_later() {
    let test = TestApp::<Mode>::with(&[("MAX_IN_FLIGHT", "1")], Default::default()).await;
    test.wechat.fault("/sns/jscode2session", "latencyMs", 3000, 1).await;
    let phone = test.phone("alice");
    let code = phone.code().await;

    let busy = async {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let mut answer = test.get("/openapi.json").await;
        for _ in 0..40 {
            if answer.status == 503 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            answer = test.get("/openapi.json").await;
        }
        (answer, test.get("/healthz").await)
    };
    let (login, (refused, alive)) = tokio::join!(phone.login_with(&code), busy);

    assert_eq!(login.status, 200, "{login:?}");
    assert_eq!(refused.problem(), (503, "overloaded", "later"));
    assert_eq!(alive.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_clients_make_up_do_not_become_labels() {
    let test = TestApp::<Mode>::start().await;

    for word in ["BREW", "X-RANDOM-1"] {
        let url = format!("{}/v1/login", test.base);
        test.http.request(Method::from_bytes(word.as_bytes()).unwrap(), url).send().await.unwrap();
    }

    let metrics = test.get("/metrics").await.body.to_string();
    assert!(!metrics.contains("BREW") && !metrics.contains("RANDOM"));
}
