//! `/sns/jscode2session`: a code for an identity and a session key. Rules 1 to 13 of docs/wechat.md.

use super::answer::{self, Query, query_of, sent};
use crate::model::errcode::Errcode;
use crate::model::exchange::{Credentials, Exchanged};
use crate::model::options::SimulatedApp;
use crate::model::wechat::Wechat;
use crate::payloads::compact;
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

const PATH: &str = "/sns/jscode2session";

pub(crate) async fn jscode2session(wechat: Data<Wechat>, request: HttpRequest) -> HttpResponse {
    // Parameters in a body do not reach the gateway: whatever is not a GET lacks its appid.
    let query = if request.method() == Method::GET { query_of(&request) } else { Query::new() };
    let credentials = Credentials {
        appid: sent(&query, "appid"),
        secret: sent(&query, "secret"),
        js_code: sent(&query, "js_code"),
        grant_type: sent(&query, "grant_type"),
    };
    let now = wechat.now();
    let (outcome, switches) = {
        let mut world = wechat.world();
        let outcome = world.exchange(&credentials, now);
        let app = credentials.appid.and_then(|appid| world.known_app(appid).ok());
        (outcome, app.map(|app| world.apps[&app].settings.clone()))
    };
    let mut text = match &outcome {
        Ok(exchanged) => exchanged_text(exchanged, switches.as_ref()),
        Err(errcode) => refused_text(&wechat, *errcode, switches.as_ref()),
    };
    if switches.is_some_and(|app| app.escape_slashes) {
        text = text.replace('/', "\\/");
    }
    HttpResponse::Ok().content_type("text/plain").body(text)
}

/// Only what WeChat sends, in its order.
#[derive(Serialize)]
struct ExchangeAnswer<'a> {
    session_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u32>,
    openid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unionid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errcode: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errmsg: Option<&'a str>,
}

fn exchanged_text(exchanged: &Exchanged, switches: Option<&SimulatedApp>) -> String {
    let old_style = switches.is_some_and(|app| app.errcode_zero);
    compact(&ExchangeAnswer {
        session_key: &exchanged.session_key,
        expires_in: switches.filter(|app| app.legacy_expires_in).map(|_| 7200),
        openid: &exchanged.openid,
        unionid: exchanged.unionid.as_deref(),
        errcode: old_style.then_some(0),
        errmsg: old_style.then_some("ok"),
    })
}

/// As one page of WeChat's documentation shows it.
#[derive(Serialize)]
struct RefusedInText {
    errcode: String,
    errmsg: String,
}

fn refused_text(wechat: &Wechat, errcode: Errcode, switches: Option<&SimulatedApp>) -> String {
    let errmsg = answer::errmsg(wechat, PATH, errcode, None);
    match switches {
        Some(app) if app.string_errcode => compact(&RefusedInText { errcode: errcode.0.to_string(), errmsg }),
        _ => compact(&answer::Refused { errcode: errcode.0, errmsg }),
    }
}
