//! Redis as a cluster of six.

use crate::everything::everything_works;
use crate::failover::outlives_a_primary;
use crate::phone::Phone;
use crate::site::Site;
use std::time::Duration;
use testkit::{Cluster, Redis};

#[tokio::test(flavor = "multi_thread")]
async fn service_outlives_a_primary_of_the_cluster() {
    let mut redis = Cluster::start();
    let site = Site::start(&[("REDIS_URL", &redis.url()), ("RATE_LIMIT_PER_MINUTE", "100000")]).await;
    let replicas = [site.replica(&[]), site.replica(&[])];

    outlives_a_primary(&site, &replicas, || redis.kill_a_primary()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_a_lost_shard_could_not_end_are_ended_when_they_are_asked_to_end_again() {
    let mut redis = Cluster::start();
    let site = Site::start(&[("REDIS_URL", &redis.url()), ("REDIS_KEY_PREFIX", "ending:")]).await;
    let (replica, alice) = (site.replica(&[]), Phone::of(&site, "alice"));
    let joined = alice.join(&replica.base).await;
    let mut tokens = vec![joined.text("token").to_owned()];
    for _ in 0..12 {
        tokens.push(alice.login(&replica.base).await.text("token").to_owned());
    }
    let list = format!("ending:sessions:{}", joined.body["user"]["id"].as_str().unwrap());
    let holds = |node: &Redis| -> u64 {
        let is_other = node.info("role") == "master" && node.ask(&["EXISTS", &list]).trim() != "1";
        if is_other { node.ask(&["DBSIZE"]).trim().parse().unwrap() } else { 0 }
    };
    let other = (0..redis.nodes.len()).max_by_key(|at| holds(&redis.nodes[*at])).unwrap();
    // What its replica does not have yet would go with it.
    tokio::time::sleep(Duration::from_secs(1)).await;

    redis.nodes[other].kill();
    let mut refused = None;
    for token in &tokens {
        if site.get(&replica.base, "/v1/session", token).await.status == 200 {
            refused = Some(site.delete(&replica.base, "/v1/sessions", token).await);
            break;
        }
    }
    let mut left = vec![];
    for _ in 0..300 {
        left.clear();
        for token in &tokens {
            left.push(site.get(&replica.base, "/v1/session", token).await.status.as_u16());
        }
        if !left.contains(&503) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let alive = left
        .iter()
        .position(|status| *status == 200)
        .unwrap_or_else(|| panic!("the lost shard held some of thirteen: {left:?}, {refused:?}"));
    let again = site.delete(&replica.base, "/v1/sessions", &tokens[alive]).await;

    assert_eq!(refused.expect("the other shards held some").problem().1, "storage_unavailable");
    assert_eq!(again.status, 204, "{again:?}");
    for token in &tokens {
        assert_eq!(site.get(&replica.base, "/v1/session", token).await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_the_service_does_works_on_a_cluster() {
    let redis = Cluster::start();

    everything_works(&redis.url()).await;

    assert!(redis.nodes.iter().all(|node| node.ask(&["DBSIZE"]).trim() != "0"), "every node holds a part of it");
}

/// Each shard hangs for longer than a request waits, and then carries out what it was sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_shard_that_hangs_is_asked_once_and_a_ticket_that_it_hands_over_too_late_is_put_back() {
    let redis = Cluster::start();
    let site = Site::start(&[("REDIS_URL", &redis.url())]).await;
    let replica = site.replica(&[]);
    let alice = Phone::of(&site, "alice");
    Phone::of(&site, "somebody").join(&replica.base).await;
    let ticket = alice.ticket(&replica.base).await;
    let taken =
        |redis: &Cluster| -> u64 { redis.nodes.iter().map(|node| calls(&node.ask(&["INFO", "commandstats"]))).sum() };
    let before = taken(&redis);

    for node in &redis.nodes {
        node.ask(&["CLIENT", "PAUSE", "3000", "ALL"]);
    }
    let refused = alice.register(&replica.base, &ticket).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let asked = taken(&redis) - before;
    let registered = alice.register(&replica.base, &ticket).await;

    assert_eq!(refused.problem(), (503, "storage_unavailable", "later"), "{refused:?}");
    assert_eq!(asked, 1, "what takes a ticket is sent once");
    assert_eq!(registered.status, 201, "{registered:?}");
}

/// How often a server ran scripts, by name or by text. A name that it does not know yet runs nothing.
fn calls(statistics: &str) -> u64 {
    let lines = statistics.lines().filter(|line| line.starts_with("cmdstat_eval"));
    let number = |line: &str, name: &str| line.split(name).nth(1)?.split(',').next()?.trim().parse::<u64>().ok();
    lines.filter_map(|line| Some(number(line, ":calls=")? - number(line, ",failed_calls=").unwrap_or(0))).sum()
}
