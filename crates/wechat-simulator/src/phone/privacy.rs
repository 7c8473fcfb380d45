//! What a person agrees to, and what calls fail with until then. Rules 41 and 42 of docs/simulator.md.

use super::outcome::{Call, Outcome, Refused, Success};
use crate::model::ids::Member;
use crate::model::people::Privacy;
use crate::model::world::World;
use chrono::{DateTime, Utc};

/// What a call for personal data fails with, unless the person agreed.
pub(super) fn require_agreement(world: &World, member: &Member) -> Result<(), Refused> {
    match world.privacy(&member.person, &member.app) {
        Privacy::Agreed => Ok(()),
        Privacy::NotAgreed => Err(Refused::with_errno(104, "privacy permission is not authorized")),
        Privacy::Undeclared => Err(Refused::with_errno(112, "api scope is not declared in the privacy agreement")),
    }
}

/// The person presses the button that agrees. A guideline that does not name the data stays as it is.
pub(super) fn agree(world: &mut World, member: &Member, _: &Call, _: DateTime<Utc>) -> Outcome {
    turn(world, member, Privacy::NotAgreed, Privacy::Agreed)
}

/// The person removes the mini program from the recent ones, and with it the consent.
pub(super) fn forget(world: &mut World, member: &Member, _: &Call, _: DateTime<Utc>) -> Outcome {
    turn(world, member, Privacy::Agreed, Privacy::NotAgreed)
}

fn turn(world: &mut World, member: &Member, from: Privacy, to: Privacy) -> Outcome {
    if world.privacy(&member.person, &member.app) == from {
        world.set_privacy(&member.person, &member.app, to);
    }
    Ok(Success { key_version: world.memberships[member].keys.version(), ..Success::default() })
}
