//! People who sign in: as many as the service can take, or so many a second.

use crate::http::{Answer, Ask, Connection};
use crate::people::{Person, scattered};
use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// What is done again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// A login of somebody who has registered.
    KnownLogin,
    /// A login of somebody who has not: a ticket is made.
    UnknownLogin,
    /// A login and the registration with its ticket.
    FirstLogin,
    /// `GET /v1/session`.
    SessionCheck,
    /// `GET /v1/auth`, as a gateway asks.
    GatewayCheck,
}

impl Operation {
    pub const ALL: [Operation; 5] = [
        Operation::KnownLogin,
        Operation::UnknownLogin,
        Operation::FirstLogin,
        Operation::SessionCheck,
        Operation::GatewayCheck,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Operation::KnownLogin => "known login",
            Operation::UnknownLogin => "unknown login",
            Operation::FirstLogin => "first login",
            Operation::SessionCheck => "session check",
            Operation::GatewayCheck => "gateway check",
        }
    }

    /// Whether people must be signed in for it: [`World::open_sessions`].
    pub fn needs_session(self) -> bool {
        matches!(self, Operation::SessionCheck | Operation::GatewayCheck)
    }
}

/// Everybody one service has to do with.
pub struct World {
    pub address: SocketAddr,
    /// Persons 1 to this number have registered.
    pub known: u64,
    serial: Cell<u64>,
    strangers: Cell<u64>,
    sessions: RefCell<Vec<Session>>,
}

struct Session {
    token: String,
    nickname: String,
}

/// What was seen while it was recorded.
#[derive(Debug, Default)]
pub struct Taken {
    pub latencies: Vec<Duration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    token: Option<Cow<'a, str>>,
    #[serde(borrow)]
    ticket: Option<Cow<'a, str>>,
    #[serde(borrow)]
    user: Option<User<'a>>,
}

#[derive(Deserialize)]
struct User<'a> {
    #[serde(borrow)]
    nickname: Option<Cow<'a, str>>,
}

impl World {
    /// A service at `address` at which nobody has registered; `first_stranger` is the number of the first who will.
    pub fn new(address: SocketAddr, known: u64, first_stranger: u64) -> World {
        let (serial, strangers) = (Cell::new(0), Cell::new(first_stranger));
        World { address, known, serial, strangers, sessions: RefCell::default() }
    }

    /// The number of the next who has never been here.
    pub fn next_stranger(&self) -> u64 {
        self.strangers.get()
    }

    /// Signs `number` known people in, whose sessions are then checked.
    ///
    /// # Errors
    /// One of them is not let in.
    pub async fn open_sessions(&self, number: u64) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.address).await?;
        self.sessions.borrow_mut().clear();
        for _ in 0..number {
            let person = self.somebody_known();
            let token = known_login(&mut connection, person).await?;
            self.sessions.borrow_mut().push(Session { token, nickname: person.nickname() });
        }
        Ok(())
    }

    /// The token of one of those sessions.
    ///
    /// # Panics
    /// Nobody is signed in.
    pub fn token(&self) -> String {
        self.sessions.borrow().first().expect("somebody is signed in").token.clone()
    }

    /// Does `operation` once and checks what comes back.
    ///
    /// # Errors
    /// The answer is not the one that is due.
    pub async fn once(&self, connection: &mut Connection, operation: Operation) -> anyhow::Result<()> {
        match operation {
            Operation::KnownLogin => known_login(connection, self.somebody_known()).await.map(drop),
            // Not registering, they are strangers again the next time; but nobody is twice in one measurement.
            Operation::UnknownLogin => unknown_login(connection, self.stranger(5_000_000_000)).await.map(drop),
            Operation::FirstLogin => first_login(connection, self.stranger(0)).await,
            Operation::SessionCheck | Operation::GatewayCheck => self.check(connection, operation).await,
        }
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "sessions are opened before and not during a measurement")]
    async fn check(&self, connection: &mut Connection, operation: Operation) -> anyhow::Result<()> {
        let sessions = self.sessions.borrow();
        let session = &sessions[scattered(self.next()) as usize % sessions.len()];
        if operation == Operation::GatewayCheck {
            let answer = connection.ask(Ask::GetAs("/v1/auth", &session.token)).await?;
            ensure!(answer.status == 204, "a gateway check is answered with {answer:?}");
            return Ok(());
        }
        let answer = connection.ask(Ask::GetAs("/v1/session", &session.token)).await?;
        let user = parsed(&answer, 200)?.user.with_context(|| format!("no user in {answer:?}"))?;
        // A service that keeps no name in its sessions shows none.
        ensure!(user.nickname.is_none_or(|name| name == session.nickname), "another person's session: {answer:?}");
        Ok(())
    }

    fn next(&self) -> u64 {
        self.serial.replace(self.serial.get() + 1)
    }

    fn somebody_known(&self) -> Person {
        Person(1 + scattered(self.next()) % self.known)
    }

    fn stranger(&self, beyond: u64) -> Person {
        Person(beyond + self.strangers.replace(self.strangers.get() + 1))
    }
}

/// Registers persons 1 to `number`.
///
/// # Errors
/// One of them is not let in.
pub async fn register(address: SocketAddr, number: u64) -> anyhow::Result<()> {
    let next = Rc::new(Cell::new(1));
    let mut all = JoinSet::new();
    for _ in 0..32 {
        let next = next.clone();
        all.spawn_local(async move {
            let mut connection = Connection::open(address).await?;
            while next.get() <= number {
                first_login(&mut connection, Person(next.replace(next.get() + 1))).await?;
            }
            anyhow::Ok(())
        });
    }
    all_well(&mut all).await
}

/// Waits for all of them.
///
/// # Errors
/// The first that one of them ended with.
pub async fn all_well(all: &mut JoinSet<anyhow::Result<()>>) -> anyhow::Result<()> {
    while let Some(ended) = all.join_next().await {
        ended.context("the load panicked")??;
    }
    Ok(())
}

/// Does `operation` on `connections` connections at once, each after its answer again, until `ended`; records what ends
/// while `records`.
///
/// # Errors
/// The first answer that is not the one that is due.
pub fn closed(
    world: &Rc<World>,
    operation: Operation,
    connections: usize,
    phase: &Rc<Phase>,
) -> JoinSet<anyhow::Result<()>> {
    let mut all = JoinSet::new();
    for _ in 0..connections {
        let (world, phase) = (world.clone(), phase.clone());
        all.spawn_local(async move {
            let mut connection = Connection::open(world.address).await?;
            while !phase.ended.get() {
                let begin = Instant::now();
                world.once(&mut connection, operation).await?;
                phase.record(begin);
            }
            Ok(())
        });
    }
    all
}

/// Begins `operation` `rate` times a second, whatever has been answered, until `ended`: who finds no idle connection
/// opens one. Latency counts from the moment of sending, which no slow answer delays.
///
/// # Errors
/// The first answer that is not the one that is due.
pub fn open(world: &Rc<World>, operation: Operation, rate: u64, phase: &Rc<Phase>) -> JoinSet<anyhow::Result<()>> {
    let (world, phase) = (world.clone(), phase.clone());
    let mut all = JoinSet::new();
    all.spawn_local(async move {
        let idle = Rc::new(RefCell::new(Vec::new()));
        let mut under_way = JoinSet::new();
        let (begin, mut sent) = (Instant::now(), 0);
        while !phase.ended.get() {
            let due = (begin.elapsed().as_secs_f64() * rate as f64) as u64;
            for _ in sent..due {
                let (world, phase, idle) = (world.clone(), phase.clone(), idle.clone());
                under_way.spawn_local(async move {
                    let free = idle.borrow_mut().pop();
                    let mut connection = match free {
                        Some(connection) => connection,
                        None => Connection::open(world.address).await?,
                    };
                    let begin = Instant::now();
                    world.once(&mut connection, operation).await?;
                    phase.record(begin);
                    idle.borrow_mut().push(connection);
                    anyhow::Ok(())
                });
            }
            sent = due.max(sent);
            while let Some(ended) = under_way.try_join_next() {
                ended??;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        all_well(&mut under_way).await
    });
    all
}

/// What the load is told while it runs, and what it has recorded.
#[derive(Default)]
pub struct Phase {
    pub records: Cell<bool>,
    pub ended: Cell<bool>,
    pub taken: RefCell<Taken>,
}

impl Phase {
    fn record(&self, begin: Instant) {
        if self.records.get() {
            self.taken.borrow_mut().latencies.push(begin.elapsed());
        }
    }
}

async fn known_login(connection: &mut Connection, person: Person) -> anyhow::Result<String> {
    let answer = login(connection, person).await?;
    let body = parsed(&answer, 200)?;
    let name = body.user.and_then(|user| user.nickname);
    ensure!(name.is_some_and(|name| name == person.nickname()), "another person, or none: {answer:?}");
    body.token.map(Cow::into_owned).with_context(|| format!("no token in {answer:?}"))
}

async fn unknown_login(connection: &mut Connection, person: Person) -> anyhow::Result<String> {
    let answer = login(connection, person).await?;
    let body = parsed(&answer, 200)?;
    ensure!(body.status.as_deref() == Some("registrationRequired"), "no ticket: {answer:?}");
    body.ticket.map(Cow::into_owned).with_context(|| format!("no ticket in {answer:?}"))
}

async fn first_login(connection: &mut Connection, person: Person) -> anyhow::Result<()> {
    let ticket = unknown_login(connection, person).await?;
    let answer = connection.ask(Ask::Post("/v1/register", &person.registration(&ticket))).await?;
    let body = parsed(&answer, 201)?;
    ensure!(body.status.as_deref() == Some("loggedIn") && body.token.is_some(), "not signed in: {answer:?}");
    Ok(())
}

async fn login(connection: &mut Connection, person: Person) -> anyhow::Result<Answer<'_>> {
    connection.ask(Ask::Post("/v1/login", &format!(r#"{{"code":"{}"}}"#, person.code()))).await
}

fn parsed<'a>(answer: &Answer<'a>, status: u16) -> anyhow::Result<Body<'a>> {
    if answer.status != status {
        bail!("{} instead of {status}: {}", answer.status, String::from_utf8_lossy(answer.body));
    }
    serde_json::from_slice(answer.body).with_context(|| format!("not JSON: {}", String::from_utf8_lossy(answer.body)))
}
