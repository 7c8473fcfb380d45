//! What holds behind every gateway.

use crate::application::Backend;
use crate::gateway::{Gateway, Kind};
use crate::service::Service;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::{Duration, Instant};
use testkit::wire::{ask, header_lines, post};
use testkit::{Answer, comes_true, free_address};

const OURS: [&str; 4] = ["x-user-id", "x-app-id", "x-open-id", "x-union-id"];

/// A service, an application, and a gateway in front of both.
struct Scene {
    service: Service,
    application: Backend,
    gateway: Gateway,
}

impl Scene {
    fn new(kind: Kind) -> Scene {
        Scene::with(kind, &[])
    }

    fn with(kind: Kind, settings: &[(&str, &str)]) -> Scene {
        let (service, application) = (Service::start_behind(kind, settings), Backend::application());
        let gateway = Gateway::start(kind, [service.listens(); 2], application.address);
        Scene { service, application, gateway }
    }

    fn sign_in(&self, person: &str) -> String {
        self.service.sign_in(person, self.gateway.address)
    }

    fn ask(&self, method: &str, path: &str, token: Option<&str>, headers: &[(&str, &str)]) -> Answer {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut all: Vec<_> = bearer.iter().map(|bearer| ("Authorization", bearer.as_str())).collect();
        all.extend(headers);
        ask(self.gateway.address, method, path, &all, "")
    }

    /// Who `token` belongs to, as the application should be told.
    fn who(&self, token: &str) -> Vec<(String, String)> {
        let bearer = format!("Bearer {token}");
        let answer = ask(self.service.internal, "GET", "/v1/auth", &[("Authorization", &bearer)], "");
        assert_eq!(answer.status, 204, "{answer:?}");
        let told = |name: &str| answer.header(name).first().map(|value| (name.to_owned(), (*value).to_owned()));
        OURS.into_iter().filter_map(told).collect()
    }
}

/// The headers that an application might take for ours, names as a program that follows CGI sees them.
fn claims(seen: &Answer) -> Vec<(String, String)> {
    assert_eq!(seen.status, 200, "{seen:?}");
    let mut claims: Vec<_> = header_lines(&seen.raw)
        .into_iter()
        .map(|(name, value)| (name.replace(|c: char| !c.is_ascii_alphanumeric(), "-"), value))
        .filter(|(name, _)| OURS.contains(&name.as_str()))
        .collect();
    claims.sort_by_key(|(name, _)| OURS.iter().position(|ours| ours == name));
    claims
}

/// Every way to write our names that some program could read as ours.
fn spoofs() -> Vec<(String, String)> {
    let spelled = |word: &str| {
        let (lower, upper) = (word.to_lowercase(), word.to_uppercase());
        [
            format!("X-{word}-Id"),
            format!("x-{lower}-id"),
            format!("X-{upper}-ID"),
            format!("X_{word}_Id"),
            format!("X-{word}_Id"),
            format!("X_{word}-Id"),
            format!("X.{word}.Id"),
        ]
    };
    ["User", "App", "Open", "Union"].into_iter().flat_map(spelled).map(|name| (name, "spoofed".to_owned())).collect()
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn assert_refused(answer: &Answer) {
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(answer.header("content-type"), ["application/problem+json"], "{answer:?}");
    assert_eq!(answer.header("www-authenticate"), ["Bearer"], "{answer:?}");
    let problem = &answer.body;
    assert_eq!((&problem["code"], &problem["retry"]), (&json!("session_invalid"), &json!("restart")));
}

/// The gateway's own answer for a service that is down.
fn assert_unavailable(kind: Kind, answer: &Answer) {
    assert!(matches!(answer.status.as_u16(), 502..=504), "{answer:?}");
    if kind.tells_why() {
        assert_eq!(answer.header("content-type"), ["application/problem+json"], "{answer:?}");
        assert_eq!(answer.text("retry"), "later");
        assert_eq!(answer.header("retry-after").len(), 1, "{answer:?}");
    }
}

pub fn somebody_signs_in_and_is_named(kind: Kind) {
    let scene = Scene::new(kind);
    let token = scene.sign_in("alice");

    let seen = scene.ask("POST", "/orders?page=2", Some(&token), &[]);

    assert_eq!(claims(&seen), scene.who(&token));
    assert_eq!(claims(&seen).len(), 4, "{seen:?}");
    assert!(seen.raw.starts_with("POST /orders?page=2 HTTP/1."), "{seen:?}");
    assert!(!seen.raw.contains(&token), "the application gets no token: {seen:?}");
}

pub fn nothing_a_client_sends_passes_for_our_headers(kind: Kind) {
    let scene = Scene::new(kind);
    let token = scene.sign_in("alice");
    let mut headers = spoofs();
    headers.push(("Connection".into(), "close, X-User-Id, X-Open-Id".into()));

    let seen = scene.ask("GET", "/", Some(&token), &borrowed(&headers));

    assert_eq!(claims(&seen), scene.who(&token));
    assert_refused(&scene.ask("GET", "/", None, &borrowed(&headers)));
    assert_eq!(scene.application.times_reached(), 1);
}

pub fn a_person_without_unionid_cannot_bring_one(kind: Kind) {
    let scene = Scene::new(kind);
    scene.service.take_unionid_from("bob");
    let token = scene.sign_in("bob");

    let seen = scene.ask("GET", "/", Some(&token), &borrowed(&spoofs()));

    assert_eq!(claims(&seen), scene.who(&token));
    assert_eq!(claims(&seen).iter().map(|(name, _)| name).collect::<Vec<_>>(), ["x-user-id", "x-app-id", "x-open-id"]);
}

pub fn without_a_session_the_client_gets_the_services_refusal(kind: Kind) {
    let scene = Scene::new(kind);
    let unknown = "A".repeat(43);

    let answers = [
        scene.ask("GET", "/", None, &[]),
        scene.ask("POST", "/orders", Some(&unknown), &[]),
        scene.ask("GET", "/", None, &[("Authorization", "Basic YTpi")]),
        scene.ask("GET", "/", Some(""), &[]),
    ];

    answers.iter().for_each(assert_refused);
    assert_eq!(scene.application.times_reached(), 0);
}

pub fn a_revoked_token_opens_nothing_at_once(kind: Kind) {
    let scene = Scene::new(kind);
    let token = scene.sign_in("alice");
    assert_eq!(scene.ask("GET", "/", Some(&token), &[]).status, 200);

    assert_eq!(scene.ask("DELETE", "/v1/session", Some(&token), &[]).status, 204);

    assert_refused(&scene.ask("GET", "/", Some(&token), &[]));
}

pub fn with_the_service_down_nothing_gets_through(kind: Kind) {
    let mut scene = Scene::new(kind);
    let token = scene.sign_in("alice");
    let spoofs = spoofs();
    scene.service.stop();

    for _ in 0..20 {
        let answer = scene.ask("GET", "/", Some(&token), &borrowed(&spoofs));

        assert_unavailable(kind, &answer);
    }
    let login = post(scene.gateway.address, "/v1/login", &json!({ "code": "any" }));
    assert_unavailable(kind, &login);
    assert_eq!(scene.application.times_reached(), 0);
}

pub fn what_is_not_for_the_public_is_closed(kind: Kind) {
    let scene = Scene::new(kind);
    let token = scene.sign_in("alice");
    let paths = [
        "/v1/auth",
        "/v1/auth?x=1",
        "/v1/auth/",
        "/v1/auth/anything",
        "/v1//auth",
        "//v1/auth",
        "/v1/%61uth",
        "/%76%31/auth",
        "/v1/session/../auth",
        "/v1/session/..%2fauth",
        "/v1/introspect",
        "/v1/introspect/",
        "/v1/%69ntrospect",
        "/metrics",
        "/wx/alice/login",
        "/control/reset",
    ];

    for path in paths {
        for method in ["GET", "POST"] {
            let answer = scene.ask(method, path, Some(&token), &[]);

            // Either nobody's, or the application's.
            let reached_the_application = answer.status == 200 && answer.raw.starts_with(&format!("{method} "));
            assert!(
                reached_the_application || matches!(answer.status.as_u16(), 400 | 404),
                "{method} {path}: {answer:?}"
            );
            assert!(OURS.iter().all(|name| answer.header(name).is_empty()), "{method} {path}: {answer:?}");
        }
    }
}

pub fn a_client_cannot_choose_its_address(kind: Kind) {
    let scene = Scene::with(kind, &[("RATE_LIMIT_PER_MINUTE", "3")]);
    let login = |number: usize| {
        let address = format!("198.51.100.{number}");
        let headers = [("X-Forwarded-For", address.as_str()), ("Content-Type", "application/json")];
        ask(scene.gateway.address, "POST", "/v1/login", &headers, r#"{"code":"wrong"}"#).status.as_u16()
    };

    let statuses: Vec<_> = (0..4).map(login).collect();

    assert_eq!(statuses[3], 429, "{statuses:?}");
    assert!(!statuses[..3].contains(&429), "{statuses:?}");
}

/// Everything that some program reads a client's address from, each with one that is not the client's.
const CLAIMED: [(&str, &str); 7] = [
    ("X-Forwarded-For", "198.51.100.1"),
    ("X-Forwarded-For", "198.51.100.2, 127.0.0.1"),
    ("X-Forwarded-For", ""),
    ("Forwarded", "for=198.51.100.3"),
    ("X-Real-IP", "198.51.100.4"),
    ("X-Client-IP", "198.51.100.5"),
    ("X-Envoy-External-Address", "198.51.100.6"),
];

pub fn a_client_cannot_write_its_address_into_the_log(kind: Kind) {
    let scene = Scene::new(kind);
    let token = scene.sign_in("alice");
    let before = scene.service.said().len();
    let login: Vec<_> = [CLAIMED.as_slice(), &[("Content-Type", "application/json")]].concat();
    assert_eq!(
        ask(scene.gateway.address, "POST", "/v1/login", &login, r#"{"appId":"wx00000000000000a1","code":"wrong"}"#)
            .status,
        401
    );

    let seen = scene.ask("GET", "/", Some(&token), &CLAIMED);
    // Dropped on the way as the connection's own, the header would leave the gateway's address in its place. Envoy refuses.
    let connection = [CLAIMED.as_slice(), &[("Connection", "close, X-Forwarded-For")]].concat();
    let answer = scene.ask("GET", "/v1/session", Some(&token), &connection);
    assert!(matches!(answer.status.as_u16(), 200 | 400), "{answer:?}");

    // Envoy knows a client on this machine by the machine's own address, the others by that of the connection.
    let mine = |address: &str| !address.starts_with("198.51.100.") && address.parse::<IpAddr>().is_ok();
    let told: Vec<_> = header_lines(&seen.raw).into_iter().filter(|(name, _)| name == "x-forwarded-for").collect();
    assert!(matches!(told.as_slice(), [(_, one)] if mine(one)), "the application is told one address: {seen:?}");
    let logged = || {
        let said = scene.service.said();
        let lines = said[before..].lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let asked =
            lines.filter(|line| ["/v1/login", "/v1/auth", "/v1/session"].iter().any(|route| line["route"] == *route));
        asked.map(|line| line["client"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    comes_true(Duration::from_secs(5), || logged().len() >= 2);
    assert!(logged().len() >= 2 && logged().iter().all(|client| *client == told[0].1), "{:?} {told:?}", logged());
}

pub fn a_replica_that_is_down_is_not_noticed(kind: Kind) {
    let (service, application) = (Service::start_behind(kind, &[]), Backend::application());
    let gateway = Gateway::start(kind, [free_address().into(), service.listens()], application.address);

    let token = service.sign_in("alice", gateway.address);

    let bearer = format!("Bearer {token}");
    for _ in 0..20 {
        let login = post(gateway.address, "/v1/login", &json!({ "appId": "wx00000000000000a1", "code": "wrong" }));
        let seen = ask(gateway.address, "POST", "/", &[("Authorization", &bearer)], "body");

        assert_eq!((login.status.as_u16(), seen.status.as_u16()), (401, 200), "{login:?} {seen:?}");
    }
}

pub fn a_login_that_was_sent_is_never_sent_again(kind: Kind) {
    let (replicas, application) = ([(); 2].map(|()| Backend::that_breaks_off()), Backend::application());
    let gateway = Gateway::start(kind, [replicas[0].address.into(), replicas[1].address.into()], application.address);
    let reached = || replicas.iter().map(Backend::times_reached).sum::<usize>();
    let before = reached();

    let answer = post(gateway.address, "/v1/login", &json!({ "code": "any" }));

    assert_unavailable(kind, &answer);
    assert_eq!(reached() - before, 1);
}

pub fn a_kept_answer_outlives_the_token_by_seconds(kind: Kind) {
    let scene = Scene::new(kind);
    let (alice, bob) = (scene.sign_in("alice"), scene.sign_in("bob"));
    let known = scene.who(&alice);
    assert_eq!(claims(&scene.ask("POST", "/", Some(&alice), &[])), known);
    assert_eq!(scene.ask("DELETE", "/v1/session", Some(&alice), &[]).status, 204);
    let revoked = Instant::now();

    let kept = scene.ask("GET", "/", Some(&alice), &borrowed(&spoofs()));

    assert_eq!(claims(&kept), known);
    assert_eq!(claims(&scene.ask("GET", "/", Some(&bob), &[])), scene.who(&bob));
    assert_refused(&scene.ask("GET", "/", None, &[]));
    let mut last = kept;
    while last.status == 200 && revoked.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(100));
        last = scene.ask("GET", "/", Some(&alice), &[]);
    }
    assert_refused(&last);
    assert!(revoked.elapsed() < Duration::from_secs(8), "{:?}", revoked.elapsed());
}
