//! The phone number's buttons. Rules 29, 31, 35 and 43 of docs/simulator.md.

use super::outcome::{Call, Outcome, Success};
use super::signed::{encrypted, require_login_state, watermark};
use crate::model::ids::Member;
use crate::model::phone_codes::Button;
use crate::model::world::World;
use crate::payloads::{PhoneInfo, compact};
use crate::signing;
use chrono::{DateTime, Utc};

pub(super) fn phone_number(world: &mut World, member: &Member, call: &Call, now: DateTime<Utc>) -> Outcome {
    if call.refuse {
        return Err("user deny".into());
    }
    let code = Some(world.issue_phone_code(member, Button::Quick, now));
    // The number's code needs no login; its older, encrypted form is there when there is a login state to sign under.
    if require_login_state(world, member, now).is_err() {
        return Ok(Success { code, ..Success::default() });
    }
    let phone = &world.people[&member.person].phone;
    let plaintext = compact(&PhoneInfo::new(phone, false, watermark(member, now)));
    let encrypted = encrypted(world, member, &plaintext, now);
    let hash = signing::hash(encrypted.encrypted_data.as_deref().unwrap_or_default());
    world.checks.note_encrypted(&member.app, hash, now);
    Ok(Success { code, ..encrypted })
}

/// The real-time button, which has no older form.
pub(super) fn realtime_phone_number(world: &mut World, member: &Member, call: &Call, now: DateTime<Utc>) -> Outcome {
    if call.refuse {
        return Err("user deny".into());
    }
    let code = Some(world.issue_phone_code(member, Button::Realtime, now));
    let key_version = world.memberships[member].keys.version();
    Ok(Success { code, key_version, ..Success::default() })
}
