//! A phone, as a mini program sees it: what `wx.*` hands to `success` (200) or to `fail` (400). Rules 19 to 31 of
//! docs/simulator.md.

use super::codes::Member;
use super::errcodes::Errcode;
use super::journal::Event;
use super::keys::NoLoginState;
use super::payloads::{EncryptedProfile, PhoneInfo, RawProfile, RunData, Steps, Watermark, compact};
use super::quotas::DAY;
use super::world::{World, event};
use super::{Simulator, faults, signing};
use actix_web::HttpResponse;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Bytes, Data, Path};
use serde::{Deserialize, Serialize};

const SESSION_TIME_OUT: &str = "系统错误，错误码：-13001,session time out…d relogin";
const LONGEST_NAME: usize = 64;

pub(super) fn mount(service: &mut web::ServiceConfig) {
    let resource = |path: &str| web::resource(path.to_owned()).wrap(from_fn(faults::strike));
    service.service(resource("/wx/{person:[^/]*}/{api:[^/]*}").route(web::post().to(call)));
}

/// What every call may say; the rest is ignored.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Call {
    app_id: Option<String>,
    with_credentials: Option<bool>,
    /// The call runs in a tap handler.
    tap: bool,
    /// The person says no.
    refuse: bool,
}

/// What `success` gets, in the order in which WeChat writes it.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Success {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_info: Option<RawProfile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iv: Option<String>,
    err_msg: String,
    #[serde(skip)]
    key_version: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    err_msg: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    errno: Option<i64>,
}

type Outcome = Result<Success, String>;

/// An injected errcode, as a phone would tell it.
pub(super) fn fault(path: &str, errcode: Errcode) -> HttpResponse {
    let api = path.rsplit('/').next().unwrap_or_default();
    let err_msg = format!("{api}:fail 系统错误，错误码：{},{}", errcode.0, errcode.words());
    HttpResponse::BadRequest().json(Failure { err_msg, errno: Some(errcode.0) })
}

/// Whether somebody can be called this: 1 to 64 characters, none of them a control character.
pub(super) fn is_name(person: &str) -> bool {
    (1..=LONGEST_NAME).contains(&person.chars().count()) && !person.chars().any(char::is_control)
}

async fn call(simulator: Data<Simulator>, path: Path<(String, String)>, body: Bytes) -> HttpResponse {
    let (person, api) = path.into_inner();
    let now = simulator.now();
    let mut world = simulator.world();
    let known = KNOWN.iter().find(|(name, _)| *name == api).ok_or_else(|| "no such API".to_owned());
    let outcome = known.and_then(|(name, answer)| {
        let (member, call) = addressed(&world, &person, &body)?;
        world.meet(&member);
        let outcome = answer(&mut world, &member, &call, now);
        note(&mut world, name, &member, &outcome, now);
        outcome
    });
    match outcome {
        Ok(success) => HttpResponse::Ok().json(Success { err_msg: format!("{api}:ok"), ..success }),
        Err(reason) => {
            HttpResponse::BadRequest().json(Failure { err_msg: format!("{api}:fail {reason}"), errno: None })
        }
    }
}

type Api = fn(&mut World, &Member, &Call, i64) -> Outcome;

const KNOWN: [(&str, Api); 6] = [
    ("login", login),
    ("checkSession", check_session),
    ("getUserInfo", user_info),
    ("getUserProfile", user_profile),
    ("getPhoneNumber", phone_number),
    ("getWeRunData", werun_data),
];

/// Who calls in which app. The only app need not be named.
fn addressed(world: &World, person: &str, body: &[u8]) -> Result<(Member, Call), String> {
    if !is_name(person) {
        return Err(format!("a person's name has 1 to {LONGEST_NAME} characters, none of them a control character"));
    }
    let call: Call = match body {
        [] => Call::default(),
        text => serde_json::from_slice(text).map_err(|error| format!("the body is not the JSON expected: {error}"))?,
    };
    let app = match (&call.app_id, world.apps.len()) {
        (Some(id), _) => world.known_app(id).map_err(|_unknown| "invalid appid")?,
        (None, 1) => world.apps.keys().next().expect("there is one").clone(),
        (None, _) => return Err("appId is missing".to_owned()),
    };
    Ok((Member { app, person: person.to_owned() }, call))
}

fn note(world: &mut World, kind: &'static str, member: &Member, outcome: &Outcome, now: i64) {
    let version = match outcome {
        Ok(success) => success.key_version,
        Err(_) => world.memberships[member].keys.version(),
    };
    let err_msg = outcome.as_ref().err().map(|reason| format!("{kind}:fail {reason}"));
    world.journal.write(Event { key_version: Some(version), err_msg, ..event(kind, Some(member), now) });
}

fn login(world: &mut World, member: &Member, _: &Call, now: i64) -> Outcome {
    let code = world.login(member, now)?;
    let key_version = world.memberships[member].keys.version();
    Ok(Success { code: Some(code), key_version, ..Success::default() })
}

fn check_session(world: &mut World, member: &Member, _: &Call, now: i64) -> Outcome {
    if !world.check_session(member, now) {
        return Err(SESSION_TIME_OUT.to_owned());
    }
    Ok(Success { key_version: world.memberships[member].keys.version(), ..Success::default() })
}

fn user_info(world: &mut World, member: &Member, call: &Call, now: i64) -> Outcome {
    if call.refuse {
        return Err("auth deny".to_owned());
    }
    let profile = world.people[&member.person].profile.clone().unwrap_or_default();
    let raw = RawProfile { profile, is_demote: false };
    if call.with_credentials == Some(false) {
        let raw_data = Some(compact(&raw));
        return Ok(Success { user_info: Some(raw), raw_data, ..Success::default() });
    }
    require_login_state(world, member, now)?;
    let openid = world.memberships[member].openid.clone();
    let plaintext = compact(&EncryptedProfile {
        openid: Some(&openid),
        profile: &raw.profile,
        unionid: world.unionid(member),
        watermark: watermark(member, now),
        is_demote: false,
    });
    Ok(signed_profile(world, member, raw, &plaintext, now))
}

fn user_profile(world: &mut World, member: &Member, call: &Call, now: i64) -> Outcome {
    if !call.tap {
        return Err("can only be invoked by user TAP gesture.".to_owned());
    }
    if call.refuse {
        return Err("auth deny".to_owned());
    }
    let known = world.people[&member.person].profile.clone();
    let raw = RawProfile { is_demote: known.is_none(), profile: known.unwrap_or_default() };
    let plaintext = compact(&EncryptedProfile {
        openid: None,
        profile: &raw.profile,
        unionid: None,
        watermark: watermark(member, now),
        is_demote: raw.is_demote,
    });
    Ok(signed_profile(world, member, raw, &plaintext, now))
}

fn phone_number(world: &mut World, member: &Member, call: &Call, now: i64) -> Outcome {
    if call.refuse {
        return Err("user deny".to_owned());
    }
    let code = Some(world.issue_phone_code(member, now));
    // The number's code needs no login; its older, encrypted form is there when there is a login state to sign under.
    if require_login_state(world, member, now).is_err() {
        return Ok(Success { code, ..Success::default() });
    }
    let phone = &world.people[&member.person].phone;
    let plaintext = compact(&PhoneInfo::new(phone, false, watermark(member, now)));
    Ok(Success { code, ..encrypted(world, member, &plaintext, now) })
}

fn werun_data(world: &mut World, member: &Member, call: &Call, now: i64) -> Outcome {
    if call.refuse {
        return Err("auth deny".to_owned());
    }
    require_login_state(world, member, now)?;
    let eight_hours = DAY / 3;
    let today = (now + eight_hours).div_euclid(DAY);
    let steps = |day: i64| Steps {
        timestamp: (day * DAY - eight_hours) / 1000,
        step: world.ids.number(20_000, "steps", &[&member.person, &day.to_string()]),
    };
    let step_info_list = (today - 30..=today).map(steps).collect();
    let plaintext = compact(&RunData { step_info_list, watermark: watermark(member, now) });
    Ok(encrypted(world, member, &plaintext, now))
}

fn require_login_state(world: &World, member: &Member, now: i64) -> Result<(), String> {
    world.memberships[member].keys.login_state(&world.options, now).map_err(|reason| match reason {
        NoLoginState::Never => "wx.login has not been called".to_owned(),
        NoLoginState::Expired => SESSION_TIME_OUT.to_owned(),
    })
}

fn watermark(member: &Member, now: i64) -> Watermark {
    Watermark { timestamp: now.div_euclid(1000), appid: member.app.to_string() }
}

fn signed_profile(world: &mut World, member: &Member, raw: RawProfile, plaintext: &str, now: i64) -> Success {
    let raw_data = compact(&raw);
    let (key, key_version, iv) = world.client_key(member, now);
    let (encrypted_data, iv) = signing::encrypt(plaintext, &key, iv);
    Success {
        user_info: Some(raw),
        signature: Some(signing::sign(&raw_data, &key)),
        raw_data: Some(raw_data),
        encrypted_data: Some(encrypted_data),
        iv: Some(iv),
        key_version,
        ..Success::default()
    }
}

fn encrypted(world: &mut World, member: &Member, plaintext: &str, now: i64) -> Success {
    let (key, key_version, iv) = world.client_key(member, now);
    let (encrypted_data, iv) = signing::encrypt(plaintext, &key, iv);
    Success { encrypted_data: Some(encrypted_data), iv: Some(iv), key_version, ..Success::default() }
}
