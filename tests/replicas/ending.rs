//! How a replica ends: told to, and killed.

use crate::phone::Phone;
use crate::site::Site;
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::comes_true;

#[tokio::test(flavor = "multi_thread")]
async fn told_to_end_a_replica_turns_unready_answers_what_is_in_progress_and_ends_with_0() {
    let site = Site::start(&[]).await;
    let mut replica = site.replica(&[("DRAIN_SECONDS", "1"), ("SHUTDOWN_SECONDS", "10")]);
    let base = replica.base.clone();
    let alice = Phone::of(&site, "alice");
    let token = alice.join(&base).await.text("token").to_owned();
    assert_eq!(site.get(&base, "/readyz", "").await.status, 200);
    site.wechat.fault("/sns/jscode2session", "latencyMs", json!(2500), 1).await;

    let begun = alice.login(&base);
    let ended = async {
        // The login is under way once WeChat has been asked, which the fault's end tells.
        let begin = Instant::now();
        while !site.get(&site.wechat.base, "/control", "").await.body["faults"].as_array().unwrap().is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(10), "WeChat is not asked");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        replica.process.signal("TERM");
        let told = Instant::now();
        while site.get(&base, "/readyz", "").await.status == 200 {
            assert!(told.elapsed() < Duration::from_millis(500));
        }
        let unready = site.get(&base, "/readyz", "").await;
        assert_eq!((unready.status.as_u16(), unready.body["code"].as_str()), (503, Some("overloaded")), "{unready:?}");
        assert_eq!(site.get(&base, "/healthz", "").await.status, 200);
        assert_eq!(site.get(&base, "/v1/session", &token).await.status, 200, "what still comes is still served");
        told
    };
    let (answer, told) = tokio::join!(begun, ended);
    let in_time = comes_true(Duration::from_secs(11), || replica.process.ended().is_some());

    assert_eq!(answer.body["status"], "loggedIn", "{answer:?}");
    assert!(told.elapsed() > Duration::from_secs(1), "the login was to outlast the drain");
    assert!(in_time, "it does not end: {}", replica.process.said());
    println!("told to end with a login in progress: gone after {:?}", told.elapsed());
    assert_eq!(replica.process.ended().unwrap().code(), Some(0), "{}", replica.process.said());
    assert!(site.try_ask(Method::GET, format!("{base}/healthz"), None, None).await.is_err());
    let logins = site.number("SELECT COUNT(*) FROM login_events WHERE kind = 'login'").await;
    assert_eq!(logins, 1, "the last event is written before the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_clients_keep_open_do_not_hold_up_the_end() {
    let site = Site::start(&[]).await;
    let mut replica = site.replica(&[("SHUTDOWN_SECONDS", "20")]);
    let mut idle = vec![];
    for _ in 0..5 {
        let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        let answer = client.get(format!("{}/healthz", replica.base)).send().await.unwrap();
        // Read to its end, or the connection would not be kept.
        assert_eq!(answer.text().await.unwrap(), r#"{"status":"ok"}"#);
        idle.push(client);
    }
    assert_eq!(connections_to(&replica.base), 5);

    let told = Instant::now();
    replica.process.signal("TERM");
    let ended = comes_true(Duration::from_secs(25), || replica.process.ended().is_some());

    println!("told to end with idle connections: gone after {:?}", told.elapsed());
    assert!(ended && told.elapsed() < Duration::from_secs(5), "after {:?}", told.elapsed());
    assert_eq!(replica.process.ended().unwrap().code(), Some(0));
}

/// Connections established to an address, as the kernel counts them.
fn connections_to(base: &str) -> usize {
    let port: u16 = base.rsplit(':').next().unwrap().parse().unwrap();
    let (here, established) = (format!("0100007F:{port:04X}"), "01");
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines.filter(|line| line[1] == here && line[3] == established).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_replica_loses_a_seconds_worth_of_events_at_most() {
    let site = Site::start(&[]).await;
    let mut replica = site.replica(&[]);
    let mut acknowledged = vec![];
    let begin = Instant::now();
    for number in 0.. {
        let joined = Phone::of(&site, format!("person{number}")).join(&replica.base).await;
        acknowledged.push((Instant::now(), joined.text("token").to_owned(), joined.body["user"]["id"].clone()));
        if begin.elapsed() > Duration::from_secs(3) {
            break;
        }
    }

    replica.process.kill();
    let killed = Instant::now();

    let written: Vec<i64> = site.rows("SELECT user_id FROM login_events WHERE kind = 'register'").await;
    let people: Vec<i64> = site.rows("SELECT id FROM users").await;
    let lost = acknowledged.iter().filter(|(_, _, id)| !written.contains(&id.as_str().unwrap().parse().unwrap()));
    let oldest = lost.clone().map(|(at, ..)| killed - *at).max().unwrap_or_default();
    println!("killed: {} of {} events lost, the oldest {oldest:?} old", lost.count(), acknowledged.len());
    assert!(oldest < Duration::from_secs(1), "{oldest:?}");
    assert_eq!(people.len(), acknowledged.len(), "no acknowledged registration is lost");
    let successor = site.replica(&[]);
    for (_, token, _) in &acknowledged {
        assert_eq!(site.get(&successor.base, "/v1/session", token).await.status, 200);
    }
}
