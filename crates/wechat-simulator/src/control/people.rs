//! Steering people: who they are to WeChat, when their key dies, codes they did not ask for.

use super::order::{Answer, Refusal, app_meant, named, ok, present, read};
use crate::model::ids::{AppId, Member};
use crate::model::journal::{Event, event};
use crate::model::people::{Phone, Privacy, Profile, UnionidChoice};
use crate::model::wechat::Wechat;
use crate::model::world::World;
use actix_web::HttpRequest;
use actix_web::web::{self, Bytes, Data, Path};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PersonQuery {
    app_id: Option<String>,
}

pub(super) async fn show_person(wechat: Data<Wechat>, person: Path<String>, request: HttpRequest) -> Answer {
    let query = web::Query::<PersonQuery>::from_query(request.query_string());
    let app_id = query.map_err(|error| Refusal::new(error.to_string()))?.into_inner().app_id;
    let now = wechat.now();
    let world = wechat.world();
    let apps = match app_id {
        Some(id) => vec![app_meant(&world, Some(&id))?],
        None => world.apps.keys().cloned().collect(),
    };
    ok(person_shown(&world, named(&person)?, apps, now))
}

fn person_shown(world: &World, name: &str, apps: Vec<AppId>, now: DateTime<Utc>) -> Value {
    let person = world.people.get(name);
    let in_app = |app: AppId| {
        let member = Member { app, person: name.to_owned() };
        let keys = world.memberships.get(&member).map(|membership| &membership.keys);
        let key = keys.and_then(|keys| keys.current());
        json!({
            "appId": member.app,
            "exists": keys.is_some(),
            "keyVersion": key.map_or(0, |key| key.version),
            "keyExpiresAt": key.map(|key| key.expires_at.timestamp_millis()),
            "keyExpired": key.is_some_and(|key| key.is_expired(&world.options, now)),
            "unionidBound": world.apps[&member.app].settings.unionid_bound,
            "privacy": world.privacy(name, &member.app),
            "unionidGiven": person.is_some() && world.unionid(&member).is_some(),
        })
    };
    json!({
        "person": name,
        "exists": person.is_some(),
        "risk": person.is_some_and(|person| person.risk),
        "profile": person.and_then(|person| person.profile.clone()),
        "apps": apps.into_iter().map(in_app).collect::<Vec<_>>(),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PersonChange {
    #[serde(default, deserialize_with = "present")]
    profile: Option<Option<Profile>>,
    #[serde(default, deserialize_with = "present")]
    unionid: Option<Option<String>>,
    risk: Option<bool>,
    /// Digits, without the country code.
    phone: Option<String>,
    country_code: Option<String>,
    privacy: Option<Privacy>,
    /// Where `privacy` is meant; in every app without it.
    app_id: Option<String>,
}

pub(super) async fn change_person(wechat: Data<Wechat>, name: Path<String>, body: Bytes) -> Answer {
    let name = named(&name)?;
    let change: PersonChange = read(&body)?;
    check_change(&change)?;
    let now = wechat.now();
    let mut world = wechat.world();
    let apps = match &change.app_id {
        Some(id) => vec![app_meant(&world, Some(id))?],
        None => world.apps.keys().cloned().collect(),
    };
    if let Some(privacy) = change.privacy {
        apps.iter().for_each(|app| world.set_privacy(name, app, privacy));
    }
    let person = world.meet_person(name);
    if let Some(profile) = change.profile {
        person.profile = profile;
    }
    if let Some(unionid) = change.unionid {
        person.unionid = unionid.map_or(UnionidChoice::Absent, UnionidChoice::Fixed);
    }
    person.risk = change.risk.unwrap_or(person.risk);
    let Phone { country_code, number } = person.phone.clone();
    person.phone =
        Phone { country_code: change.country_code.unwrap_or(country_code), number: change.phone.unwrap_or(number) };
    let noted = Event { person: Some(name.to_owned()), ..event("changePerson", None, now) };
    world.journal.write(noted);
    ok(person_shown(&world, name, apps, now))
}

fn check_change(change: &PersonChange) -> Result<(), Refusal> {
    let digits = |text: &str, longest| (1..=longest).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let id = |text: &str| (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if change.app_id.is_some() && change.privacy.is_none() {
        return Err(Refusal::new("appId says where privacy is meant, and goes with it alone"));
    }
    if change.phone.as_deref().is_some_and(|phone| !digits(phone, 15)) {
        return Err(Refusal::new("phone has 1 to 15 digits and nothing else"));
    }
    if change.country_code.as_deref().is_some_and(|code| !digits(code, 4)) {
        return Err(Refusal::new("countryCode has 1 to 4 digits and nothing else"));
    }
    if change.unionid.iter().flatten().any(|unionid| !id(unionid)) {
        return Err(Refusal::new("unionid has 1 to 64 printable ASCII characters without space, or is null"));
    }
    if change.profile.iter().flatten().any(|profile| profile.gender > 2) {
        return Err(Refusal::new("gender is 0, 1 or 2"));
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InApp {
    app_id: Option<String>,
}

pub(super) async fn expire_session_key(wechat: Data<Wechat>, name: Path<String>, body: Bytes) -> Answer {
    let asked: InApp = read(&body)?;
    let now = wechat.now();
    let mut world = wechat.world();
    let app = app_meant(&world, asked.app_id.as_deref())?;
    let member = Member { app: app.clone(), person: named(&name)?.to_owned() };
    world.meet(&member);
    let keys = &mut world.memberships.get_mut(&member).expect("met above").keys;
    keys.expire(now);
    let version = keys.version();
    let noted = event("expireSessionKey", Some(&member), now);
    world.journal.write(Event { key_version: Some(version), ..noted });
    ok(person_shown(&world, &name, vec![app], now))
}

/// A data pre-fetch: the code that WeChat would send to the developer's server, without the page having asked.
pub(super) async fn prefetch(wechat: Data<Wechat>, name: Path<String>, body: Bytes) -> Answer {
    let asked: InApp = read(&body)?;
    let now = wechat.now();
    let mut world = wechat.world();
    let member = Member { app: app_meant(&world, asked.app_id.as_deref())?, person: named(&name)?.to_owned() };
    let code = world.issue_login_code(&member, now);
    let version = world.memberships[&member].keys.version();
    let noted = event("prefetch", Some(&member), now);
    world.journal.write(Event { key_version: Some(version), ..noted });
    ok(json!({"code": code, "timestamp": now.timestamp()}))
}
