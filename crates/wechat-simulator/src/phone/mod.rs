//! A phone, as a mini program asks it: what `wx.*` hands to `success` (200) or to `fail` (400). Rules 19 to 31
//! and 41 to 43 of docs/simulator.md. It must not know the servers: what one signs and the other judges is in `model`.

mod fill_in;
mod login;
mod number;
mod outcome;
mod privacy;
mod profile;
mod signed;
mod steps;

use crate::model::errcode::Errcode;
use crate::model::ids::{LONGEST_NAME, Member, is_name};
use crate::model::journal::{Event, event};
use crate::model::wechat::Wechat;
use crate::model::world::World;
use crate::trouble::strike;
use actix_web::HttpResponse;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Bytes, Data, Path};
use chrono::{DateTime, Utc};
use outcome::{Call, Failure, Outcome, Refused, Success};

/// Mounts `/wx`.
pub(crate) fn mount(service: &mut web::ServiceConfig) {
    let trouble = from_fn(|request, next| strike(request, next, |_, path, errcode| injected(path, errcode)));
    let calls = web::resource("/wx/{person:[^/]*}/{api:[^/]*}").wrap(trouble);
    service.service(calls.route(web::post().to(call)));
}

/// An errcode that was asked for, as a phone would tell it.
fn injected(path: &str, errcode: Errcode) -> HttpResponse {
    let api = path.rsplit('/').next().unwrap_or_default();
    let err_msg = format!("{api}:fail 系统错误，错误码：{},{}", errcode.0, errcode.words());
    HttpResponse::BadRequest().json(Failure { err_msg, errno: Some(errcode.0) })
}

async fn call(wechat: Data<Wechat>, path: Path<(String, String)>, body: Bytes) -> HttpResponse {
    let (person, api) = path.into_inner();
    let now = wechat.now();
    let mut world = wechat.world();
    let known = KNOWN.iter().find(|(name, ..)| *name == api).ok_or_else(|| Refused::from("no such API"));
    let outcome = known.and_then(|(name, needs, answer)| {
        let (member, call) = addressed(&world, &person, &body)?;
        world.visit(&member, now);
        let allowed = match needs {
            Needs::Nothing => Ok(()),
            Needs::Agreement => privacy::require_agreement(&world, &member),
        };
        let outcome = allowed.and_then(|()| answer(&mut world, &member, &call, now));
        note(&mut world, name, &member, &outcome, now);
        outcome
    });
    match outcome {
        Ok(success) => HttpResponse::Ok().json(Success { err_msg: format!("{api}:ok"), ..success }),
        Err(refused) => HttpResponse::BadRequest().json(refused.told_by(&api)),
    }
}

type Api = fn(&mut World, &Member, &Call, DateTime<Utc>) -> Outcome;

/// What a call asks of the person before anything else.
#[derive(Clone, Copy)]
enum Needs {
    Nothing,
    /// The mini program's privacy guideline names the data, and the person agreed to it.
    Agreement,
}

/// Every call that a phone knows.
const KNOWN: [(&str, Needs, Api); 11] = [
    ("login", Needs::Nothing, login::login),
    ("checkSession", Needs::Nothing, login::check_session),
    ("getUserInfo", Needs::Agreement, profile::user_info),
    ("getUserProfile", Needs::Agreement, profile::user_profile),
    ("getPhoneNumber", Needs::Agreement, number::phone_number),
    ("getRealtimePhoneNumber", Needs::Agreement, number::realtime_phone_number),
    ("getWeRunData", Needs::Nothing, steps::werun_data),
    ("chooseAvatar", Needs::Agreement, fill_in::choose_avatar),
    ("nickname", Needs::Agreement, fill_in::nickname),
    ("agreePrivacy", Needs::Nothing, privacy::agree),
    ("forget", Needs::Nothing, privacy::forget),
];

/// Who calls in which app. The only app need not be named.
fn addressed(world: &World, person: &str, body: &[u8]) -> Result<(Member, Call), Refused> {
    if !is_name(person) {
        let rule = format!("a person's name has 1 to {LONGEST_NAME} characters, none of them a control character");
        return Err(rule.into());
    }
    let call: Call = match body {
        [] => Call::default(),
        text => serde_json::from_slice(text).map_err(|error| format!("the body is not the JSON expected: {error}"))?,
    };
    let app = match (&call.app_id, world.apps.len()) {
        (Some(id), _) => world.known_app(id).map_err(|_unknown| "invalid appid")?,
        (None, 1) => world.apps.keys().next().expect("there is one").clone(),
        (None, _) => return Err("appId is missing".into()),
    };
    Ok((Member { app, person: person.to_owned() }, call))
}

fn note(world: &mut World, kind: &'static str, member: &Member, outcome: &Outcome, now: DateTime<Utc>) {
    let version = match outcome {
        Ok(success) => success.key_version,
        Err(_) => world.memberships[member].keys.version(),
    };
    let err_msg = outcome.as_ref().err().map(|refused| refused.told_by(kind).err_msg);
    world.journal.write(Event { key_version: Some(version), err_msg, ..event(kind, Some(member), now) });
}
