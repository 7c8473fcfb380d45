//! What WeChat says of a text that people wrote. Rule 44 of docs/simulator.md.

use super::answer::{Answered, finish, posted, query_of, sent};
use crate::model::checks::Suggestion;
use crate::model::errcode::Errcode;
use crate::model::ids::{AppId, Member};
use crate::model::journal::event;
use crate::model::time::after;
use crate::model::wechat::Wechat;
use crate::model::world::World;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Only texts of somebody who was there are checked.
const VISIT: Duration = Duration::from_secs(2 * 3600);
/// In characters.
const LONGEST_CONTENT: usize = 2_500;

#[derive(Deserialize)]
struct TextRequest {
    version: Option<i64>,
    openid: Option<String>,
    scene: Option<i64>,
    content: Option<String>,
    #[serde(default)]
    nickname: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    signature: String,
}

#[derive(Serialize)]
struct TextAnswer {
    errcode: i64,
    errmsg: &'static str,
    detail: [Detail; 1],
    trace_id: String,
    result: Verdict,
}

#[derive(Serialize)]
struct Detail {
    strategy: &'static str,
    errcode: i64,
    suggest: Suggestion,
    label: i64,
    prob: u8,
}

#[derive(Serialize)]
struct Verdict {
    suggest: Suggestion,
    label: i64,
}

pub(crate) async fn msg_sec_check(wechat: Data<Wechat>, request: HttpRequest, body: Bytes) -> HttpResponse {
    finish(&wechat, &request, "msgSecCheck", judge_text(&wechat, &request, &body))
}

fn judge_text(wechat: &Wechat, request: &HttpRequest, body: &[u8]) -> Result<Answered<TextAnswer>, Errcode> {
    let (query, now) = (query_of(request), wechat.now());
    let mut world = wechat.world();
    let app = world.app_of_token(sent(&query, "access_token"), now)?;
    let asked: TextRequest = posted(request, body)?;
    let content = asked.content.filter(|text| (1..=LONGEST_CONTENT).contains(&text.chars().count()));
    let content = content.filter(|_| asked.version == Some(2)).ok_or(Errcode::BODY_NOT_JSON)?;
    if !asked.scene.is_some_and(|scene| (1..=4).contains(&scene)) {
        return Err(Errcode::INVALID_SCENE);
    }
    let member = visitor(&world, &app, asked.openid.as_deref().unwrap_or_default(), now)?;
    let (suggest, label) = world.checks.judge_text(&[&content, &asked.nickname, &asked.title, &asked.signature]);
    let detail = [Detail { strategy: "content_model", errcode: 0, suggest, label, prob: 90 }];
    let result = Verdict { suggest, label };
    let body = TextAnswer { errcode: 0, errmsg: "ok", detail, trace_id: world.rid(now), result };
    Ok(Answered { body, noted: event("", Some(&member), now) })
}

/// Who has this openid and was in the app within the last two hours.
fn visitor(world: &World, app: &AppId, openid: &str, now: DateTime<Utc>) -> Result<Member, Errcode> {
    let member = world.by_openid(app, openid).map_err(|unknown| {
        let elsewhere = world.apps.keys().any(|other| world.by_openid(other, openid).is_ok());
        if elsewhere { Errcode::OPENID_OF_ANOTHER_APP } else { unknown }
    })?;
    let visited = world.memberships[&member].visited_at;
    if visited.is_none_or(|at| now >= after(at, VISIT)) {
        return Err(Errcode::VISIT_TOO_OLD);
    }
    Ok(member)
}
