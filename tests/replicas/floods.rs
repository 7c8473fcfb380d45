//! Floods of connections that mean no good: others are served meanwhile, memory stays bounded, nothing is answered 500.

use crate::phone::Phone;
use crate::site::{Replica, Site};
use bench::process::resident_mib;
use futures_util::future::join_all;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use testkit::Answer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long anybody else may wait for an answer, on a machine that also makes the flood.
const PATIENCE: Duration = Duration::from_secs(3);
/// What a flood may add to a replica's memory.
const MAX_GROWTH_MIB: f64 = 192.0;

/// A replica under attack, and somebody who is signed in there.
struct Attacked<'a> {
    site: &'a Site,
    replica: Replica,
    token: String,
    before: f64,
}

impl<'a> Attacked<'a> {
    async fn start(site: &'a Site) -> Attacked<'a> {
        let replica = site.replica(&[]);
        Phone::of(site, "bob").join(&replica.base).await;
        let token = Phone::of(site, "alice").join(&replica.base).await.text("token").to_owned();
        let before = resident_mib(replica.process.id()).unwrap();
        Attacked { site, replica, token, before }
    }

    fn host(&self) -> String {
        self.replica.base.strip_prefix("http://").unwrap().to_owned()
    }

    /// Lets others come and go until `over`; gives back the longest that one of them waited, and the memory at its most.
    async fn others_until(&self, over: &AtomicBool) -> (Duration, f64) {
        let (mut longest, mut most) = (Duration::ZERO, 0.0_f64);
        while !over.load(Relaxed) {
            let begin = Instant::now();
            let session = self.site.get(&self.replica.base, "/v1/session", &self.token).await;
            let health = self.site.get(&self.replica.base, "/healthz", "").await;
            let login = Phone::of(self.site, "bob").login(&self.replica.base).await;
            longest = longest.max(begin.elapsed());
            let statuses = [session, health, login].map(|answer| answer.status.as_u16());
            assert_eq!(statuses, [200; 3]);
            most = most.max(resident_mib(self.replica.process.id()).unwrap());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        (longest, most)
    }

    /// Others beside `flood`, whose statuses are given back; what was promised to the others is looked at.
    async fn beside<T>(&self, flood: impl Future<Output = T>) -> T {
        let over = AtomicBool::new(false);
        let flooded = async {
            let outcome = flood.await;
            over.store(true, Relaxed);
            outcome
        };
        let (outcome, (longest, most)) = tokio::join!(flooded, self.others_until(&over));
        println!("others waited {longest:?} at the most; {:.0} MiB became {most:.0}", self.before);
        assert!(longest < PATIENCE, "somebody waited {longest:?}");
        assert!(most - self.before < MAX_GROWTH_MIB, "{} MiB became {most}", self.before);
        outcome
    }
}

/// Sends `head`, then a byte a second until the other side closes; the status that came, if one did, and how long it took.
async fn dribble(host: String, head: &'static str, number: u64) -> (Option<u16>, Duration) {
    let begin = Instant::now();
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut received = vec![];
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tokio::time::sleep(Duration::from_millis(number % 100)).await;
    loop {
        let mut buffer = [0; 1024];
        tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(0) | Err(_) => break,
                Ok(length) => received.extend_from_slice(&buffer[..length]),
            },
            _ = tick.tick() => if stream.write_all(b"x").await.is_err() { break },
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "a slow client is kept for ever");
    }
    (status(&received), begin.elapsed())
}

fn status(received: &[u8]) -> Option<u16> {
    let head = String::from_utf8_lossy(received);
    head.split(' ').nth(1).and_then(|status| status.parse().ok())
}

/// The status of the answer to bytes, whatever becomes of the connection.
async fn shoot(host: &str, bytes: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(host).await.unwrap();
    // The server may refuse before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut received = vec![0; 1024];
    let length = stream.read(&mut received).await.unwrap_or_default();
    status(&received[..length])
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_who_send_a_byte_a_second_keep_nobody_from_being_served() {
    let site = Site::start(&[]).await;
    let attacked = Attacked::start(&site).await;
    let head = "POST /v1/login HTTP/1.1\r\nHost: slow\r\nX-Slow: ";

    let outcomes = attacked.beside(join_all((0..2000).map(|number| dribble(attacked.host(), head, number)))).await;

    assert!(outcomes.iter().all(|(status, _)| matches!(status, None | Some(408))), "{:?}", &outcomes[..5]);
    let longest = outcomes.iter().map(|(_, took)| *took).max().unwrap();
    assert!(longest < Duration::from_secs(20), "a connection was held for {longest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_bodies_that_come_a_byte_a_second_keep_nobody_from_being_served() {
    let site = Site::start(&[]).await;
    let attacked = Attacked::start(&site).await;
    let head = "POST /v1/login HTTP/1.1\r\nHost: slow\r\nContent-Length: 60000\r\n\r\n{";

    let outcomes = attacked.beside(join_all((0..2000).map(|number| dribble(attacked.host(), head, number)))).await;

    let allowed = |status: &Option<u16>| matches!(status, None | Some(400 | 408 | 503));
    assert!(outcomes.iter().all(|(status, _)| allowed(status)), "{:?}", &outcomes[..5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_of_headers_are_refused() {
    let site = Site::start(&[]).await;
    let attacked = Attacked::start(&site).await;
    let many: String = (0..1000).map(|number| format!("X-Many-{number}: {number}\r\n")).collect();
    let many = format!("GET /healthz HTTP/1.1\r\nHost: flood\r\n{many}\r\n");
    let huge = format!("GET /healthz HTTP/1.1\r\nHost: flood\r\nX-Huge: {}\r\n\r\n", "x".repeat(1 << 20));
    let endless = format!("GET /healthz HTTP/1.1\r\nHost: flood\r\nX-Endless: {}", "x".repeat(1 << 20));
    let floods = [many, huge, endless];
    let host = attacked.host();

    let rounds = async {
        let mut statuses = vec![];
        for _ in 0..10 {
            let shots = (0..90).map(|number| shoot(&host, floods[number % floods.len()].as_bytes()));
            statuses.extend(join_all(shots).await);
        }
        statuses
    };
    let statuses = attacked.beside(rounds).await;

    assert!(statuses.iter().all(|status| matches!(status, None | Some(400..=499))), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_bodies_of_64_kib_are_answered_and_forgotten() {
    let site = Site::start(&[]).await;
    let attacked = Attacked::start(&site).await;
    let long = json!({"code": "x".repeat(60_000)}).to_string();
    let deep = format!("{{\"code\":{}", "[".repeat(65_000));
    let bodies = Arc::new([long, deep, "x".repeat(65_536), "x".repeat(70_000)]);
    let url = format!("{}/v1/login", attacked.replica.base);

    let rounds = async {
        let mut statuses = vec![];
        for _ in 0..20 {
            let posts = (0..200).map(|number| {
                let request = site.http.post(&url).body(bodies[number % bodies.len()].clone());
                async { Answer::to(request).await.map(|answer| answer.status.as_u16()) }
            });
            statuses.extend(join_all(posts).await);
        }
        statuses
    };
    let statuses = attacked.beside(rounds).await;

    // Who is refused before the end of a body may find the connection closed.
    assert!(statuses.iter().flatten().all(|status| matches!(status, 400 | 413 | 503)), "{statuses:?}");
}
