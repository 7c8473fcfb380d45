//! `wx.getWeRunData`. Rule 29 of docs/simulator.md.

use super::outcome::{Call, Outcome};
use super::signed::{encrypted, require_login_state, watermark};
use crate::model::ids::Member;
use crate::model::world::World;
use crate::payloads::{RunData, Steps, compact};
use chrono::{DateTime, Utc};

/// In seconds, as the timestamps are.
const DAY: i64 = 86_400;
const EIGHT_HOURS: i64 = DAY / 3;

pub(super) fn werun_data(world: &mut World, member: &Member, call: &Call, now: DateTime<Utc>) -> Outcome {
    if call.refuse {
        return Err("auth deny".into());
    }
    require_login_state(world, member, now)?;
    // Days begin at midnight in China.
    let today = now.timestamp().saturating_add(EIGHT_HOURS).div_euclid(DAY);
    let steps = |day: i64| Steps {
        timestamp: day * DAY - EIGHT_HOURS,
        step: world.ids.number(20_000, "steps", &[&member.person, &day.to_string()]),
    };
    let step_info_list = (today - 30..=today).map(steps).collect();
    let plaintext = compact(&RunData { step_info_list, watermark: watermark(member, now) });
    Ok(encrypted(world, member, &plaintext, now))
}
