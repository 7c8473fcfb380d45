//! Routes, API document and error table say the same.

use crate::harness::{Embedded, TestApp};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::Answer;
use weapp_login::error::Code;

#[tokio::test(flavor = "multi_thread")]
async fn the_document_has_every_line_of_the_route_table() {
    let test = TestApp::<Embedded>::start().await;
    let lines = include_str!("../../src/routes/mod.rs").matches(".add::<").count();

    let document = test.get("/openapi.json").await.body;

    assert_eq!(document["openapi"].as_str().unwrap().split('.').take(2).collect::<Vec<_>>(), ["3", "1"]);
    let items = document["paths"].as_object().unwrap().values();
    let operations: usize = items.map(|item| item.as_object().unwrap().len()).sum();
    assert_eq!(operations, lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_allows_the_methods_of_the_document() {
    let test = TestApp::<Embedded>::start().await;
    let document = test.get("/openapi.json").await.body;

    for (path, item) in document["paths"].as_object().unwrap() {
        let methods: BTreeSet<_> = item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        let url = format!("{}{}", test.base, path.replace("{id}", "x"));
        let answer = Answer::to(test.http.request(Method::TRACE, url)).await.unwrap();
        assert_eq!(answer.problem().1, "method_not_allowed", "{path}");
        let allowed = answer.headers["allow"].to_str().unwrap().split(", ");
        let allowed = allowed.filter(|method| *method != "HEAD").map(str::to_owned).collect();
        assert_eq!(methods, allowed, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_has_every_error_of_the_table() {
    let test = TestApp::<Embedded>::start().await;

    let text = test.get("/openapi.json").await.body.to_string();

    for code in Code::ALL {
        assert!(text.contains(&format!("`{}`", code.name())), "{}", code.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_has_a_name_of_its_own() {
    let test = TestApp::<Embedded>::start().await;
    let document = test.get("/openapi.json").await.body;

    let items = document["paths"].as_object().unwrap().values();
    let names: Vec<_> =
        items.flat_map(|item| item.as_object().unwrap().values()).map(|one| &one["operationId"]).collect();

    let different: BTreeSet<_> = names.iter().map(|name| name.as_str().expect("a name")).collect();
    assert_eq!(different.len(), names.len(), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_names_codes_statuses_and_ways_as_they_are_sent() {
    let test = TestApp::<Embedded>::start().await;
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();

    let schemas = test.get("/openapi.json").await.body["components"]["schemas"].take();

    assert_eq!(schemas["Code"]["enum"], json!(codes));
    assert_eq!(schemas["Way"]["enum"], json!(["userInfo", "silent", "phone"]));
    assert_eq!(schemas["LoggedIn"]["enum"], json!(["loggedIn"]));
    assert_eq!(schemas["Required"]["enum"], json!(["registrationRequired"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_belongs_to_a_part_and_signing_in_comes_first() {
    let test = TestApp::<Embedded>::start().await;
    let document = test.get("/openapi.json").await.body;

    let parts: Vec<_> = document["tags"].as_array().unwrap().iter().map(|part| &part["name"]).collect();

    assert_eq!(parts[0], "Signing in");
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            assert!(parts.contains(&&operation["tags"][0]), "{path}: {}", operation["tags"]);
        }
    }
    assert_eq!(document["paths"]["/v1/login"]["post"]["tags"][0], "Signing in");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_needs_no_other_host() {
    let test = TestApp::<Embedded>::start().await;

    for path in ["/docs", "/docs/"] {
        let page = test.get(path).await;
        assert_eq!(page.status, 200);
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        for rule in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.split("; ").any(|part| part == rule), "{policy}");
        }
        let Value::String(page) = page.body else { panic!("a page") };
        let sources = page.split(['"', '\'']).filter(|text| text.starts_with("http") || text.starts_with("//"));
        assert_eq!(sources.collect::<Vec<_>>(), Vec::<&str>::new());
        assert!(page.contains("data-simulated=\"\""), "WeChat is simulated in dev alone");
        // What the policy would keep from running.
        assert!(!page.contains("<script>") && !page.contains("<style") && !page.contains("javascript:"), "{page}");
    }
    let started = test.get("/docs/page.js").await.body.to_string();
    assert!(started.contains("validatorUrl: 'none'"), "no other host validates: {started}");
    for asset in ["swagger-ui.css", "swagger-ui-bundle.js", "page.css", "page.js", "icon.svg"] {
        assert_eq!(test.get(&format!("/docs/{asset}")).await.status, 200, "{asset}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_readiness_and_metrics_answer() {
    let test = TestApp::<Embedded>::start().await;
    test.phone("alice").login().await;

    assert_eq!(test.get("/healthz").await.status, 200);
    let head = test.http.head(format!("{}/healthz", test.base)).send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.text().await.unwrap().as_str()), (200, ""));
    assert_eq!(test.get("/readyz").await.status, 200);
    let Value::String(metrics) = test.get("/metrics").await.body else { panic!("text") };

    for name in [
        "weapp_login_requests_total",
        "weapp_login_request_seconds_bucket",
        "weapp_login_wechat_calls_total",
        "weapp_login_tickets_total",
        "weapp_login_database_connections{state=\"idle\"}",
        "weapp_login_clock_offset_seconds",
        "weapp_login_build_info",
    ] {
        assert!(metrics.contains(name), "{name}");
    }
}
