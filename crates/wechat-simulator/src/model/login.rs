//! What the phone does about a login: codes, the check of its own session, the key it signs with. Rules 1, 9, 14, 18, 19
//! and 24 of docs/simulator.md.

use super::codes::{Issue, Purpose};
use super::ids::Member;
use super::time::after;
use super::world::{World, session_key};
use crate::signing::SessionKey;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// What `wx.login` hands out for a tourist's app id.
const MOCK_CODE: &str = "the code is a mock one";

impl World {
    /// `wx.login`: a fresh code, or what the phone is told instead.
    pub(crate) fn login(&mut self, member: &Member, now: DateTime<Utc>) -> Result<String, &'static str> {
        self.meet(member);
        if self.apps[&member.app].settings.mock {
            return Ok(MOCK_CODE.to_owned());
        }
        let allowed = self.options.logins_per_second as usize;
        let recent = &mut self.memberships.get_mut(member).expect("met above").recent_logins;
        recent.retain(|at| now < after(*at, Duration::from_secs(1)));
        if recent.len() >= allowed {
            return Err("操作太频繁，请稍后再试");
        }
        recent.push(now);
        Ok(self.issue_login_code(member, now))
    }

    /// A login code: the code operation behind `wx.login` and behind a data pre-fetch.
    pub(crate) fn issue_login_code(&mut self, member: &Member, now: DateTime<Utc>) -> String {
        self.meet(member);
        if self.options.login_cancels_older_codes {
            self.codes.cancel_logins(member);
        }
        let nth = self.next_code(member);
        let text = self.seed.alphanumeric::<32>("login code", &[member.app.as_str(), &member.person, &nth]);
        let expires_at = after(after(now, self.options.code_ttl), self.options.code_grace);
        let forget_at = expires_at.max(after(now, self.options.used_code_memory));
        let member_of_code = member.clone();
        let issue =
            Issue { text: text.clone(), member: member_of_code, purpose: Purpose::Login, expires_at, forget_at };
        let number = self.codes.issue(issue, now);
        let (seed, options) = (&self.seed, &self.options);
        let membership = self.memberships.get_mut(member).expect("met above");
        membership.keys.note_login(number, options, now, |version| session_key(seed, member, version));
        text
    }

    /// `wx.checkSession`.
    pub(crate) fn check_session(&mut self, member: &Member, now: DateTime<Utc>) -> bool {
        self.meet(member);
        let (options, memberships) = (&self.options, &mut self.memberships);
        memberships.get_mut(member).expect("met above").keys.check(options, now)
    }

    /// The key the phone signs with at this moment, its version, and bytes for an initialisation vector.
    pub(crate) fn client_key(&mut self, member: &Member, now: DateTime<Utc>) -> (SessionKey, u64, [u8; 16]) {
        self.meet(member);
        let (seed, options) = (&self.seed, &self.options);
        let membership = self.memberships.get_mut(member).expect("met above");
        membership.signed += 1;
        let iv = seed.bytes("iv", &[member.app.as_str(), &member.person, &membership.signed.to_string()]);
        let (key, version) = membership.keys.sign_with(options, now, || session_key(seed, member, 0));
        (key, version, iv)
    }
}
