//! What all answers of WeChat's servers have in common, and how requests are read. Rules 12, 13 and 36 of
//! docs/simulator.md.

use crate::model::errcode::Errcode;
use crate::model::journal::{Event, event};
use crate::model::wechat::Wechat;
use crate::payloads::compact;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::IpAddr;

const JSON: &str = "application/json; encoding=utf-8";

/// A refusal as this path words it: always status 200.
pub(crate) fn refuse(wechat: &Wechat, path: &str, errcode: Errcode, caller: Option<IpAddr>) -> HttpResponse {
    let errmsg = errmsg(wechat, path, errcode, caller);
    answer_json(path, &Refused { errcode: errcode.0, errmsg })
}

#[derive(Serialize)]
pub(crate) struct Refused {
    pub(crate) errcode: i64,
    pub(crate) errmsg: String,
}

/// WeChat's words and the request id behind them. Rule 12.
pub(crate) fn errmsg(wechat: &Wechat, path: &str, errcode: Errcode, caller: Option<IpAddr>) -> String {
    let now = wechat.now();
    let rid = wechat.world().rid(now);
    let words = errcode.words();
    match (errcode, caller) {
        (Errcode::IP_NOT_LISTED, Some(ip)) => format!("invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist rid: {rid}"),
        (Errcode::INVALID_CODE, _) if !path.starts_with("/sns/") => {
            format!("{words} hint: [{}] rid: {rid}", &rid[9..17])
        }
        _ if comma_before_rid(path, errcode) => format!("{words}, rid: {rid}"),
        _ => format!("{words} rid: {rid}"),
    }
}

/// Whether the request id follows a comma, as it does where the code exchange itself refuses.
fn comma_before_rid(path: &str, errcode: Errcode) -> bool {
    path.starts_with("/sns/") && errcode != Errcode::INVALID_APPID && errcode != Errcode::APPID_MISSING
}

fn answer_json(path: &str, body: &impl Serialize) -> HttpResponse {
    let content_type = if path.starts_with("/sns/") { "text/plain" } else { JSON };
    HttpResponse::Ok().content_type(content_type).body(compact(body))
}

pub(crate) type Query = HashMap<String, String>;

pub(crate) fn query_of(request: &HttpRequest) -> Query {
    web::Query::<Query>::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default()
}

/// The parameter, if it was sent and is not empty.
pub(crate) fn sent<'a>(query: &'a Query, name: &str) -> Option<&'a str> {
    query.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

/// A successful answer and what the journal says of it.
pub(crate) struct Answered<T> {
    pub(crate) body: T,
    pub(crate) noted: Event,
}

pub(crate) fn finish<T: Serialize>(
    wechat: &Wechat,
    request: &HttpRequest,
    kind: &'static str,
    outcome: Result<Answered<T>, Errcode>,
) -> HttpResponse {
    let refused = |errcode: &Errcode| Event { errcode: Some(errcode.0), ..event(kind, None, wechat.now()) };
    let noted = match &outcome {
        Ok(answered) => Event { kind, ..answered.noted.clone() },
        Err(errcode) => refused(errcode),
    };
    wechat.world().journal.write(noted);
    match outcome {
        Ok(answered) => answer_json(request.path(), &answered.body),
        Err(errcode) => refuse(wechat, request.path(), errcode, request.peer_addr().map(|address| address.ip())),
    }
}

pub(crate) fn posted<T: for<'de> Deserialize<'de>>(request: &HttpRequest, body: &[u8]) -> Result<T, Errcode> {
    if request.method() != Method::POST {
        return Err(Errcode::POST_REQUIRED);
    }
    if body.is_empty() {
        return Err(Errcode::BODY_EMPTY);
    }
    serde_json::from_slice(body).map_err(|_not_json| Errcode::BODY_NOT_JSON)
}
