//! A sign-in, a session and all that can be done with them, over a Redis of a kind.

use crate::phone::Phone;
use crate::site::Site;
use serde_json::json;
use testkit::{REFUSED_BY_CLOUDS, Redis, refusing};

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_behind_a_proxy_that_knows_no_transactions_no_loaded_scripts_and_nothing_without_a_key() {
    let redis = Redis::start();
    let proxy = refusing(([127, 0, 0, 1], redis.port).into(), REFUSED_BY_CLOUDS);

    everything_works(&format!("redis://{proxy}")).await;
}

/// Does everything that the service offers, with its short-lived things at `url`.
pub async fn everything_works(url: &str) {
    let site = Site::start(&[
        ("REDIS_URL", url),
        ("RATE_LIMIT_PER_MINUTE", "100"),
        ("RATE_LIMIT_PER_APP_PER_MINUTE", "100"),
        ("SESSIONS_PER_USER", "3"),
        ("INTROSPECTION_CLIENTS", "backend:hush-introspection-secret-of-a-backend"),
    ])
    .await;
    let replica = site.replica(&[]);
    let alice = Phone::of(&site, "alice");

    let login = alice.login(&replica.base).await;
    let wrong = alice.register(&replica.base, "not-a-ticket").await;
    let mut form = alice.form(login.text("ticket")).await;
    form["signature"] = "0".repeat(40).into();
    let failed = site.post(&replica.base, "/v1/register", None, &form).await;
    let joined = alice.register(&replica.base, login.text("ticket")).await;
    let token = joined.text("token").to_owned();
    let others = [alice.login(&replica.base).await, alice.login(&replica.base).await, alice.login(&replica.base).await];

    assert_eq!(login.headers["ratelimit-policy"], "\"address\";q=100;w=60");
    assert!(login.headers["ratelimit"].to_str().unwrap().starts_with("\"address\";r=99;"), "{login:?}");
    assert_eq!((wrong.problem().1, failed.problem().1), ("ticket_invalid", "signature_mismatch"));
    assert_eq!(joined.status, 201, "{joined:?}");
    assert_eq!(site.get(&replica.base, "/v1/session", &token).await.status, 401, "it was one more than three");
    let token = others[2].text("token").to_owned();
    let sessions = site.get(&replica.base, "/v1/sessions", &token).await;
    assert_eq!(sessions.body["sessions"].as_array().unwrap().len(), 3, "{sessions:?}");
    let first = sessions.body["sessions"][2]["id"].as_str().unwrap().to_owned();
    assert_eq!(site.delete(&replica.base, &format!("/v1/sessions/{first}"), &token).await.status, 204);
    assert_eq!(site.get(&replica.base, "/v1/session", others[0].text("token")).await.status, 401);
    let code = alice.wx("getPhoneNumber").await["code"].clone();
    let phone = site.post(&replica.base, "/v1/me/phone", Some(&token), &json!({"code": code})).await;
    assert!(phone.text("phone").starts_with("+86"), "{phone:?}");
    let steps = alice.wx("getWeRunData").await;
    let open = site.post(&replica.base, "/v1/open-data", Some(&token), &steps).await;
    assert!(open.body["stepInfoList"].is_array(), "{open:?}");
    assert_eq!(site.get(&replica.base, "/v1/auth", &token).await.status, 204);
    let asked = site
        .http
        .post(format!("{}/v1/introspect", replica.base))
        .basic_auth("backend", Some("hush-introspection-secret-of-a-backend"));
    let introspected = asked.header("content-type", "application/x-www-form-urlencoded").body(format!("token={token}"));
    assert!(introspected.send().await.unwrap().text().await.unwrap().contains("\"active\":true"));
    assert_eq!(site.delete(&replica.base, "/v1/sessions", &token).await.status, 204);
    assert_eq!(site.get(&replica.base, "/v1/session", &token).await.status, 401);
    assert_eq!(site.get(&replica.base, "/readyz", "").await.status, 200);
    for number in 0..20 {
        Phone::of(&site, format!("person{number}")).join(&replica.base).await;
    }
    assert!(!replica.process.said().contains("CROSSSLOT") && !replica.process.said().contains("\"level\":\"ERROR\""));
}
