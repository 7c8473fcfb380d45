//! WeChat's servers, as a backend sees them: the paths, and what all of their answers have in common. Rules 12, 13 and 36
//! of docs/simulator.md.

use super::api_exchange::jscode2session;
use super::api_tokens::{stable_token, token};
use super::api_wxa::{check_session, phone_number, reset_user_session_key};
use super::errcodes::Errcode;
use super::journal::Event;
use super::world::event;
use super::{Simulator, faults};
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::IpAddr;

const JSON: &str = "application/json; encoding=utf-8";

pub(super) fn mount(service: &mut web::ServiceConfig) {
    let resource = |path: &str| web::resource(path.to_owned()).wrap(from_fn(faults::strike));
    service
        .service(resource("/sns/jscode2session").to(jscode2session))
        .service(resource("/cgi-bin/token").to(token))
        .service(resource("/cgi-bin/stable_token").to(stable_token))
        .service(resource("/wxa/checksession").to(check_session))
        .service(resource("/wxa/resetusersessionkey").to(reset_user_session_key))
        .service(resource("/wxa/business/getuserphonenumber").to(phone_number));
}

/// A refusal as this path words it: always status 200.
pub(super) fn refuse(simulator: &Simulator, path: &str, errcode: Errcode, caller: Option<IpAddr>) -> HttpResponse {
    let errmsg = errmsg(simulator, path, errcode, caller);
    answer_json(path, &Refused { errcode: errcode.0, errmsg })
}

#[derive(Serialize)]
pub(super) struct Refused {
    pub errcode: i64,
    pub errmsg: String,
}

/// WeChat's words and the request id behind them. Rule 12.
pub(super) fn errmsg(simulator: &Simulator, path: &str, errcode: Errcode, caller: Option<IpAddr>) -> String {
    let now = simulator.now();
    let rid = simulator.world().rid(now);
    let words = errcode.words();
    match (errcode, caller) {
        (Errcode::IP_NOT_LISTED, Some(ip)) => format!("invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist rid: {rid}"),
        (Errcode::INVALID_CODE, _) if !path.starts_with("/sns/") => {
            format!("{words} hint: [{}] rid: {rid}", &rid[9..17])
        }
        _ if errcode.comma_before_rid(path) => format!("{words}, rid: {rid}"),
        _ => format!("{words} rid: {rid}"),
    }
}

fn answer_json(path: &str, body: &impl Serialize) -> HttpResponse {
    let content_type = if path.starts_with("/sns/") { "text/plain" } else { JSON };
    HttpResponse::Ok().content_type(content_type).body(super::payloads::compact(body))
}

pub(super) type Query = HashMap<String, String>;

pub(super) fn query_of(request: &HttpRequest) -> Query {
    web::Query::<Query>::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default()
}

/// The parameter, if it was sent and is not empty.
pub(super) fn sent<'a>(query: &'a Query, name: &str) -> Option<&'a str> {
    query.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

/// A successful answer and what the journal says of it.
pub(super) struct Answered<T> {
    pub body: T,
    pub noted: Event,
}

pub(super) fn finish<T: Serialize>(
    simulator: &Simulator,
    request: &HttpRequest,
    kind: &'static str,
    outcome: Result<Answered<T>, Errcode>,
) -> HttpResponse {
    let refused = |errcode: &Errcode| Event { errcode: Some(errcode.0), ..event(kind, None, simulator.now()) };
    let noted = match &outcome {
        Ok(answered) => Event { kind, ..answered.noted.clone() },
        Err(errcode) => refused(errcode),
    };
    simulator.world().journal.write(noted);
    match outcome {
        Ok(answered) => answer_json(request.path(), &answered.body),
        Err(errcode) => refuse(simulator, request.path(), errcode, request.peer_addr().map(|address| address.ip())),
    }
}

pub(super) fn posted<T: for<'de> Deserialize<'de>>(request: &HttpRequest, body: &[u8]) -> Result<T, Errcode> {
    if request.method() != Method::POST {
        return Err(Errcode::POST_REQUIRED);
    }
    if body.is_empty() {
        return Err(Errcode::BODY_EMPTY);
    }
    serde_json::from_slice(body).map_err(|_not_json| Errcode::BODY_NOT_JSON)
}
