//! WeChat's servers, as a backend sees them. Rules 5, 10 to 13 and 32 to 36 of docs/simulator.md.

use super::errcodes::Errcode;
use super::journal::Event;
use super::payloads::{PhoneInfo, Watermark};
use super::quotas::{DAY, MINUTE};
use super::world::{Credentials, Exchanged, event};
use super::{Simulator, faults, signing};
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

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
pub(super) fn refuse(simulator: &Simulator, path: &str, errcode: Errcode) -> HttpResponse {
    let now = simulator.now();
    let rid = simulator.world().rid(now);
    let comma = if errcode.comma_before_rid(path) { "," } else { "" };
    answer_json(path, &Refused { errcode: errcode.0, errmsg: format!("{}{comma} rid: {rid}", errcode.words()) })
}

#[derive(Serialize)]
struct Refused {
    errcode: i64,
    errmsg: String,
}

fn answer_json(path: &str, body: &impl Serialize) -> HttpResponse {
    let content_type = if path.starts_with("/sns/") { "text/plain" } else { JSON };
    HttpResponse::Ok().content_type(content_type).body(super::payloads::compact(body))
}

type Query = HashMap<String, String>;

fn query_of(request: &HttpRequest) -> Query {
    web::Query::<Query>::from_query(request.query_string()).map(web::Query::into_inner).unwrap_or_default()
}

/// The parameter, if it was sent and is not empty.
fn sent<'a>(query: &'a Query, name: &str) -> Option<&'a str> {
    query.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

async fn jscode2session(simulator: Data<Simulator>, request: HttpRequest) -> HttpResponse {
    // Parameters in a body do not reach the gateway: whatever is not a GET lacks its appid.
    let query = if request.method() == Method::GET { query_of(&request) } else { Query::new() };
    let credentials = Credentials {
        appid: sent(&query, "appid"),
        secret: sent(&query, "secret"),
        js_code: sent(&query, "js_code"),
        grant_type: sent(&query, "grant_type"),
    };
    let now = simulator.now();
    let outcome = simulator.world().exchange(&credentials, now);
    let known = credentials.appid.and_then(|appid| simulator.world().known_app(appid).ok());
    let switches = known.map(|app| simulator.world().apps[&app].settings.clone());
    let mut text = match &outcome {
        Ok(exchanged) => exchanged_text(exchanged, switches.as_ref()),
        Err(errcode) => refused_text(&simulator, *errcode, switches.as_ref()),
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

fn exchanged_text(exchanged: &Exchanged, switches: Option<&super::SimulatedApp>) -> String {
    let old_style = switches.is_some_and(|app| app.errcode_zero);
    super::payloads::compact(&ExchangeAnswer {
        session_key: &exchanged.session_key,
        expires_in: switches.filter(|app| app.legacy_expires_in).map(|_| 7200),
        openid: &exchanged.openid,
        unionid: exchanged.unionid.as_deref(),
        errcode: old_style.then_some(0),
        errmsg: old_style.then_some("ok"),
    })
}

fn refused_text(simulator: &Simulator, errcode: Errcode, switches: Option<&super::SimulatedApp>) -> String {
    let now = simulator.now();
    let rid = simulator.world().rid(now);
    let comma = if errcode.comma_before_rid("/sns/jscode2session") { "," } else { "" };
    let number = match switches {
        Some(app) if app.string_errcode => format!("\"{}\"", errcode.0),
        _ => errcode.0.to_string(),
    };
    format!(r#"{{"errcode":{number},"errmsg":"{}{comma} rid: {rid}"}}"#, errcode.words())
}

#[derive(Serialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: i64,
}

async fn token(simulator: Data<Simulator>, request: HttpRequest) -> HttpResponse {
    let query = query_of(&request);
    let asked = TokenRequest {
        grant_type: query.get("grant_type").cloned(),
        appid: query.get("appid").cloned(),
        secret: query.get("secret").cloned(),
        force_refresh: false,
    };
    finish(&simulator, &request, "token", issue_token(&simulator, &request, &asked, Pool::Classic))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TokenRequest {
    grant_type: Option<String>,
    appid: Option<String>,
    secret: Option<String>,
    force_refresh: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pool {
    Classic,
    Stable,
}

async fn stable_token(simulator: Data<Simulator>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let outcome = posted::<TokenRequest>(&request, &body)
        .and_then(|asked| issue_token(&simulator, &request, &asked, Pool::Stable));
    finish(&simulator, &request, "stableToken", outcome)
}

fn posted<T: for<'de> Deserialize<'de>>(request: &HttpRequest, body: &[u8]) -> Result<T, Errcode> {
    if request.method() != Method::POST {
        return Err(Errcode::POST_REQUIRED);
    }
    if body.is_empty() {
        return Err(Errcode::BODY_EMPTY);
    }
    serde_json::from_slice(body).map_err(|_not_json| Errcode::BODY_NOT_JSON)
}

fn issue_token(
    simulator: &Simulator,
    request: &HttpRequest,
    asked: &TokenRequest,
    pool: Pool,
) -> Result<Answered<TokenAnswer>, Errcode> {
    let now = simulator.now();
    let filled = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
    let appid = filled(&asked.appid).ok_or(Errcode::APPID_MISSING)?;
    let secret = filled(&asked.secret).ok_or(Errcode::SECRET_MISSING)?;
    if asked.grant_type.as_deref() != Some("client_credential") {
        return Err(Errcode::INVALID_GRANT_TYPE);
    }
    let mut world = simulator.world();
    let id = world.known_app(&appid)?;
    let world = &mut *world;
    let app = world.apps.get_mut(&id).expect("known");
    if app.settings.secret != secret {
        return Err(Errcode::INVALID_SECRET);
    }
    let caller = request.peer_addr().map(|address| address.ip());
    if app.settings.ip_whitelist.as_ref().is_some_and(|listed| !caller.is_some_and(|ip| listed.contains(&ip))) {
        return Err(Errcode::IP_NOT_LISTED);
    }
    let (seed, options) = (&world.seed, &world.options);
    let (access_token, expires_in) = match pool {
        Pool::Classic => app.tokens.fetch(&appid, seed, options, now),
        Pool::Stable => {
            let mut admit = |what, length, limit| world.quotas.admit(what, appid.clone(), length, limit, now);
            if !admit("stable token", MINUTE, options.stable_tokens_per_minute) {
                return Err(Errcode::MINUTE_QUOTA);
            }
            if !admit("stable token a day", DAY, options.stable_tokens_per_day) {
                return Err(Errcode::DAILY_QUOTA);
            }
            if asked.force_refresh && app.tokens.may_force(options, now) {
                if !admit("forced refresh", DAY, options.force_refreshes_per_day) {
                    return Err(Errcode::DAILY_QUOTA);
                }
                app.tokens.force(&appid, seed, options, now)
            } else {
                app.tokens.stable(&appid, seed, options, now)
            }
        }
    };
    let noted = Event { app_id: Some(appid), ..event("", None, now) };
    Ok(Answered { body: TokenAnswer { access_token, expires_in }, noted })
}

/// A successful answer and what the journal says of it.
struct Answered<T> {
    body: T,
    noted: Event,
}

fn finish<T: Serialize>(
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
        Err(errcode) => refuse(simulator, request.path(), errcode),
    }
}

#[derive(Serialize)]
struct SessionAnswer {
    errcode: i64,
    errmsg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    openid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_key: Option<String>,
}

async fn check_session(simulator: Data<Simulator>, request: HttpRequest) -> HttpResponse {
    finish(&simulator, &request, "serverCheckSession", judge_signature(&simulator, &request, false))
}

async fn reset_user_session_key(simulator: Data<Simulator>, request: HttpRequest) -> HttpResponse {
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

async fn phone_number(simulator: Data<Simulator>, request: HttpRequest, body: Bytes) -> HttpResponse {
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
