//! Changing the switches of a mini program while it runs. A reset brings them back.

use super::order::{Answer, app_meant, ok, present, read, set};
use crate::model::journal::{Event, event};
use crate::model::wechat::Wechat;
use crate::model::world::App;
use actix_web::web::{Bytes, Data, Path};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::IpAddr;

pub(super) fn app_shown(app: &App) -> Value {
    let settings = &app.settings;
    json!({
        "appId": settings.id,
        "platform": settings.platform,
        "unionidBound": settings.unionid_bound,
        "legacyExpiresIn": settings.legacy_expires_in,
        "escapeSlashes": settings.escape_slashes,
        "errcodeZero": settings.errcode_zero,
        "stringErrcode": settings.string_errcode,
        "bareCountryCode": settings.bare_country_code,
        "mock": settings.mock,
        "ipWhitelist": settings.ip_whitelist,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AppChange {
    platform: Option<String>,
    unionid_bound: Option<bool>,
    legacy_expires_in: Option<bool>,
    escape_slashes: Option<bool>,
    errcode_zero: Option<bool>,
    string_errcode: Option<bool>,
    bare_country_code: Option<bool>,
    mock: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    ip_whitelist: Option<Option<Vec<IpAddr>>>,
}

pub(super) async fn change_app(wechat: Data<Wechat>, id: Path<String>, body: Bytes) -> Answer {
    let change: AppChange = read(&body)?;
    let now = wechat.now();
    let mut world = wechat.world();
    let id = app_meant(&world, Some(&id))?;
    let settings = &mut world.apps.get_mut(&id).expect("known").settings;
    set(&mut settings.platform, change.platform);
    set(&mut settings.unionid_bound, change.unionid_bound);
    set(&mut settings.legacy_expires_in, change.legacy_expires_in);
    set(&mut settings.escape_slashes, change.escape_slashes);
    set(&mut settings.errcode_zero, change.errcode_zero);
    set(&mut settings.string_errcode, change.string_errcode);
    set(&mut settings.bare_country_code, change.bare_country_code);
    set(&mut settings.mock, change.mock);
    set(&mut settings.ip_whitelist, change.ip_whitelist);
    world.journal.write(Event { app_id: Some(id.to_string()), ..event("changeApp", None, now) });
    ok(app_shown(&world.apps[&id]))
}
