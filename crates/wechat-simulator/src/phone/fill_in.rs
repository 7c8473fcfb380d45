//! The controls by which people fill in a picture and a name. Rule 41 of docs/simulator.md.

use super::outcome::{Call, Outcome, Success};
use crate::model::ids::Member;
use crate::model::world::World;
use chrono::{DateTime, Utc};

/// `<button open-type="chooseAvatar">`: a temporary file on the phone, which no server can fetch.
pub(super) fn choose_avatar(world: &mut World, member: &Member, call: &Call, now: DateTime<Utc>) -> Outcome {
    if call.refuse {
        return Err("cancel".into());
    }
    let name = world.ids.hex::<16>("avatar", &[member.app.as_str(), &member.person, &now.to_rfc3339()]);
    let key_version = world.memberships[member].keys.version();
    Ok(Success { avatar_url: Some(format!("wxfile://tmp_{name}.jpg")), key_version, ..Success::default() })
}

/// `<input type="nickname">`: the name that the keyboard offers, which is the person's in WeChat.
pub(super) fn nickname(world: &mut World, member: &Member, call: &Call, _: DateTime<Utc>) -> Outcome {
    if call.refuse {
        return Err("cancel".into());
    }
    let profile = world.people[&member.person].profile.as_ref();
    let value = profile.map_or_else(|| member.person.clone(), |profile| profile.nick_name.clone());
    let key_version = world.memberships[member].keys.version();
    Ok(Success { value: Some(value), key_version, ..Success::default() })
}
