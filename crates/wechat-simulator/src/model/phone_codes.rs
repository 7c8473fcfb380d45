//! The codes that stand for a person's phone number. Rules 35 and 43 of docs/simulator.md.

use super::codes::{Issue, Purpose, Spent};
use super::errcode::Errcode;
use super::ids::{AppId, Member};
use super::time::after;
use super::world::World;
use chrono::{DateTime, Utc};

/// Which button asked for the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Button {
    /// A number that WeChat verified at some time.
    Quick,
    /// A number that WeChat verified for this call.
    Realtime,
}

impl World {
    /// A code for the phone number, 64 hexadecimal digits.
    pub(crate) fn issue_phone_code(&mut self, member: &Member, button: Button, now: DateTime<Utc>) -> String {
        self.meet(member);
        let nth = self.next_code(member);
        let (name, purpose) = match button {
            Button::Quick => ("phone code", Purpose::Phone),
            Button::Realtime => ("realtime phone code", Purpose::RealtimePhone),
        };
        let text = self.seed.hex::<32>(name, &[member.app.as_str(), &member.person, &nth]);
        let end = after(now, self.options.phone_code_ttl);
        let member = member.clone();
        self.codes.issue(Issue { text: text.clone(), member, purpose, expires_at: end, forget_at: end }, now);
        text
    }

    /// Whose phone number a code stands for. An openid that is not its owner's leaves it unspent.
    pub(crate) fn redeem_phone_code(
        &mut self,
        app: &AppId,
        code: &str,
        openid: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Member, Errcode> {
        let either = [Purpose::Phone, Purpose::RealtimePhone];
        let member = self.codes.find(code, app, &either, now).ok_or(Errcode::INVALID_CODE)?.member.clone();
        if openid.is_some_and(|openid| openid != self.memberships[&member].openid) {
            return Err(Errcode::INVALID_CODE);
        }
        match self.codes.spend(code, now) {
            Spent::Now => Ok(member),
            Spent::Before | Spent::TooLate => Err(Errcode::INVALID_CODE),
        }
    }
}
