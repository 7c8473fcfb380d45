//! The whole at a glance: state, log, clock and reset.

use super::apps::app_shown;
use super::checks::checks_shown;
use super::faults::fault_shown;
use super::options::options_shown;
use super::order::{Answer, Refusal, ok, read};
use crate::model::journal::event;
use crate::model::wechat::Wechat;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

/// Ten years: the clock is for tests, and must not overflow.
const LONGEST_ADVANCE: u64 = 10 * 366 * 86_400;

pub(super) async fn overview(wechat: Data<Wechat>) -> HttpResponse {
    let (now, advanced) = (wechat.now(), wechat.advanced());
    let faults: Vec<Value> = wechat.faults().active().iter().map(fault_shown).collect();
    let world = wechat.world();
    HttpResponse::Ok().json(json!({
        "now": now.timestamp_millis(),
        "advancedSeconds": advanced.as_secs(),
        "lastSeq": world.journal.last_seq(),
        "people": world.people.len(),
        "apps": world.apps.values().map(app_shown).collect::<Vec<_>>(),
        "faults": faults,
        "checks": checks_shown(&world.checks),
        "options": options_shown(&world.options),
    }))
}

#[derive(Deserialize)]
struct LogQuery {
    #[serde(default)]
    after: u64,
}

pub(super) async fn log(wechat: Data<Wechat>, request: HttpRequest) -> Answer {
    let query = web::Query::<LogQuery>::from_query(request.query_string());
    let after = query.map_err(|error| Refusal::new(error.to_string()))?.after;
    let world = wechat.world();
    ok(json!({"events": world.journal.after(after), "lastSeq": world.journal.last_seq()}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_seconds: u64,
}

pub(super) async fn advance_clock(wechat: Data<Wechat>, body: Bytes) -> Answer {
    let Advance { advance_seconds } = read(&body)?;
    let total = advance_seconds.saturating_add(wechat.advanced().as_secs());
    if total > LONGEST_ADVANCE {
        return Err(Refusal::new(format!(
            "the clock cannot be advanced by more than {LONGEST_ADVANCE} seconds in all"
        )));
    }
    wechat.advance(advance_seconds);
    let now = wechat.now();
    wechat.world().journal.write(event("clock", None, now));
    ok(json!({"now": now.timestamp_millis(), "advancedSeconds": wechat.advanced().as_secs()}))
}

pub(super) async fn reset(wechat: Data<Wechat>) -> HttpResponse {
    wechat.reset();
    HttpResponse::Ok().json(json!({}))
}
