//! The levers: people, keys, time and trouble. Nothing here tells a code, a key or an id.

use super::control_faults::{add_fault, clear_faults, fault_shown};
use super::control_options::{app_shown, change_app, change_options, options_shown};
use super::control_people::{change_person, expire_session_key, prefetch, show_person};
use super::world::{World, event};
use super::{Simulator, wx};
use crate::identity::AppId;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

/// Ten years: the clock is for tests, and must not overflow.
const LONGEST_ADVANCE: u64 = 10 * 366 * 86_400;

pub(super) fn mount(service: &mut web::ServiceConfig) {
    let person = "/control/people/{person:[^/]*}";
    service
        .service(web::resource("/control").get(overview))
        .service(web::resource("/control/log").get(log))
        .service(web::resource(person).get(show_person).put(change_person))
        .service(web::resource(format!("{person}/expire-session-key")).post(expire_session_key))
        .service(web::resource(format!("{person}/prefetch")).post(prefetch))
        .service(web::resource("/control/apps/{app}").put(change_app))
        .service(web::resource("/control/options").put(change_options))
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

pub(super) type Answer = Result<HttpResponse, Refusal>;

pub(super) fn ok(body: impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().json(body))
}

pub(super) fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Refusal> {
    let text = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(text).map_err(|error| Refusal::new(error.to_string()))
}

/// Tells `null` from a field that is not there.
pub(super) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

pub(super) fn named(person: &str) -> Result<&str, Refusal> {
    if wx::is_name(person) { Ok(person) } else { Err(Refusal::new("a person's name has 1 to 64 characters")) }
}

/// The app that is meant; the only one need not be named.
pub(super) fn app_meant(world: &World, id: Option<&str>) -> Result<AppId, Refusal> {
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
    HttpResponse::Ok().json(json!({
        "now": now,
        "advancedSeconds": advanced / 1000,
        "lastSeq": world.journal.last_seq(),
        "people": world.people.len(),
        "apps": world.apps.values().map(app_shown).collect::<Vec<_>>(),
        "faults": faults,
        "options": options_shown(&world.options),
    }))
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

async fn reset(simulator: Data<Simulator>) -> HttpResponse {
    simulator.reset();
    HttpResponse::Ok().json(json!({}))
}
