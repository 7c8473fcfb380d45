//! `wx.login` and `wx.checkSession`. Rules 1 and 24 of docs/simulator.md.

use super::outcome::{Call, Outcome, Success};
use super::signed::SESSION_TIME_OUT;
use crate::model::ids::Member;
use crate::model::world::World;
use chrono::{DateTime, Utc};

pub(super) fn login(world: &mut World, member: &Member, _: &Call, now: DateTime<Utc>) -> Outcome {
    let code = world.login(member, now)?;
    let key_version = world.memberships[member].keys.version();
    Ok(Success { code: Some(code), key_version, ..Success::default() })
}

pub(super) fn check_session(world: &mut World, member: &Member, _: &Call, now: DateTime<Utc>) -> Outcome {
    if !world.check_session(member, now) {
        return Err(SESSION_TIME_OUT.into());
    }
    Ok(Success { key_version: world.memberships[member].keys.version(), ..Success::default() })
}
