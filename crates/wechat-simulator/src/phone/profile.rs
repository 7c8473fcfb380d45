//! `wx.getUserInfo` and `wx.getUserProfile`. Rules 27 to 31 of docs/simulator.md.

use super::outcome::{Call, Outcome, Success};
use super::signed::{require_login_state, signed_profile, watermark};
use crate::model::ids::Member;
use crate::model::world::World;
use crate::payloads::{EncryptedProfile, RawProfile, compact};
use chrono::{DateTime, Utc};

pub(super) fn user_info(world: &mut World, member: &Member, call: &Call, now: DateTime<Utc>) -> Outcome {
    if call.refuse {
        return Err("auth deny".into());
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

pub(super) fn user_profile(world: &mut World, member: &Member, call: &Call, now: DateTime<Utc>) -> Outcome {
    if !call.tap {
        return Err("can only be invoked by user TAP gesture.".into());
    }
    if call.refuse {
        return Err("auth deny".into());
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
