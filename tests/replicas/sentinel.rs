//! Redis under three sentinels.

use crate::failover::outlives_a_primary;
use crate::phone::Phone;
use crate::site::Site;
use std::time::{Duration, Instant};
use testkit::Sentinels;

#[tokio::test(flavor = "multi_thread")]
async fn service_outlives_the_primary_that_sentinels_watch() {
    let mut redis = Sentinels::start();
    let site = Site::start(&[("REDIS_URL", &redis.url()), ("RATE_LIMIT_PER_MINUTE", "100000")]).await;
    let replicas = [site.replica(&[]), site.replica(&[])];

    outlives_a_primary(&site, &replicas, || redis.primary.kill()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn service_outlives_a_primary_that_hangs_and_comes_back_as_a_replica() {
    let redis = Sentinels::start();
    let site = Site::start(&[("REDIS_URL", &redis.url())]).await;
    let replica = site.replica(&[]);
    let before = Phone::of(&site, "before").join(&replica.base).await.text("token").to_owned();
    // The replicas of Redis have it once they say so.
    assert_eq!(redis.primary.ask(&["WAIT", "2", "1000"]).trim(), "2");

    redis.primary.hang();
    let hung = Instant::now();
    while site.get(&replica.base, "/v1/session", &before).await.status != 200 {
        assert!(hung.elapsed() < Duration::from_secs(30), "no service after {:?}", hung.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("a hung primary: service is back after {:?}", hung.elapsed());
    let between = Phone::of(&site, "between").join(&replica.base).await.text("token").to_owned();
    redis.primary.go_on();
    while redis.primary.info("role") != "slave" {
        assert!(hung.elapsed() < Duration::from_secs(60), "it is not made a replica");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let after = Phone::of(&site, "after").join(&replica.base).await.text("token").to_owned();
    for token in [before, between, after] {
        assert_eq!(site.get(&replica.base, "/v1/session", &token).await.status, 200);
    }
}
