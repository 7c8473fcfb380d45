//! The exchange of a login code, and the order of its checks. Rules 3 to 9, 16 to 18, 37 and 38 of docs/simulator.md.

use super::codes::{Purpose, Spent};
use super::errcode::Errcode;
use super::ids::{AppId, Member};
use super::journal::{Event, event};
use super::quotas::{Counted, Window};
use super::world::{World, session_key};
use chrono::{DateTime, Utc};

/// The four parameters of the code exchange, as far as they were sent.
#[derive(Default)]
pub(crate) struct Credentials<'a> {
    pub(crate) appid: Option<&'a str>,
    pub(crate) secret: Option<&'a str>,
    pub(crate) js_code: Option<&'a str>,
    pub(crate) grant_type: Option<&'a str>,
}

/// Who a code stands for, and the key that goes with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exchanged {
    pub(crate) app: AppId,
    pub(crate) session_key: String,
    pub(crate) openid: String,
    pub(crate) unionid: Option<String>,
}

impl World {
    /// The code exchange. Whatever it answers is noted in the journal.
    pub(crate) fn exchange(&mut self, sent: &Credentials, now: DateTime<Utc>) -> Result<Exchanged, Errcode> {
        let mut whose = None;
        let outcome = self.judge_exchange(sent, now, &mut whose);
        let version = whose.as_ref().map(|member| self.memberships[member].keys.version());
        let mut event = Event { key_version: version, ..event("exchange", whose.as_ref(), now) };
        // Only an app that exists is noted: what was sent in its place may be a secret.
        event.app_id = event.app_id.or_else(|| self.known_app(sent.appid?).ok().map(|app| app.to_string()));
        event.errcode = outcome.as_ref().err().map(|errcode| errcode.0);
        self.journal.write(event);
        outcome
    }

    /// Rule 5: the order of the checks.
    fn judge_exchange(
        &mut self,
        sent: &Credentials,
        now: DateTime<Utc>,
        whose: &mut Option<Member>,
    ) -> Result<Exchanged, Errcode> {
        let appid = sent.appid.ok_or(Errcode::APPID_MISSING)?;
        let secret = sent.secret.ok_or(Errcode::SECRET_MISSING)?;
        let text = sent.js_code.ok_or(Errcode::CODE_MISSING)?;
        if sent.grant_type != Some("authorization_code") {
            return Err(Errcode::INVALID_GRANT_TYPE);
        }
        let app = self.known_app(appid)?;
        if self.apps[&app].settings.secret != secret {
            return Err(Errcode::INVALID_SECRET);
        }
        let code = self.codes.find(text, &app, &[Purpose::Login], now).ok_or(Errcode::INVALID_CODE)?;
        let (member, number) = (code.member.clone(), code.number);
        *whose = Some(member.clone());
        self.admit_exchange(&member, now)?;
        match self.codes.spend(text, now) {
            Spent::Now => {}
            Spent::Before => return Err(Errcode::CODE_USED),
            Spent::TooLate => return Err(Errcode::INVALID_CODE),
        }
        if self.people[&member.person].risk {
            return Err(Errcode::CODE_BLOCKED);
        }
        Ok(self.hand_out_key(&member, number, now))
    }

    fn admit_exchange(&mut self, member: &Member, now: DateTime<Utc>) -> Result<(), Errcode> {
        let per_minute = self.options.exchanges_per_minute;
        let exchanges = Counted { what: "exchange", whose: format!("{} {}", member.app, member.person) };
        if !self.quotas.admit(exchanges, Window::Minute, per_minute, now) {
            return Err(Errcode::MINUTE_QUOTA);
        }
        let per_day = self.options.exchanges_per_day.unwrap_or(u32::MAX);
        let exchanges = Counted { what: "exchange a day", whose: member.app.to_string() };
        if !self.quotas.admit(exchanges, Window::Day, per_day, now) {
            return Err(Errcode::DAILY_QUOTA);
        }
        Ok(())
    }

    fn hand_out_key(&mut self, member: &Member, code_number: u64, now: DateTime<Utc>) -> Exchanged {
        let (seed, options) = (&self.seed, &self.options);
        let membership = self.memberships.get_mut(member).expect("its code was issued to somebody");
        let key = membership.keys.exchange(code_number, options, now, |version| session_key(seed, member, version));
        let session_key = key.bytes.text();
        let openid = membership.openid.clone();
        Exchanged { app: member.app.clone(), session_key, openid, unionid: self.unionid(member) }
    }
}
