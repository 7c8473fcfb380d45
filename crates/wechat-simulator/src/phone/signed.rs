//! What the phone signs and encrypts, and whether it has a login to sign under. Rules 19, 29 and 30 of docs/simulator.md.

use super::outcome::{Refused, Success};
use crate::model::ids::Member;
use crate::model::keys::NoLoginState;
use crate::model::world::World;
use crate::payloads::{RawProfile, Watermark, compact};
use crate::signing;
use chrono::{DateTime, Utc};

/// What a phone says of a session that is over.
pub(super) const SESSION_TIME_OUT: &str = "系统错误，错误码：-13001,session time out…d relogin";

pub(super) fn require_login_state(world: &World, member: &Member, now: DateTime<Utc>) -> Result<(), Refused> {
    world.memberships[member].keys.login_state(&world.options, now).map_err(|reason| match reason {
        NoLoginState::Never => "wx.login has not been called".into(),
        NoLoginState::Expired => SESSION_TIME_OUT.into(),
    })
}

pub(super) fn watermark(member: &Member, now: DateTime<Utc>) -> Watermark {
    Watermark { timestamp: now.timestamp(), appid: member.app.to_string() }
}

/// The profile, its signature, and `plaintext` encrypted with the same key.
pub(super) fn signed_profile(
    world: &mut World,
    member: &Member,
    raw: RawProfile,
    plaintext: &str,
    now: DateTime<Utc>,
) -> Success {
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

pub(super) fn encrypted(world: &mut World, member: &Member, plaintext: &str, now: DateTime<Utc>) -> Success {
    let (key, key_version, iv) = world.client_key(member, now);
    let (encrypted_data, iv) = signing::encrypt(plaintext, &key, iv);
    Success { encrypted_data: Some(encrypted_data), iv: Some(iv), key_version, ..Success::default() }
}
