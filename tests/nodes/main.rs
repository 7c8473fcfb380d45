//! Three replicas of the service, each on a node of its own of one cluster of databases that takes writes everywhere: Galera or
//! Group Replication. `make test-engines` starts them; `scripts/with-database-cluster` says what this suite is given.

#[path = "../replicas/advice.rs"]
mod advice;
#[path = "../replicas/phone.rs"]
mod phone;
#[path = "../replicas/site.rs"]
#[expect(dead_code, reason = "the suite of the replicas uses all of it")]
mod site;

use crate::advice::{SignedIn, sign_in};
use crate::phone::Phone;
use crate::site::{Replica, Site};
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use mysql_async::prelude::Queryable;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::{Duration, Instant};
use testkit::{Answer, Database, Nginx, given, run};
use tokio::sync::{Mutex, MutexGuard};

const NODES: usize = 3;

/// An installation on the cluster. One at a time: what happens to a node happens to all that are on it.
struct Cluster {
    database: Database,
    site: Site,
    replicas: Vec<Replica>,
    _alone: MutexGuard<'static, ()>,
}

impl Cluster {
    async fn start() -> Cluster {
        static ALONE: Mutex<()> = Mutex::const_new(());
        let alone = ALONE.lock().await;
        let database = Database::new();
        let site = Site::start(&[("DATABASE_URL", &database.url_at(0)), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
        // The others have the schema a moment later.
        let versions = "SELECT COUNT(*) FROM __diesel_schema_migrations";
        let (all, begin) = (rows(&database, 0, versions).await, Instant::now());
        for nth in 1..NODES {
            while rows(&database, nth, versions).await != all {
                assert!(begin.elapsed() < Duration::from_secs(30), "node {nth} does not follow");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        let replicas = (0..NODES).map(|nth| site.replica(&[("DATABASE_URL", &database.url_at(nth))])).collect();
        Cluster { database, site, replicas, _alone: alone }
    }

    fn at(&self, nth: usize) -> &str {
        &self.replicas[nth % NODES].base
    }
}

/// What a query finds at a node; nothing where it does not answer.
async fn rows(database: &Database, nth: usize, query: &str) -> Option<Vec<i64>> {
    let mut connection = mysql_async::Conn::from_url(database.url_at(nth)).await.ok()?;
    let rows = connection.query(query).await.ok();
    let _ = connection.disconnect().await;
    rows
}

/// Does something to a node, the first being 1.
fn node(what: &str, nth: usize) {
    run(Command::new(given("TEST_DATABASE_NODE")).args([what, &nth.to_string()])).unwrap();
}

fn account(answer: &Answer) -> i64 {
    answer.body["user"]["id"].as_str().unwrap_or_else(|| panic!("{answer:?}")).parse().unwrap()
}

/// Everybody of the same person has a ticket of their own, and all of them are redeemed at the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn one_person_on_many_devices_over_three_nodes_is_one_account() {
    let cluster = Cluster::start().await;
    let (persons, devices) = (20, 12);
    let mut outcomes = BTreeMap::<String, usize>::new();
    for round in 0..persons {
        let phone = Phone::of(&cluster.site, format!("person{round}"));
        let tickets = join_all((0..devices).map(|n| phone.ticket(cluster.at(n)))).await;

        let answers =
            join_all(tickets.iter().enumerate().map(|(n, ticket)| {
                let (site, url) = (&cluster.site, format!("{}/v1/register", cluster.at(n + round)));
                async move {
                    site.try_ask(reqwest::Method::POST, url, None, Some(&json!({"ticket": ticket}))).await.unwrap()
                }
            }))
            .await;

        let (stored, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status.is_success());
        for answer in refused {
            assert_eq!(answer.problem(), (503, "storage_unavailable", "later"), "{answer:?}");
        }
        assert!(stored.iter().filter(|answer| answer.status == 201).count() <= 1, "{stored:?}");
        assert_eq!(stored.iter().map(|answer| account(answer)).collect::<BTreeSet<_>>().len(), 1, "{stored:?}");
        for answer in &answers {
            *outcomes.entry(answer.status.as_str().to_owned()).or_default() += 1;
        }
    }
    println!("{persons} people with {devices} devices each at three nodes: {outcomes:?}");
    assert_eq!(cluster.site.number("SELECT COUNT(*) FROM users").await, persons as i64);
    assert_eq!(cluster.site.number("SELECT COUNT(*) FROM identities").await, persons as i64);
    for round in 0..persons {
        let phone = Phone::of(&cluster.site, format!("person{round}"));
        let logins = join_all((0..NODES).map(|nth| phone.login(cluster.at(nth)))).await;
        assert_eq!(logins.iter().map(account).collect::<BTreeSet<_>>().len(), 1, "{logins:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_registration_is_lost_with_a_node_that_is_killed_and_all_goes_on() {
    const PHONES: usize = 240;
    let cluster = Cluster::start().await;
    let nginx = Nginx::before(&cluster.replicas.iter().map(|replica| replica.base.as_str()).collect::<Vec<_>>());
    let phones: Vec<_> = (0..PHONES).map(|n| Phone::of(&cluster.site, format!("person{n}"))).collect();
    let begin = Instant::now();
    let (nginx, waiting) = (&nginx, tokio::sync::Semaphore::new(24));
    let mut signing_in: FuturesUnordered<_> = phones
        .iter()
        .map(|phone| async {
            let _turn = waiting.acquire().await.unwrap();
            sign_in(phone, &nginx.base).await
        })
        .collect();
    let (mut signed_in, mut killed, mut restart) = (Vec::<SignedIn>::new(), None, None);
    while let Some(one) = signing_in.next().await {
        signed_in.push(one);
        if signed_in.len() == PHONES / 6 {
            node("kill", 2);
            killed = Some(Instant::now());
        }
        if signed_in.len() == PHONES * 2 / 3 {
            restart = Some(tokio::task::spawn_blocking(|| node("start", 2)));
        }
    }
    let took = begin.elapsed();
    restart.expect("it was started again").await.unwrap();
    let back = killed.expect("it was killed").elapsed();

    let mut advice = BTreeMap::<&str, usize>::new();
    for (followed, times) in signed_in.iter().flat_map(|one| &one.advice) {
        *advice.entry(followed).or_default() += times;
    }
    let slowest = signed_in.iter().map(|one| one.took).max().unwrap();
    println!(
        "{PHONES} people signed in within {took:?}, the slowest in {slowest:?}; advice followed: {advice:?}; back after {back:?}"
    );
    // The replica that is on it goes on by itself, with everybody.
    let again = Instant::now();
    for (nth, phone) in phones.iter().enumerate().step_by(20) {
        let mut login = phone.login(cluster.at(1)).await;
        while login.status != 200 {
            assert_eq!(login.problem(), (503, "storage_unavailable", "later"), "{login:?}");
            assert!(again.elapsed() < Duration::from_secs(30), "{nth}: {login:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
            login = phone.login(cluster.at(1)).await;
        }
        assert_eq!(login.body["status"], "loggedIn", "{login:?}");
    }
    Phone::of(&cluster.site, "somebody new").join(cluster.at(1)).await;
    for (nth, one) in signed_in.iter().enumerate() {
        let session = cluster.site.get(cluster.at(nth), "/v1/session", &one.token).await;
        assert_eq!((session.status.as_u16(), account(&session)), (200, one.user), "{session:?}");
    }
    let acknowledged: BTreeSet<i64> = signed_in.iter().map(|one| one.user).collect();
    assert_eq!(acknowledged.len(), PHONES, "one account for each");
    for nth in 0..NODES {
        let stored = rows(&cluster.database, nth, "SELECT id FROM users").await.unwrap();
        let stored: BTreeSet<i64> = stored.into_iter().collect();
        assert!(acknowledged.is_subset(&stored), "an acknowledged registration is missing at node {nth}");
        assert_eq!(stored.len(), PHONES + 1, "nobody is there twice");
    }
    assert!(
        advice.contains_key("later") || advice.contains_key("unanswered"),
        "nobody noticed: it was not in the middle"
    );
}
