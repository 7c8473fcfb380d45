//! Whose number a phone code stands for. Rules 35 and 43 of docs/simulator.md.

use super::answer::{Answered, finish, posted, query_of, sent};
use crate::model::errcode::Errcode;
use crate::model::journal::event;
use crate::model::wechat::Wechat;
use crate::payloads::{PhoneInfo, Watermark};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

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

pub(crate) async fn phone_number(wechat: Data<Wechat>, request: HttpRequest, body: Bytes) -> HttpResponse {
    finish(&wechat, &request, "getUserPhoneNumber", redeem_phone(&wechat, &request, &body))
}

fn redeem_phone(wechat: &Wechat, request: &HttpRequest, body: &[u8]) -> Result<Answered<PhoneAnswer>, Errcode> {
    let (query, now) = (query_of(request), wechat.now());
    let mut world = wechat.world();
    let app = world.app_of_token(sent(&query, "access_token"), now)?;
    let asked: PhoneRequest = posted(request, body)?;
    let code = asked.code.ok_or(Errcode::INVALID_CODE)?;
    let member = world.redeem_phone_code(&app, &code, asked.openid.as_deref(), now)?;
    let watermark = Watermark { timestamp: now.timestamp(), appid: app.to_string() };
    let bare = world.apps[&app].settings.bare_country_code;
    let phone_info = PhoneInfo::new(&world.people[&member.person].phone, bare, watermark);
    Ok(Answered { body: PhoneAnswer { errcode: 0, errmsg: "ok", phone_info }, noted: event("", Some(&member), now) })
}
