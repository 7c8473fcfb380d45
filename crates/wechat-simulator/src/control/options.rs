//! Changing the constants while it runs. A reset brings them back.

use super::order::{Answer, Refusal, ok, present, read, set};
use crate::model::journal::event;
use crate::model::options::{Options, Rotation};
use crate::model::wechat::Wechat;
use actix_web::web::{Bytes, Data};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// Ten years: sums of times must not overflow.
const LONGEST: u64 = 10 * 366 * 86_400;

pub(super) fn options_shown(options: &Options) -> Value {
    json!({
        "rotation": options.rotation,
        "seed": options.seed,
        "codeTtlSeconds": options.code_ttl.as_secs(),
        "codeGraceSeconds": options.code_grace.as_secs(),
        "usedCodeMemorySeconds": options.used_code_memory.as_secs(),
        "loginCancelsOlderCodes": options.login_cancels_older_codes,
        "loginsPerSecond": options.logins_per_second,
        "exchangesPerMinute": options.exchanges_per_minute,
        "exchangesPerDay": options.exchanges_per_day,
        "minRefreshPeriodSeconds": options.min_refresh_period.as_secs(),
        "absoluteTtlSeconds": options.absolute_ttl.as_secs(),
        "idleTtlSeconds": options.idle_ttl.map(|ttl| ttl.as_secs()),
        "checkPinsKey": options.check_pins_key,
        "expiredKeyStillSigns": options.expired_key_still_signs,
        "resetIntervalSeconds": options.reset_interval.as_secs(),
        "phoneCodeTtlSeconds": options.phone_code_ttl.as_secs(),
        "tokenTtlSeconds": options.token_ttl.as_secs(),
        "tokenOverlapSeconds": options.token_overlap.as_secs(),
        "forceRefreshesPerDay": options.force_refreshes_per_day,
        "forceRefreshIntervalSeconds": options.force_refresh_interval.as_secs(),
        "stableTokensPerMinute": options.stable_tokens_per_minute,
        "stableTokensPerDay": options.stable_tokens_per_day,
        "logLength": options.log_length,
    })
}

/// Every constant that may change while running; `null` turns an optional one off.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OptionsChange {
    rotation: Option<Rotation>,
    code_ttl_seconds: Option<u64>,
    code_grace_seconds: Option<u64>,
    used_code_memory_seconds: Option<u64>,
    login_cancels_older_codes: Option<bool>,
    logins_per_second: Option<u32>,
    exchanges_per_minute: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    exchanges_per_day: Option<Option<u32>>,
    min_refresh_period_seconds: Option<u64>,
    absolute_ttl_seconds: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    idle_ttl_seconds: Option<Option<u64>>,
    check_pins_key: Option<bool>,
    expired_key_still_signs: Option<bool>,
    reset_interval_seconds: Option<u64>,
    phone_code_ttl_seconds: Option<u64>,
    token_ttl_seconds: Option<u64>,
    token_overlap_seconds: Option<u64>,
    force_refreshes_per_day: Option<u32>,
    force_refresh_interval_seconds: Option<u64>,
    stable_tokens_per_minute: Option<u32>,
    stable_tokens_per_day: Option<u32>,
}

pub(super) async fn change_options(wechat: Data<Wechat>, body: Bytes) -> Answer {
    let change: OptionsChange = read(&body)?;
    let now = wechat.now();
    let mut world = wechat.world();
    let mut options = world.options.clone();
    apply(&mut options, change)?;
    world.options = options;
    world.journal.write(event("changeOptions", None, now));
    ok(options_shown(&world.options))
}

fn apply(options: &mut Options, change: OptionsChange) -> Result<(), Refusal> {
    set_seconds(&mut options.code_ttl, change.code_ttl_seconds)?;
    set_seconds(&mut options.code_grace, change.code_grace_seconds)?;
    set_seconds(&mut options.used_code_memory, change.used_code_memory_seconds)?;
    set_seconds(&mut options.min_refresh_period, change.min_refresh_period_seconds)?;
    set_seconds(&mut options.absolute_ttl, change.absolute_ttl_seconds)?;
    set_seconds(&mut options.reset_interval, change.reset_interval_seconds)?;
    set_seconds(&mut options.phone_code_ttl, change.phone_code_ttl_seconds)?;
    set_seconds(&mut options.token_ttl, change.token_ttl_seconds)?;
    set_seconds(&mut options.token_overlap, change.token_overlap_seconds)?;
    set_seconds(&mut options.force_refresh_interval, change.force_refresh_interval_seconds)?;
    if options.token_ttl <= options.token_overlap {
        return Err(Refusal::new("tokenTtlSeconds must be above tokenOverlapSeconds"));
    }
    if let Some(idle) = change.idle_ttl_seconds {
        options.idle_ttl = idle.map(bounded).transpose()?;
    }
    set(&mut options.rotation, change.rotation);
    set(&mut options.login_cancels_older_codes, change.login_cancels_older_codes);
    set(&mut options.logins_per_second, change.logins_per_second);
    set(&mut options.exchanges_per_minute, change.exchanges_per_minute);
    set(&mut options.exchanges_per_day, change.exchanges_per_day);
    set(&mut options.check_pins_key, change.check_pins_key);
    set(&mut options.expired_key_still_signs, change.expired_key_still_signs);
    set(&mut options.force_refreshes_per_day, change.force_refreshes_per_day);
    set(&mut options.stable_tokens_per_minute, change.stable_tokens_per_minute);
    set(&mut options.stable_tokens_per_day, change.stable_tokens_per_day);
    Ok(())
}

fn set_seconds(place: &mut Duration, seconds: Option<u64>) -> Result<(), Refusal> {
    set(place, seconds.map(bounded).transpose()?);
    Ok(())
}

fn bounded(seconds: u64) -> Result<Duration, Refusal> {
    if seconds > LONGEST {
        return Err(Refusal::new(format!("a time is at most {LONGEST} seconds")));
    }
    Ok(Duration::from_secs(seconds))
}
