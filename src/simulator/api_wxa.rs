//! What a server may ask with an access token: is a key alive, replace it, whose number is this. Rules 32, 33 and 35 of
//! docs/simulator.md.

use super::api::{Answered, finish, posted, query_of, sent};
use super::errcodes::Errcode;
use super::journal::Event;
use super::payloads::{PhoneInfo, Watermark};
use super::world::event;
use super::{Simulator, signing};
use actix_web::http::Method;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct SessionAnswer {
    errcode: i64,
    errmsg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    openid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_key: Option<String>,
}

pub(super) async fn check_session(simulator: Data<Simulator>, request: HttpRequest) -> HttpResponse {
    finish(&simulator, &request, "serverCheckSession", judge_signature(&simulator, &request, false))
}

pub(super) async fn reset_user_session_key(simulator: Data<Simulator>, request: HttpRequest) -> HttpResponse {
    finish(&simulator, &request, "resetUserSessionKey", judge_signature(&simulator, &request, true))
}

fn judge_signature(
    simulator: &Simulator,
    request: &HttpRequest,
    reset: bool,
) -> Result<Answered<SessionAnswer>, Errcode> {
    if request.method() != Method::GET {
        return Err(Errcode::GET_REQUIRED);
    }
    let (query, now) = (query_of(request), simulator.now());
    let mut world = simulator.world();
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

#[derive(Deserialize)]
struct PhoneRequest {
    code: Option<String>,
    openid: Option<String>,
}

#[derive(Serialize)]
struct PhoneAnswer {
    errcode: i64,
    errmsg: &'static str,
    phone_info: PhoneInfo,
}

pub(super) async fn phone_number(simulator: Data<Simulator>, request: HttpRequest, body: Bytes) -> HttpResponse {
    finish(&simulator, &request, "getUserPhoneNumber", redeem_phone(&simulator, &request, &body))
}

fn redeem_phone(simulator: &Simulator, request: &HttpRequest, body: &[u8]) -> Result<Answered<PhoneAnswer>, Errcode> {
    let (query, now) = (query_of(request), simulator.now());
    let mut world = simulator.world();
    let app = world.app_of_token(sent(&query, "access_token"), now)?;
    let asked: PhoneRequest = posted(request, body)?;
    let code = asked.code.ok_or(Errcode::INVALID_CODE)?;
    let member = world.redeem_phone_code(&app, &code, asked.openid.as_deref(), now)?;
    let watermark = Watermark { timestamp: now.div_euclid(1000), appid: app.to_string() };
    let bare = world.apps[&app].settings.bare_country_code;
    let phone_info = PhoneInfo::new(&world.people[&member.person].phone, bare, watermark);
    Ok(Answered { body: PhoneAnswer { errcode: 0, errmsg: "ok", phone_info }, noted: event("", Some(&member), now) })
}
