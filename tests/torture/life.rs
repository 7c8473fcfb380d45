//! The life of a phone: it signs in, uses its session, changes things, signs out, leaves, and comes again. What it does is
//! its own dice's, not the answers', except where an answer gives advice.

use crate::dice::Dice;
use crate::history::{Answer, Kind, Operation};
use crate::people::Place;
use crate::recorder::{Recorder, hash};
use crate::site::Site;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// How long a phone waits for an answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Tokens that it remembers beside the one in use.
const MEMORY: usize = 4;

/// What all phones share.
pub struct World {
    pub site: Site,
    pub recorder: Recorder,
    pub places: Vec<Place>,
    /// Tickets that their owners left lying about.
    pub lying_about: Mutex<Vec<String>>,
    pub stop: AtomicBool,
}

pub struct Life<'a> {
    pub world: &'a World,
    pub phone: usize,
    pub dice: Dice,
    pub token: Option<String>,
    /// Of earlier logins, and of sessions that were ended.
    pub earlier: Vec<String>,
}

/// What is sent with a request.
#[derive(Default, Clone, Copy)]
pub struct With<'a> {
    pub token: Option<&'a str>,
    pub ticket: Option<&'a str>,
    pub body: Option<&'a Value>,
}

impl Life<'_> {
    /// Lives until it is told to stop, and then looks once at everything it has.
    pub async fn live(mut self) {
        while !self.world.stop.load(Relaxed) {
            match self.token.clone() {
                None => self.sign_in().await,
                Some(token) => self.use_session(token).await,
            }
            tokio::time::sleep(self.dice.time(100, 1500)).await;
        }
        let tokens: Vec<_> = self.earlier.drain(..).chain(self.token.take()).collect();
        for token in tokens {
            self.ask(Kind::Session, With { token: Some(&token), ..With::default() }).await;
        }
        self.sign_in().await;
    }

    async fn use_session(&mut self, token: String) {
        let with = With { token: Some(&token), ..With::default() };
        let (name, leaves) = (self.name(), self.world.places[self.phone].leaves);
        let kind = match self.dice.below(100) {
            0..35 => Kind::Session,
            35..50 => Kind::Me,
            50..65 => Kind::Auth,
            65..73 => {
                self.ask(Kind::Rename, With { body: Some(&json!({"nickname": name})), ..with }).await;
                return;
            }
            73..77 => return self.bind(&token).await,
            77..83 => {
                self.remember(token);
                return self.sign_in().await;
            }
            83..90 => {
                let earlier = self.earlier.get(self.dice.below(MEMORY)).cloned();
                if let Some(earlier) = earlier {
                    self.ask(Kind::Session, With { token: Some(&earlier), ..with }).await;
                }
                return;
            }
            90..95 => Kind::SignOut,
            95..97 => Kind::SignOutAll,
            _ if leaves => Kind::Erase,
            _ => Kind::Me,
        };
        // Whoever leaves shows their phone, or has signed in a moment ago.
        let shown = if kind == Kind::Erase && self.dice.chance(70) {
            self.wx("login").await["code"].clone()
        } else {
            Value::Null
        };
        let body = json!({"code": shown});
        let with = With { body: (!shown.is_null()).then_some(&body), ..with };
        let answer = self.ask(kind, with).await;
        let over = matches!(kind, Kind::SignOut | Kind::SignOutAll | Kind::Erase) && matches!(answer.status, 0 | 204);
        if over || answer.code.as_deref() == Some("session_invalid") {
            self.remember(token);
        }
    }

    async fn bind(&mut self, token: &str) {
        let code = self.wx("getPhoneNumber").await["code"].clone();
        let body = json!({"code": code});
        let with = With { token: Some(token), body: Some(&body), ..With::default() };
        if self.ask(Kind::Bind, with).await.status == 503 {
            // The same once more, as advised.
            tokio::time::sleep(Duration::from_secs(1)).await;
            self.ask(Kind::Bind, with).await;
        }
    }

    fn name(&mut self) -> String {
        let group = self.world.recorder.phones[self.phone].group;
        format!("g{group}-{}", self.dice.below(1000))
    }

    fn remember(&mut self, token: String) {
        self.token = None;
        self.earlier.insert(0, token);
        self.earlier.truncate(MEMORY);
    }

    /// What `wx.{call}` gives.
    pub async fn wx(&self, call: &str) -> Value {
        let (person, app) = (&self.world.places[self.phone].person, &self.world.recorder.phones[self.phone].app);
        self.world.site.wechat.phone(person, app).wx(call).await
    }

    /// Asks, over the gateway or, where that is for gateways, of a replica; writes down what came of it.
    pub async fn ask(&mut self, kind: Kind, with: With<'_>) -> Answer {
        self.ask_whole(kind, with).await.0
    }

    /// The same, with the body.
    pub async fn ask_whole(&mut self, kind: Kind, with: With<'_>) -> (Answer, Value) {
        let replica = self.dice.below(self.world.site.replicas.len());
        request(self.world, self.phone, replica, kind, with).await
    }
}

/// One request of `phone`.
pub async fn request(world: &World, phone: usize, replica: usize, kind: Kind, with: With<'_>) -> (Answer, Value) {
    let (method, path) = match kind {
        Kind::Login => (Method::POST, "/v1/login"),
        Kind::Register | Kind::RegisterStolen => (Method::POST, "/v1/register"),
        Kind::Session => (Method::GET, "/v1/session"),
        Kind::Me => (Method::GET, "/v1/me"),
        Kind::Auth => (Method::GET, "/v1/auth"),
        Kind::Rename => (Method::PATCH, "/v1/me"),
        Kind::Bind => (Method::POST, "/v1/me/phone"),
        Kind::SignOut => (Method::DELETE, "/v1/session"),
        Kind::SignOutAll => (Method::DELETE, "/v1/sessions"),
        Kind::Erase => (Method::DELETE, "/v1/me"),
    };
    let site = &world.site;
    let base = if kind == Kind::Auth { &site.replicas[replica].base } else { &site.gateway };
    let mut request = site.http.request(method, format!("{base}{path}")).timeout(PATIENCE);
    if let Some(token) = with.token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = with.body {
        request = request.json(body);
    }
    let begin = world.recorder.now();
    let told = testkit::Answer::to(request).await.ok();
    let answer = told.as_ref().map(|told| world.recorder.heard(kind, told)).unwrap_or_default();
    let (token, ticket) = (with.token.map(hash), with.ticket.map(hash));
    let end = world.recorder.now();
    world.recorder.write(Operation { kind, phone, begin, end, token, ticket, answer: answer.clone() });
    (answer, told.map(|told| told.body).unwrap_or_default())
}
