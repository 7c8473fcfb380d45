//! A single Redis that is killed or hangs.

use crate::phone::Phone;
use crate::site::{Replica, Site};
use futures_util::future::join_all;
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::{Redis, eventually};

/// What a request may take while Redis is away.
const QUICKLY: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_requests_are_told_so_quickly_and_service_returns_with_it() {
    let mut redis = Redis::start();
    let site = Site::start(&[("REDIS_URL", &redis.url())]).await;
    let replica = site.replica(&[]);
    let token = Phone::of(&site, "alice").join(&replica.base).await.text("token").to_owned();

    redis.kill();
    for_a_while_nothing_works(&site, &replica, &token).await;
    assert!(replica.process.said().contains(&named(&redis)), "{}", replica.process.said());
    redis.restart();
    let back = comes_back(&site, &replica).await;

    println!("a killed Redis: service is back {back:?} after it");
    assert_eq!(site.get(&replica.base, "/v1/session", &token).await.problem().1, "session_invalid", "Redis came empty");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_hangs_holds_no_request_for_long_and_loses_nothing() {
    let redis = Redis::start();
    let site = Site::start(&[("REDIS_URL", &redis.url())]).await;
    let replica = site.replica(&[]);
    let token = Phone::of(&site, "alice").join(&replica.base).await.text("token").to_owned();
    let ticket = Phone::of(&site, "bob").ticket(&replica.base).await;

    redis.hang();
    let meanwhile = Phone::of(&site, "bob").register(&replica.base, &ticket).await;
    assert_eq!(meanwhile.problem(), (503, "storage_unavailable", "later"), "and it is no try");
    for_a_while_nothing_works(&site, &replica, &token).await;
    redis.go_on();
    let back = comes_back(&site, &replica).await;

    println!("a hung Redis: service is back {back:?} after it");
    assert_eq!(site.get(&replica.base, "/v1/session", &token).await.status, 200);
    assert_eq!(Phone::of(&site, "bob").register(&replica.base, &ticket).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_a_lost_redis_cannot_take_back_is_there_again_with_the_next_one() {
    let mut redis = Redis::start();
    let site = Site::start(&[("REDIS_URL", &redis.url())]).await;
    let (replica, alice) = (site.replica(&[]), Phone::of(&site, "alice"));
    let ticket = alice.ticket(&replica.base).await;
    let form = json!({"ticket": ticket, "phoneCode": alice.wx("getPhoneNumber").await["code"]});
    let path = "/wxa/business/getuserphonenumber";
    site.wechat.fault(path, "latencyMs", 1000, 1).await;
    site.wechat.fault(path, "dropBefore", (), 1).await;
    let struck = async || {
        let log = site.get(&site.wechat.base, "/control/log?after=0", "").await;
        log.body["events"].as_array().unwrap().iter().any(|event| event["path"] == path)
    };

    let (refused, ()) = tokio::join!(site.post(&replica.base, "/v1/register", None, &form), async {
        eventually("WeChat was asked", struck).await;
        redis.kill();
    });
    redis.restart();
    let silent = json!({"ticket": ticket});
    let again = async || site.post(&replica.base, "/v1/register", None, &silent).await.status == 201;

    assert_eq!(refused.problem(), (503, "storage_unavailable", "later"));
    eventually("the ticket was given back", again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rate_limits_let_everybody_in_while_redis_is_away_and_say_so() {
    let mut redis = Redis::start();
    let site = Site::start(&[("REDIS_URL", &redis.url()), ("RATE_LIMIT_PER_MINUTE", "3")]).await;
    let replica = site.replica(&[]);
    let guess = async || site.post(&replica.base, "/v1/login", None, &json!({"code": "a-guess"})).await;

    redis.kill();
    let mut without = vec![];
    for _ in 0..6 {
        without.push(guess().await);
    }
    let metrics = site.get(&replica.base, "/metrics", "").await;
    redis.restart();
    let mut with = vec![];
    for _ in 0..4 {
        with.push(guess().await.status.as_u16());
    }

    assert!(without.iter().all(|answer| answer.problem() == (401, "code_invalid", "restart")), "{without:?}");
    assert!(without.iter().all(|answer| answer.took < QUICKLY && !answer.headers.contains_key("ratelimit")));
    let counted = r#"weapp_login_rate_limits_total{limit="address",outcome="not_counted"} 6"#;
    assert!(metrics.body.as_str().unwrap().contains(counted), "{metrics:?}");
    assert!(replica.process.said().contains("the rate limit cannot count and lets everybody in"));
    assert_eq!(with, [401, 401, 401, 429]);
}

/// Many requests at once, three times: on a connection that broke, and without one. Each is told to come later, and soon.
/// What the log has of requests that it could not answer.
fn named(redis: &Redis) -> String {
    let address = redis.url().rsplit_once('@').map(|(_, address)| address.to_owned());
    let address = address.unwrap_or_else(|| redis.url().replace("redis://", ""));
    format!("the store does not answer: redis at {}", address.split('/').next().unwrap())
}

async fn for_a_while_nothing_works(site: &Site, replica: &Replica, token: &str) {
    let people: Vec<_> = (0..5).map(|number| Phone::of(site, format!("new{number}"))).collect();
    let mut answers = vec![];
    for _ in 0..3 {
        let sessions = join_all((0..30).map(|_| site.get(&replica.base, "/v1/session", token)));
        let logins = join_all(people.iter().map(|phone| phone.login(&replica.base)));
        let (some, more) = tokio::join!(sessions, logins);
        answers.extend(some);
        answers.extend(more);
    }
    for answer in &answers {
        assert_eq!(answer.problem(), (503, "storage_unavailable", "later"), "{answer:?}");
        assert!(answer.retry_after().is_some(), "{answer:?}");
    }
    let slowest = answers.iter().map(|answer| answer.took).max().unwrap();
    println!("without Redis the slowest of {} requests took {slowest:?}", answers.len());
    assert!(slowest < QUICKLY, "{slowest:?}");
    let degraded = site.get(&replica.base, "/readyz", "").await;
    assert_eq!((degraded.status.as_u16(), degraded.text("status")), (200, "degraded"), "{degraded:?}");
    assert_eq!((degraded.text("redis"), degraded.text("database")), ("down", "up"));
    let ready = site.get(&replica.base, "/readyz?require=redis,database", "").await;
    assert!(ready.status == 503 && ready.text("detail").contains("redis"), "{ready:?}");
    assert!(!ready.text("detail").contains("database") && ready.took < QUICKLY, "{ready:?}");
    assert_eq!(site.get(&replica.base, "/healthz", "").await.status, 200);
}

/// Time until somebody new can sign in.
async fn comes_back(site: &Site, replica: &Replica) -> Duration {
    let begin = Instant::now();
    for number in 0.. {
        let phone = Phone::of(site, format!("returning{number}"));
        let login = phone.login(&replica.base).await;
        if let Some(ticket) = login.body["ticket"].as_str() {
            assert_eq!(phone.register(&replica.base, ticket).await.status, 201);
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "{login:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ready = begin.elapsed();
    assert!(ready < Duration::from_secs(3), "{ready:?}");
    ready
}
