//! The phone number's button. Rules 29, 31 and 35 of docs/simulator.md.

use super::outcome::{Call, Outcome, Success};
use super::signed::{encrypted, require_login_state, watermark};
use crate::model::ids::Member;
use crate::model::world::World;
use crate::payloads::{PhoneInfo, compact};
use chrono::{DateTime, Utc};

pub(super) fn phone_number(world: &mut World, member: &Member, call: &Call, now: DateTime<Utc>) -> Outcome {
    if call.refuse {
        return Err("user deny".into());
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
