//! Traffic on two replicas while a primary of Redis is killed, and what must hold of it.

use crate::phone::Phone;
use crate::site::{Replica, Site};
use reqwest::Method;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A killed primary takes what it acknowledged in its last moments along; nothing older.
const REPLICATION_WINDOW: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(30);
const TASKS: usize = 4;

/// What clients were told.
#[derive(Default)]
struct Told {
    sessions: Vec<(Instant, String)>,
    refusals: Vec<(String, Duration)>,
    /// Ids of registered people.
    people: Vec<i64>,
}

/// Kills a primary in the middle of traffic. Service must return by itself, and what was acknowledged must be there.
pub async fn outlives_a_primary(site: &Site, replicas: &[Replica], kill: impl FnOnce()) {
    let (told, stop) = (Mutex::new(Told::default()), AtomicBool::new(false));
    let mut tickets = vec![];
    for number in 0..12 {
        let person = format!("waiting{number}");
        let ticket = Phone::of(site, person.clone()).ticket(&replicas[number % 2].base).await;
        tickets.push((person, ticket));
    }
    let traffic = futures_util::future::join_all((0..TASKS).map(|task| {
        let (told, stop) = (&told, &stop);
        async move {
            for number in 0.. {
                if stop.load(Relaxed) {
                    break;
                }
                step(site, &replicas[(task + number) % 2].base, &format!("task{task}person{number}"), told).await;
            }
        }
    }));
    let course = async {
        pass(REPLICATION_WINDOW + Duration::from_millis(500)).await;
        kill();
        let killed = Instant::now();
        pass(Duration::from_millis(200)).await;
        let known: Vec<_> = told.lock().unwrap().sessions.iter().map(|(_, token)| token.clone()).collect();
        while !serves(site, replicas, &known).await {
            assert!(killed.elapsed() < PATIENCE, "no service after {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let back = Instant::now();
        pass(Duration::from_millis(300)).await;
        stop.store(true, Relaxed);
        (killed, back)
    };
    let (_, (killed, back)) = tokio::join!(traffic, course);

    let Told { sessions, refusals, people } = told.into_inner().unwrap();
    let slowest = refusals.iter().map(|(_, took)| *took).max().unwrap_or_default();
    println!(
        "a killed primary: service is back after {:?}; {} people signed in, {} requests were told to come later, the \
         slowest after {slowest:?}",
        back - killed,
        people.len(),
        refusals.len()
    );
    assert!(slowest < Duration::from_secs(8), "{slowest:?}");
    for (at, token) in &sessions {
        if *at + REPLICATION_WINDOW < killed || *at > back {
            let answer = site.get(&replicas[0].base, "/v1/session", token).await;
            assert_eq!(answer.status, 200, "acknowledged {:?} before the kill: {answer:?}", killed - *at);
        }
    }
    for (person, ticket) in &tickets {
        let answer = Phone::of(site, person.clone()).register(&replicas[1].base, ticket).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    let stored: Vec<i64> = site.rows("SELECT id FROM users").await;
    assert!(people.iter().all(|id| stored.contains(id)), "an acknowledged registration is missing");
}

/// Somebody new tries once to sign in, and remembers what they were told.
async fn step(site: &Site, replica: &str, person: &str, told: &Mutex<Told>) {
    let phone = Phone::of(site, person);
    let login = phone.login(replica).await;
    let answer = match login.body["ticket"].as_str() {
        Some(ticket) => phone.register(replica, ticket).await,
        None => login,
    };
    match answer.body["token"].as_str() {
        Some(token) => {
            let mut told = told.lock().unwrap();
            told.sessions.push((Instant::now(), token.to_owned()));
            told.people.push(answer.body["user"]["id"].as_str().unwrap().parse().unwrap());
        }
        None if answer.status == 410 => {} // redeemed by a command whose answer was lost
        None => {
            assert_eq!(answer.problem(), (503, "storage_unavailable", "later"), "{answer:?}");
            assert!(answer.retry_after().is_some(), "{answer:?}");
            told.lock().unwrap().refusals.push((person.to_owned(), answer.took));
        }
    }
}

/// Whether every replica knows every session and signs somebody new in.
async fn serves(site: &Site, replicas: &[Replica], tokens: &[String]) -> bool {
    for replica in replicas {
        let person = format!("new{:016x}", u64::from_ne_bytes(weapp_login::random::Random::system().bytes()));
        let phone = Phone::of(site, person);
        let login = phone.login(&replica.base).await;
        let Some(ticket) = login.body["ticket"].as_str() else { return false };
        if phone.register(&replica.base, ticket).await.status != 201 {
            return false;
        }
        let url = format!("{}/v1/session", replica.base);
        let checks = tokens.iter().map(|token| site.try_ask(Method::GET, url.clone(), Some(token), None));
        let answers = futures_util::future::join_all(checks).await;
        // 401 is an answer: what was acknowledged just before the kill may be gone.
        if answers.into_iter().any(|answer| answer.unwrap().status == 503) {
            return false;
        }
    }
    true
}

async fn pass(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
