//! Writes the history while it happens.

use crate::history::{Answer, Fault, Hash, Kind, NOBODY, Operation, Phone, Redis, Seen, Suspension};
use serde_json::Value;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher};
use std::sync::Mutex;
use std::time::Instant;

pub struct Recorder {
    began: Instant,
    pub phones: Vec<Phone>,
    /// The first phone with an openid.
    by_openid: HashMap<String, usize>,
    pub operations: Mutex<Vec<Operation>>,
    pub faults: Mutex<Vec<Fault>>,
    pub suspensions: Mutex<Vec<Suspension>>,
}

impl Recorder {
    pub fn of(phones: Vec<Phone>) -> Recorder {
        let by_openid = phones.iter().enumerate().rev().map(|(place, phone)| (phone.openid.clone(), place)).collect();
        let (operations, faults, suspensions) = Default::default();
        Recorder { began: Instant::now(), phones, by_openid, operations, faults, suspensions }
    }

    /// Milliseconds since the beginning.
    pub fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    pub fn write(&self, operation: Operation) {
        self.operations.lock().unwrap().push(operation);
    }

    /// A fault from its beginning on, by its place; it lasts until [`Recorder::fault_ends`].
    pub fn fault_begins(&self, name: String, to_redis: Redis) -> usize {
        let mut faults = self.faults.lock().unwrap();
        faults.push(Fault { name, begin: self.now(), end: u64::MAX, to_redis });
        faults.len() - 1
    }

    pub fn fault_ends(&self, fault: usize) {
        self.faults.lock().unwrap()[fault].end = self.now();
    }

    /// What the history keeps of an answer.
    pub fn heard(&self, kind: Kind, answer: &testkit::Answer) -> Answer {
        let (status, body) = (answer.status.as_u16(), &answer.body);
        let word = |name: &str| body[name].as_str().filter(|word| !word.is_empty());
        let mut heard = Answer { status, gateway: !answer.headers.contains_key("x-request-id"), ..Answer::default() };
        if !answer.status.is_success() {
            heard.code = word("code").map(str::to_owned);
            heard.malformed = wrong_problem(answer);
            return heard;
        }
        heard.token = word("token").map(hash);
        heard.ticket = word("ticket").map(hash);
        if kind == Kind::Auth {
            let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
            heard.seen = header("x-user-id").and_then(|id| id.parse().ok()).map(|user| Seen {
                user,
                openid: header("x-open-id").map(|openid| self.by_openid.get(openid).copied().unwrap_or(NOBODY)),
                ..Seen::default()
            });
        } else {
            let user = if body["user"].is_object() { &body["user"] } else { body };
            heard.seen = user["id"].as_str().and_then(|id| id.parse().ok()).map(|id| seen(id, user));
        }
        let whole = match kind {
            Kind::SignOut | Kind::SignOutAll | Kind::Erase => answer.raw.is_empty(),
            Kind::Login | Kind::Register | Kind::RegisterStolen => {
                heard.ticket.is_some() != (heard.token.is_some() && heard.seen.is_some())
            }
            _ => heard.seen.is_some(),
        };
        heard.malformed = (!whole).then(|| format!("a success that is not whole: {} bytes", answer.raw.len()));
        heard
    }
}

/// What stands for a token or a ticket here.
pub fn hash(secret: &str) -> Hash {
    let mut hasher = DefaultHasher::new();
    secret.hash(&mut hasher);
    hasher.finish()
}

/// What is wrong with a problem; where to look, if it is a 500.
fn wrong_problem(answer: &testkit::Answer) -> Option<String> {
    let body = &answer.body;
    let word = |name: &str| body[name].as_str().filter(|word| !word.is_empty());
    if answer.status == 500 {
        return Some(format!("request {}: {}", word("requestId").unwrap_or_default(), answer.raw));
    }
    let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
    let (retry, request) = (word("retry"), header("x-request-id"));
    let wrong = if header("content-type") != Some("application/problem+json") {
        "the content type"
    } else if body["status"] != answer.status.as_u16() {
        "the status in the body"
    } else if ["type", "title", "detail", "code"].iter().any(|name| word(name).is_none()) {
        "a member is missing"
    } else if !matches!(retry, Some("none" | "restart" | "getUserInfo" | "getPhoneNumber" | "later")) {
        "the advice"
    } else if answer.headers.contains_key("retry-after") != (retry == Some("later")) {
        "Retry-After"
    } else if request.is_some() && request != word("requestId") {
        "the request's id"
    } else {
        return None;
    };
    Some(format!("{wrong}: {}", answer.raw))
}

fn seen(user: u64, body: &Value) -> Seen {
    let name = body["nickname"].as_str().filter(|name| !name.is_empty() && *name != "微信用户");
    let number = body["phone"].as_str();
    Seen {
        user,
        name: name.map(|name| group_of_name(name).unwrap_or(NOBODY)),
        number: number.map(|number| group_of_number(number).unwrap_or(NOBODY)),
        openid: None,
    }
}

/// Names are `g7` or `g7-1`.
fn group_of_name(name: &str) -> Option<usize> {
    name.strip_prefix('g')?.split('-').next()?.parse().ok()
}

/// Numbers are `+86138` and eight digits.
fn group_of_number(number: &str) -> Option<usize> {
    number.strip_prefix("+86138")?.parse().ok()
}
