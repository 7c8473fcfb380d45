//! Whether a phone of WeChat's encrypted something. Rule 44 of docs/simulator.md.

use super::answer::{Answered, finish, posted, query_of, sent};
use crate::model::errcode::Errcode;
use crate::model::journal::{Event, event};
use crate::model::wechat::Wechat;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct HashRequest {
    encrypted_msg_hash: Option<String>,
}

#[derive(Serialize)]
struct HashAnswer {
    errcode: i64,
    errmsg: &'static str,
    /// As WeChat spells it.
    vaild: bool,
    create_time: i64,
}

pub(crate) async fn check_encrypted_msg(wechat: Data<Wechat>, request: HttpRequest, body: Bytes) -> HttpResponse {
    finish(&wechat, &request, "checkEncryptedMsg", judge_hash(&wechat, &request, &body))
}

fn judge_hash(wechat: &Wechat, request: &HttpRequest, body: &[u8]) -> Result<Answered<HashAnswer>, Errcode> {
    let (query, now) = (query_of(request), wechat.now());
    let world = wechat.world();
    let app = world.app_of_token(sent(&query, "access_token"), now)?;
    let asked: HashRequest = posted(request, body)?;
    let is_hash = |text: &String| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let hash = asked.encrypted_msg_hash.filter(is_hash).ok_or(Errcode::INVALID_ARGUMENTS)?;
    let judged = world.checks.judge_encrypted(&app, &hash.to_ascii_lowercase(), now);
    let (vaild, made_at) = judged.ok_or(Errcode::NO_SUCH_DATA)?;
    let body = HashAnswer { errcode: 0, errmsg: "ok", vaild, create_time: made_at.timestamp() };
    Ok(Answered { body, noted: Event { app_id: Some(app.to_string()), ..event("", None, now) } })
}
