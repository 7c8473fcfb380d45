//! What a log must never hold, searched for in everything that a replica writes at its most talkative.

use crate::phone::Phone;
use crate::site::{APP, SECRET, Site};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;
use testkit::{DATABASE_PASSWORD as PASSWORD, Mariadb, Redis};

const REDIS_PASSWORD: &str = "hush-redis-password";
const INTROSPECTION: &str = "hush-introspection-secret-of-a-backend";

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_holds_a_secret_or_anything_personal_even_at_trace() {
    let mut database = Mariadb::start();
    let mut redis = Redis::with(&["--requirepass", REDIS_PASSWORD]);
    let url = format!("redis://:{REDIS_PASSWORD}@127.0.0.1:{}", redis.port);
    let clients = format!("backend:{INTROSPECTION}");
    let site = Site::start(&[
        ("DATABASE_URL", database.url().as_str()),
        ("REDIS_URL", &url),
        ("LOG", "trace"),
        ("LOG_FORMAT", "json"),
        ("RATE_LIMIT_PER_MINUTE", "1000"),
        ("INTROSPECTION_CLIENTS", &clients),
    ])
    .await;
    let replica = site.replica(&[]);
    let base = &replica.base;
    let alice = Phone::of(&site, "alice");
    let mut hush: Vec<(&str, String)> = vec![
        ("the app's secret", SECRET.into()),
        ("the database's password", PASSWORD.into()),
        ("the password of Redis", REDIS_PASSWORD.into()),
        ("an introspection secret", INTROSPECTION.into()),
    ];
    let mut keep = |what: &'static str, value: &Value| hush.push((what, value.as_str().unwrap().to_owned()));

    let code = alice.wx("login").await["code"].clone();
    keep("a code", &code);
    let login = site.post(base, "/v1/login", None, &json!({"code": code})).await;
    let used = site.post(base, "/v1/login", None, &json!({"code": code})).await;
    assert_eq!(used.problem().1, "code_used");
    let request_id = used.text("requestId").to_owned();
    keep("a ticket", &login.body["ticket"]);
    let form = alice.form(login.text("ticket")).await;
    for part in ["rawData", "signature", "encryptedData", "iv"] {
        keep(part, &form[part]);
    }
    let mut forged = form.clone();
    forged["signature"] = "0".repeat(40).into();
    assert_eq!(site.post(base, "/v1/register", None, &forged).await.problem().1, "signature_mismatch");
    let joined = site.post(base, "/v1/register", None, &form).await;
    let token = joined.text("token").to_owned();
    keep("a token", &joined.body["token"]);
    keep("a nickname", &joined.body["user"]["nickname"]);
    keep("an avatar", &joined.body["user"]["avatarUrl"]);
    let number = alice.wx("getPhoneNumber").await;
    keep("a phone code", &number["code"]);
    let bound = site.post(base, "/v1/me/phone", Some(&token), &json!({"code": number["code"]})).await;
    keep("a phone number", &bound.body["phone"].as_str().unwrap().trim_start_matches("+86").into());
    let who = site.get(base, "/v1/auth", &token).await;
    for (what, name) in [("an openid", "x-open-id"), ("a unionid", "x-union-id")] {
        keep(what, &who.headers[name].to_str().unwrap().into());
    }
    // The key that the service holds, as long as it is not expired: an exchange gives the same one again.
    let code = alice.wx("login").await["code"].as_str().unwrap().to_owned();
    let query = format!("appid={APP}&secret={SECRET}&js_code={code}&grant_type=authorization_code");
    let exchanged = site.get(&site.wechat.base, &format!("/sns/jscode2session?{query}"), "").await;
    keep("a session key", &exchanged.body["session_key"]);

    let wrong_token = "Zt6x0w4v7uYPk2nGn9WJ1mE3m8w0r1lT3oJ0m2c3bq1";
    keep("a wrong token", &wrong_token.into());
    assert_eq!(site.get(base, "/v1/session", wrong_token).await.status, 401);
    assert_eq!(alice.register(base, wrong_token).await.status, 410);
    let malformed =
        format!("GET /v1/session HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nno header\r\n\r\n");
    TcpStream::connect(base.trim_start_matches("http://")).unwrap().write_all(malformed.as_bytes()).unwrap();
    let asked = site.http.post(format!("{base}/v1/introspect")).basic_auth("backend", Some(INTROSPECTION));
    let asked = asked.header("content-type", "application/x-www-form-urlencoded").body(format!("token={token}"));
    assert_eq!(asked.send().await.unwrap().status(), 200);
    for (kind, value) in [
        ("dropBefore", Value::Null),
        ("dropAfter", Value::Null),
        ("garbage", "<html>busy</html>".into()),
        (
            "garbage",
            format!(r#"{{"session_key":"{}","openid":7}}"#, exchanged.body["session_key"].as_str().unwrap()).into(),
        ),
        ("httpStatus", 502.into()),
        ("errcode", 40013.into()),
        ("errcode", 99999.into()),
    ] {
        site.wechat.fault("/sns/jscode2session", kind, value, 1).await;
        let code = alice.wx("login").await["code"].clone();
        keep("a code that went wrong", &code);
        assert!(site.post(base, "/v1/login", None, &json!({"code": code})).await.status.is_server_error());
    }
    let late = Phone::of(&site, "bob").ticket(base).await;
    keep("a ticket", &late.clone().into());
    database.kill();
    assert_eq!(Phone::of(&site, "bob").register(base, &late).await.status, 503);
    assert_eq!(alice.login(base).await.status, 503);
    redis.kill();
    assert_eq!(site.get(base, "/v1/session", &token).await.status, 503);
    assert_eq!(Phone::of(&site, "bob").register(base, &late).await.status, 503);
    redis.restart();
    database.restart();
    assert_eq!(alice.login(base).await.status, 200);
    replica.process.signal("TERM");

    let log = replica.process.said();
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines.iter().filter(|line| line.contains("\"message\":\"request\"")).count() > 15, "{}", lines.len());
    let targets: BTreeSet<_> = lines.iter().filter_map(|line| target(line)).collect();
    println!("{} log lines from {targets:?}", lines.len());
    assert!(lines.iter().any(|line| holds(line, &request_id)), "what is there is found");
    for (what, secret) in &hush {
        let said = lines.iter().find(|line| holds(line, secret));
        assert!(said.is_none(), "{what}: {}", said.unwrap());
    }
}

/// The crate that wrote a line.
fn target(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    Some(line["target"].as_str()?.split("::").next()?.to_owned())
}

/// Whether a line holds a text, be it as an address, as JSON or as the inside of a Rust string writes it.
fn holds(line: &str, secret: &str) -> bool {
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let quoted = serde_json::to_string(secret).unwrap();
    let debugged = format!("{secret:?}");
    let forms = [secret, &encoded, quoted.trim_matches('"'), debugged.trim_matches('"')];
    let twice = forms.map(|form| form.replace('\\', "\\\\").replace('"', "\\\""));
    forms.iter().any(|form| line.contains(form)) || twice.iter().any(|form| line.contains(form.as_str()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_of_a_request_names_the_account_and_as_much_of_the_address_as_may_be_told() {
    let site = Site::start(&[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let replicas = ["whole", "masked", "none"].map(|how| site.replica(&[("LOG_CLIENT_ADDRESS", how)]));
    let joined = Phone::of(&site, "alice").join(&replicas[0].base).await;
    let account: i64 = joined.body["user"]["id"].as_str().unwrap().parse().unwrap();
    let mut told = vec![];

    for replica in replicas {
        let asked = site.http.get(format!("{}/v1/session", replica.base)).bearer_auth(joined.text("token"));
        asked.header("x-forwarded-for", "203.0.113.9").send().await.unwrap();
        let line = |said: &str| said.lines().find(|line| line.contains("\"/v1/session\"")).map(str::to_owned);
        assert!(testkit::comes_true(Duration::from_secs(5), || line(&replica.process.said()).is_some()));
        told.push(serde_json::from_str::<Value>(&line(&replica.process.said()).unwrap()).unwrap());
    }

    assert!(told.iter().all(|line| line["account"] == account), "{told:?}");
    assert_eq!(told[0]["client"], "203.0.113.9");
    assert_eq!(told[1]["client"], "203.0.113.0");
    assert_eq!(told[2].get("client"), None);
}
