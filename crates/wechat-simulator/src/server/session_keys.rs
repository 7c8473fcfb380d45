//! Whether a session key is alive, and its replacement. Rules 32 and 33 of docs/simulator.md.

use super::answer::{Answered, finish, query_of, sent};
use crate::model::errcode::Errcode;
use crate::model::journal::{Event, event};
use crate::model::wechat::Wechat;
use crate::signing;
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

#[derive(Serialize)]
struct SessionAnswer {
    errcode: i64,
    errmsg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    openid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_key: Option<String>,
}

pub(crate) async fn check_session(wechat: Data<Wechat>, request: HttpRequest) -> HttpResponse {
    finish(&wechat, &request, "serverCheckSession", judge_signature(&wechat, &request, false))
}

pub(crate) async fn reset_user_session_key(wechat: Data<Wechat>, request: HttpRequest) -> HttpResponse {
    finish(&wechat, &request, "resetUserSessionKey", judge_signature(&wechat, &request, true))
}

fn judge_signature(wechat: &Wechat, request: &HttpRequest, reset: bool) -> Result<Answered<SessionAnswer>, Errcode> {
    if request.method() != Method::GET {
        return Err(Errcode::GET_REQUIRED);
    }
    let (query, now) = (query_of(request), wechat.now());
    let mut world = wechat.world();
    let app = world.app_of_token(sent(&query, "access_token"), now)?;
    if sent(&query, "sig_method") != Some("hmac_sha256") {
        return Err(Errcode::INVALID_SIG_METHOD);
    }
    let openid = sent(&query, "openid").ok_or(Errcode::INVALID_OPENID)?;
    let member = world.by_openid(&app, openid)?;
    let key = world.valid_key(&member, now).ok_or(Errcode::INVALID_SIGNATURE)?;
    if sent(&query, "signature") != Some(signing::login_state_signature("", &key.bytes).as_str()) {
        return Err(Errcode::INVALID_SIGNATURE);
    }
    let session_key = if reset { Some(world.reset_key(&member, now)?) } else { None };
    let key_version = Some(world.memberships[&member].keys.version());
    let noted = Event { key_version, ..event("", Some(&member), now) };
    let openid = reset.then(|| openid.to_owned());
    Ok(Answered { body: SessionAnswer { errcode: 0, errmsg: "ok", openid, session_key }, noted })
}
