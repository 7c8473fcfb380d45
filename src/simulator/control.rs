//! The levers: people, keys, time and trouble. Nothing here tells a code, a key or an id.

use super::codes::Member;
use super::faults::{Fault, Kind};
use super::people::{Phone, Profile, UnionidChoice};
use super::world::{App, World, event};
use super::{Rotation, Simulator, wx};
use crate::identity::AppId;
use actix_web::web::{self, Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// Ten years: the clock is for tests, and must not overflow.
const LONGEST_ADVANCE: u64 = 10 * 366 * 86_400;
const LONGEST_LATENCY: u64 = 600_000;

pub(super) fn mount(service: &mut web::ServiceConfig) {
    let person = "/control/people/{person:[^/]*}";
    service
        .service(web::resource("/control").get(overview))
        .service(web::resource("/control/log").get(log))
        .service(web::resource(person).get(show_person).put(change_person))
        .service(web::resource(format!("{person}/expire-session-key")).post(expire_session_key))
        .service(web::resource(format!("{person}/prefetch")).post(prefetch))
        .service(web::resource("/control/apps/{app}").put(change_app))
        .service(web::resource("/control/clock").post(advance_clock))
        .service(web::resource("/control/faults").post(add_fault).delete(clear_faults))
        .service(web::resource("/control/reset").post(reset));
}

/// What was wrong with a request to steer.
#[derive(Debug, Serialize)]
pub(super) struct Refusal {
    error: String,
}

impl Refusal {
    pub fn new(error: impl Into<String>) -> Refusal {
        Refusal { error: error.into() }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.error)
    }
}

impl actix_web::ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::BadRequest().json(self)
    }
}

type Answer = Result<HttpResponse, Refusal>;

fn ok(body: impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().json(body))
}

fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Refusal> {
    let text = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(text).map_err(|error| Refusal::new(error.to_string()))
}

/// Tells `null` from a field that is not there.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn named(person: &str) -> Result<&str, Refusal> {
    if wx::is_name(person) { Ok(person) } else { Err(Refusal::new("a person's name has 1 to 64 characters")) }
}

/// The app that is meant; the only one need not be named.
fn app_meant(world: &World, id: Option<&str>) -> Result<AppId, Refusal> {
    match id {
        Some(id) => world.known_app(id).map_err(|_unknown| Refusal::new(format!("there is no app {id:?}"))),
        None if world.apps.len() == 1 => Ok(world.apps.keys().next().expect("there is one").clone()),
        None => Err(Refusal::new("appId is missing")),
    }
}

async fn overview(simulator: Data<Simulator>) -> HttpResponse {
    let (now, advanced) = (simulator.now(), simulator.advanced());
    let faults: Vec<Value> = simulator.faults().active().iter().map(fault_shown).collect();
    let world = simulator.world();
    let options = &world.options;
    let seconds = |duration: Duration| duration.as_secs_f64();
    HttpResponse::Ok().json(json!({
        "now": now,
        "advancedSeconds": advanced / 1000,
        "lastSeq": world.journal.last_seq(),
        "people": world.people.len(),
        "apps": world.apps.values().map(app_shown).collect::<Vec<_>>(),
        "faults": faults,
        "options": {
            "rotation": match options.rotation { Rotation::OnExchange => "on-exchange", Rotation::OnLogin => "on-login" },
            "seed": options.seed,
            "codeTtlSeconds": seconds(options.code_ttl),
            "codeGraceSeconds": seconds(options.code_grace),
            "usedCodeMemorySeconds": seconds(options.used_code_memory),
            "loginCancelsOlderCodes": options.login_cancels_older_codes,
            "loginsPerSecond": options.logins_per_second,
            "exchangesPerMinute": options.exchanges_per_minute,
            "exchangesPerDay": options.exchanges_per_day,
            "minRefreshPeriodSeconds": seconds(options.min_refresh_period),
            "absoluteTtlSeconds": seconds(options.absolute_ttl),
            "idleTtlSeconds": options.idle_ttl.map(seconds),
            "checkPinsKey": options.check_pins_key,
            "expiredKeyStillSigns": options.expired_key_still_signs,
            "resetIntervalSeconds": seconds(options.reset_interval),
            "phoneCodeTtlSeconds": seconds(options.phone_code_ttl),
            "tokenTtlSeconds": seconds(options.token_ttl),
            "tokenOverlapSeconds": seconds(options.token_overlap),
            "forceRefreshesPerDay": options.force_refreshes_per_day,
            "forceRefreshIntervalSeconds": seconds(options.force_refresh_interval),
            "stableTokensPerMinute": options.stable_tokens_per_minute,
            "stableTokensPerDay": options.stable_tokens_per_day,
            "logLength": options.log_length,
        },
    }))
}

fn app_shown(app: &App) -> Value {
    let settings = &app.settings;
    json!({
        "appId": settings.id, "platform": settings.platform, "unionidBound": settings.unionid_bound,
        "mock": settings.mock, "legacyExpiresIn": settings.legacy_expires_in, "escapeSlashes": settings.escape_slashes,
        "errcodeZero": settings.errcode_zero, "stringErrcode": settings.string_errcode,
        "bareCountryCode": settings.bare_country_code, "ipWhitelist": settings.ip_whitelist,
    })
}

#[derive(Deserialize)]
struct LogQuery {
    #[serde(default)]
    after: u64,
}

async fn log(simulator: Data<Simulator>, request: HttpRequest) -> Answer {
    let query = web::Query::<LogQuery>::from_query(request.query_string());
    let after = query.map_err(|error| Refusal::new(error.to_string()))?.after;
    let world = simulator.world();
    ok(json!({"events": world.journal.after(after), "lastSeq": world.journal.last_seq()}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PersonQuery {
    app_id: Option<String>,
}

async fn show_person(simulator: Data<Simulator>, person: Path<String>, request: HttpRequest) -> Answer {
    let query = web::Query::<PersonQuery>::from_query(request.query_string());
    let app_id = query.map_err(|error| Refusal::new(error.to_string()))?.into_inner().app_id;
    let now = simulator.now();
    let world = simulator.world();
    let apps = match app_id {
        Some(id) => vec![app_meant(&world, Some(&id))?],
        None => world.apps.keys().cloned().collect(),
    };
    ok(person_shown(&world, named(&person)?, apps, now))
}

fn person_shown(world: &World, name: &str, apps: Vec<AppId>, now: i64) -> Value {
    let person = world.people.get(name);
    let in_app = |app: AppId| {
        let member = Member { app, person: name.to_owned() };
        let keys = world.memberships.get(&member).map(|membership| &membership.keys);
        let key = keys.and_then(|keys| keys.current());
        json!({
            "appId": member.app,
            "exists": keys.is_some(),
            "keyVersion": key.map_or(0, |key| key.version),
            "keyExpiresAt": key.map(|key| key.expires_at),
            "keyExpired": key.is_some_and(|key| key.is_expired(&world.options, now)),
            "unionidBound": world.apps[&member.app].settings.unionid_bound,
            "unionidGiven": person.is_some() && world.unionid(&member).is_some(),
        })
    };
    json!({
        "person": name,
        "exists": person.is_some(),
        "risk": person.is_some_and(|person| person.risk),
        "profile": person.and_then(|person| person.profile.clone()),
        "apps": apps.into_iter().map(in_app).collect::<Vec<_>>(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PersonChange {
    #[serde(default, deserialize_with = "present")]
    profile: Option<Option<Profile>>,
    #[serde(default, deserialize_with = "present")]
    unionid: Option<Option<String>>,
    risk: Option<bool>,
    /// Digits, without the country code.
    phone: Option<String>,
    country_code: Option<String>,
}

async fn change_person(simulator: Data<Simulator>, name: Path<String>, body: Bytes) -> Answer {
    let name = named(&name)?;
    let change: PersonChange = read(&body)?;
    check_change(&change)?;
    let now = simulator.now();
    let mut world = simulator.world();
    let person = world.meet_person(name);
    if let Some(profile) = change.profile {
        person.profile = profile;
    }
    if let Some(unionid) = change.unionid {
        person.unionid = unionid.map_or(UnionidChoice::Absent, UnionidChoice::Fixed);
    }
    person.risk = change.risk.unwrap_or(person.risk);
    let Phone { country_code, number } = person.phone.clone();
    person.phone =
        Phone { country_code: change.country_code.unwrap_or(country_code), number: change.phone.unwrap_or(number) };
    let noted = super::journal::Event { person: Some(name.to_owned()), ..event("changePerson", None, now) };
    world.journal.write(noted);
    let apps = world.apps.keys().cloned().collect();
    ok(person_shown(&world, name, apps, now))
}

fn check_change(change: &PersonChange) -> Result<(), Refusal> {
    let digits = |text: &str, longest| (1..=longest).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let id = |text: &str| (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if change.phone.as_deref().is_some_and(|phone| !digits(phone, 15)) {
        return Err(Refusal::new("phone has 1 to 15 digits and nothing else"));
    }
    if change.country_code.as_deref().is_some_and(|code| !digits(code, 4)) {
        return Err(Refusal::new("countryCode has 1 to 4 digits and nothing else"));
    }
    if change.unionid.iter().flatten().any(|unionid| !id(unionid)) {
        return Err(Refusal::new("unionid has 1 to 64 printable ASCII characters without space, or is null"));
    }
    if change.profile.iter().flatten().any(|profile| profile.gender > 2) {
        return Err(Refusal::new("gender is 0, 1 or 2"));
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InApp {
    app_id: Option<String>,
}

async fn expire_session_key(simulator: Data<Simulator>, name: Path<String>, body: Bytes) -> Answer {
    let asked: InApp = read(&body)?;
    let now = simulator.now();
    let mut world = simulator.world();
    let app = app_meant(&world, asked.app_id.as_deref())?;
    let member = Member { app: app.clone(), person: named(&name)?.to_owned() };
    world.meet(&member);
    let keys = &mut world.memberships.get_mut(&member).expect("met above").keys;
    keys.expire(now);
    let version = keys.version();
    let noted = event("expireSessionKey", Some(&member), now);
    world.journal.write(super::journal::Event { key_version: Some(version), ..noted });
    ok(person_shown(&world, &name, vec![app], now))
}

/// A data pre-fetch: the code that WeChat would send to the developer's server, without the page having asked.
async fn prefetch(simulator: Data<Simulator>, name: Path<String>, body: Bytes) -> Answer {
    let asked: InApp = read(&body)?;
    let now = simulator.now();
    let mut world = simulator.world();
    let member = Member { app: app_meant(&world, asked.app_id.as_deref())?, person: named(&name)?.to_owned() };
    let code = world.issue_login_code(&member, now);
    let version = world.memberships[&member].keys.version();
    let noted = event("prefetch", Some(&member), now);
    world.journal.write(super::journal::Event { key_version: Some(version), ..noted });
    ok(json!({"code": code, "timestamp": now.div_euclid(1000)}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AppChange {
    unionid_bound: Option<bool>,
}

async fn change_app(simulator: Data<Simulator>, id: Path<String>, body: Bytes) -> Answer {
    let change: AppChange = read(&body)?;
    let now = simulator.now();
    let mut world = simulator.world();
    let id = app_meant(&world, Some(&id))?;
    let settings = &mut world.apps.get_mut(&id).expect("known").settings;
    settings.unionid_bound = change.unionid_bound.unwrap_or(settings.unionid_bound);
    let noted = super::journal::Event { app_id: Some(id.to_string()), ..event("changeApp", None, now) };
    world.journal.write(noted);
    ok(app_shown(&world.apps[&id]))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_seconds: u64,
}

async fn advance_clock(simulator: Data<Simulator>, body: Bytes) -> Answer {
    let Advance { advance_seconds } = read(&body)?;
    let total = advance_seconds.saturating_add(simulator.advanced().unsigned_abs() / 1000);
    if total > LONGEST_ADVANCE {
        return Err(Refusal::new(format!(
            "the clock cannot be advanced by more than {LONGEST_ADVANCE} seconds in all"
        )));
    }
    simulator.advance(advance_seconds as i64 * 1000);
    let now = simulator.now();
    simulator.world().journal.write(event("clock", None, now));
    ok(json!({"now": now, "advancedSeconds": simulator.advanced() / 1000}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FaultAsked {
    path: String,
    kind: String,
    value: Option<Value>,
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

async fn add_fault(simulator: Data<Simulator>, body: Bytes) -> Answer {
    let asked: FaultAsked = read(&body)?;
    if !["/sns/", "/cgi-bin/", "/wxa/", "/wx/"].iter().any(|start| asked.path.starts_with(start)) && asked.path != "/*"
    {
        return Err(Refusal::new("path must begin with /sns/, /cgi-bin/, /wxa/ or /wx/, or be /*"));
    }
    if asked.times == 0 {
        return Err(Refusal::new("times must be at least 1"));
    }
    let kind = kind_of(&asked.kind, asked.value.as_ref())?;
    let fault = Fault { path: asked.path, kind, times: asked.times };
    let shown = fault_shown(&fault);
    simulator.faults().add(fault);
    ok(shown)
}

fn kind_of(kind: &str, value: Option<&Value>) -> Result<Kind, Refusal> {
    let number = |what: &str, allowed: std::ops::RangeInclusive<i64>| {
        let number = value.and_then(Value::as_i64).filter(|number| allowed.contains(number));
        number
            .ok_or_else(|| Refusal::new(format!("value must be {what} from {} to {}", allowed.start(), allowed.end())))
    };
    Ok(match (kind, value) {
        ("errcode", _) => match number("an errcode", -1_000_000..=10_000_000)? {
            0 => return Err(Refusal::new("errcode 0 means success")),
            errcode => Kind::Errcode(errcode),
        },
        ("latencyMs", _) => {
            let longest = LONGEST_LATENCY as i64;
            Kind::Latency(Duration::from_millis(number("milliseconds", 0..=longest)?.unsigned_abs()))
        }
        ("httpStatus", _) => Kind::HttpStatus(number("a status", 300..=599)? as u16),
        ("garbage", None | Some(Value::Null)) => Kind::Garbage(None),
        ("garbage", Some(Value::String(text))) => Kind::Garbage(Some(text.clone())),
        ("garbage", Some(_)) => return Err(Refusal::new("value must be the text to answer with, or left out")),
        ("dropBefore", _) => Kind::DropBefore,
        ("dropAfter", _) => Kind::DropAfter,
        _ => {
            let kinds = "errcode, latencyMs, httpStatus, garbage, dropBefore, dropAfter";
            return Err(Refusal::new(format!("kind must be one of {kinds}")));
        }
    })
}

fn fault_shown(fault: &Fault) -> Value {
    let value = match &fault.kind {
        Kind::Errcode(number) => json!(number),
        Kind::Latency(delay) => json!(delay.as_millis() as u64),
        Kind::HttpStatus(status) => json!(status),
        Kind::Garbage(text) => json!(text),
        Kind::DropBefore | Kind::DropAfter => Value::Null,
    };
    json!({"path": fault.path, "kind": fault.kind.name(), "value": value, "times": fault.times})
}

async fn clear_faults(simulator: Data<Simulator>) -> HttpResponse {
    simulator.faults().clear();
    HttpResponse::Ok().json(json!({}))
}

async fn reset(simulator: Data<Simulator>) -> HttpResponse {
    simulator.reset();
    HttpResponse::Ok().json(json!({}))
}
