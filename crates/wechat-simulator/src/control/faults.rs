//! Asking for trouble. Rule 39 of docs/simulator.md.

use super::order::{Answer, Refusal, ok, read};
use crate::model::faults::{Fault, Kind};
use crate::model::wechat::Wechat;
use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

const LONGEST_LATENCY: u64 = 600_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FaultAsked {
    path: String,
    host: Option<String>,
    kind: String,
    value: Option<Value>,
    #[serde(default = "once")]
    times: u32,
}

fn once() -> u32 {
    1
}

pub(super) async fn add_fault(wechat: Data<Wechat>, body: Bytes) -> Answer {
    let asked: FaultAsked = read(&body)?;
    if !["/sns/", "/cgi-bin/", "/wxa/", "/wx/"].iter().any(|start| asked.path.starts_with(start)) && asked.path != "/*"
    {
        return Err(Refusal::new("path must begin with /sns/, /cgi-bin/, /wxa/ or /wx/, or be /*"));
    }
    if asked.times == 0 {
        return Err(Refusal::new("times must be at least 1"));
    }
    let kind = kind_of(&asked.kind, asked.value.as_ref())?;
    let fault = Fault { path: asked.path, host: asked.host, kind, times: asked.times };
    let shown = fault_shown(&fault);
    wechat.faults().add(fault);
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

pub(super) fn fault_shown(fault: &Fault) -> Value {
    let value = match &fault.kind {
        Kind::Errcode(number) => json!(number),
        Kind::Latency(delay) => json!(delay.as_millis() as u64),
        Kind::HttpStatus(status) => json!(status),
        Kind::Garbage(text) => json!(text),
        Kind::DropBefore | Kind::DropAfter => Value::Null,
    };
    json!({"path": fault.path, "host": fault.host, "kind": fault.kind.name(), "value": value, "times": fault.times})
}

pub(super) async fn clear_faults(wechat: Data<Wechat>) -> HttpResponse {
    wechat.faults().clear();
    HttpResponse::Ok().json(json!({}))
}
