//! Access tokens for `/wxa`, from two pools. Rule 34 of docs/wechat.md.

use super::answer::{Answered, finish, posted, query_of};
use crate::model::errcode::Errcode;
use crate::model::journal::{Event, event};
use crate::model::quotas::{Counted, Window};
use crate::model::wechat::Wechat;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: i64,
}

pub(crate) async fn token(wechat: Data<Wechat>, request: HttpRequest) -> HttpResponse {
    let query = query_of(&request);
    let asked = TokenRequest {
        grant_type: query.get("grant_type").cloned(),
        appid: query.get("appid").cloned(),
        secret: query.get("secret").cloned(),
        force_refresh: false,
    };
    finish(&wechat, &request, "token", issue_token(&wechat, &request, &asked, Pool::Classic))
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

pub(crate) async fn stable_token(wechat: Data<Wechat>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let outcome =
        posted::<TokenRequest>(&request, &body).and_then(|asked| issue_token(&wechat, &request, &asked, Pool::Stable));
    finish(&wechat, &request, "stableToken", outcome)
}

fn issue_token(
    wechat: &Wechat,
    request: &HttpRequest,
    asked: &TokenRequest,
    pool: Pool,
) -> Result<Answered<TokenAnswer>, Errcode> {
    let now = wechat.now();
    let filled = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
    let appid = filled(&asked.appid).ok_or(Errcode::APPID_MISSING)?;
    let secret = filled(&asked.secret).ok_or(Errcode::SECRET_MISSING)?;
    if asked.grant_type.as_deref() != Some("client_credential") {
        return Err(Errcode::INVALID_GRANT_TYPE);
    }
    let mut world = wechat.world();
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
            let mut admit =
                |what, window, limit| world.quotas.admit(Counted { what, whose: appid.clone() }, window, limit, now);
            if !admit("stable token", Window::Minute, options.stable_tokens_per_minute) {
                return Err(Errcode::MINUTE_QUOTA);
            }
            if !admit("stable token a day", Window::Day, options.stable_tokens_per_day) {
                return Err(Errcode::DAILY_QUOTA);
            }
            if asked.force_refresh && app.tokens.may_force(options, now) {
                if !admit("forced refresh", Window::Day, options.force_refreshes_per_day) {
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
