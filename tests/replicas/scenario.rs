//! Many people sign in while parts of the installation die.

use crate::advice::{SignedIn, sign_in};
use crate::phone::Phone;
use crate::site::Site;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use testkit::{Nginx, Sentinels};

const PHONES: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_people_sign_in_once_each_while_a_replica_and_a_redis_primary_are_killed() {
    let mut redis = Sentinels::start();
    let limits = [("RATE_LIMIT_PER_MINUTE", "100000"), ("TRUSTED_PROXIES", "127.0.0.1")];
    let site = Site::start(&[&[("REDIS_URL", redis.url().as_str())], &limits[..]].concat()).await;
    let mut replicas = [site.replica(&[]), site.replica(&[]), site.replica(&[])];
    let nginx = Nginx::before(&replicas.iter().map(|replica| replica.base.as_str()).collect::<Vec<_>>());
    let phones: Vec<_> = (0..PHONES).map(|number| Phone::of(&site, format!("person{number}"))).collect();

    let (begin, nginx) = (Instant::now(), &nginx);
    let sign_in_all = phones.iter().map(|phone| async move { (phone, sign_in(phone, &nginx.base).await) });
    let mut signing_in: FuturesUnordered<_> = sign_in_all.collect();
    let mut signed_in: Vec<(&Phone, SignedIn)> = vec![];
    while let Some(one) = signing_in.next().await {
        signed_in.push(one);
        match signed_in.len() {
            40 => replicas[0].process.kill(),
            80 => redis.primary.kill(),
            _ => {}
        }
    }
    let took = begin.elapsed();

    // A session that Redis acknowledged in its last moments may be gone; its owner signs in again.
    let mut again = 0;
    for (phone, one) in &mut signed_in {
        if site.get(&nginx.base, "/v1/session", &one.token).await.status == 401 {
            one.token = sign_in(phone, &nginx.base).await.token;
            again += 1;
        }
        let session = site.get(&nginx.base, "/v1/session", &one.token).await;
        assert_eq!(session.status, 200, "{}: {session:?}", phone.person);
    }
    let signed_in: Vec<SignedIn> = signed_in.into_iter().map(|(_, one)| one).collect();
    let mut advice = BTreeMap::<&str, usize>::new();
    for (followed, times) in signed_in.iter().flat_map(|one| &one.advice) {
        *advice.entry(followed).or_default() += times;
    }
    let slowest = signed_in.iter().map(|one| one.took).max().unwrap();
    println!(
        "{PHONES} people signed in within {took:?}, the slowest in {slowest:?}; advice followed: {advice:?}; {again} signed in again"
    );
    let stored: BTreeSet<i64> = site.rows("SELECT id FROM users").await.into_iter().collect();
    assert_eq!(stored.len(), PHONES, "nobody is there twice");
    assert_eq!(site.number("SELECT COUNT(DISTINCT user_id) FROM identities").await, PHONES as i64);
    assert!(signed_in.iter().all(|one| stored.contains(&one.user)), "an acknowledged registration is missing");
    assert_eq!(signed_in.iter().map(|one| one.user).collect::<BTreeSet<_>>(), stored, "one account for each");
    assert!(advice.contains_key("later"), "nobody noticed: the failures were not in the middle of it");
}
