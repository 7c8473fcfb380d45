//! The state machine: everything WeChat remembers, and what each question changes. Pure: time is an argument, and what
//! is unpredictable comes from the seed. It knows nothing of HTTP.

use super::codes::{Codes, Member, Purpose, Spent};
use super::entropy::Seed;
use super::errcodes::Errcode;
use super::journal::{Event, Journal};
use super::keys::{Key, Keys};
use super::options::{Options, SimulatedApp, ms};
use super::people::{self, Person};
use super::quotas::Quotas;
use super::signing::KeyBytes;
use super::tokens::Tokens;
use crate::identity::AppId;
use std::collections::{BTreeMap, HashMap};

/// What `wx.login` hands out for a tourist's app id.
pub(super) const MOCK_CODE: &str = "the code is a mock one";

/// One mini program and the access tokens made for it.
pub(super) struct App {
    pub settings: SimulatedApp,
    pub tokens: Tokens,
}

/// What WeChat remembers of one person in one mini program.
pub(super) struct Membership {
    pub openid: String,
    pub keys: Keys,
    /// When `wx.login` was called within the last second.
    recent_logins: Vec<i64>,
    codes: u64,
    /// Counts signed data, so that no two have the same initialisation vector.
    signed: u64,
}

pub(super) struct World {
    pub options: Options,
    /// Codes, keys, tokens.
    pub seed: Seed,
    /// Openids, unionids, phone numbers.
    pub ids: Seed,
    pub apps: BTreeMap<AppId, App>,
    pub people: BTreeMap<String, Person>,
    pub memberships: HashMap<Member, Membership>,
    by_openid: HashMap<(AppId, String), Member>,
    pub codes: Codes,
    pub quotas: Quotas,
    pub journal: Journal,
    rids: u64,
}

impl World {
    pub fn new(options: Options) -> World {
        let app = |settings: &SimulatedApp| App { settings: settings.clone(), tokens: Tokens::default() };
        World {
            seed: options.seed.map_or_else(Seed::unrepeatable, Seed::of),
            ids: Seed::of(options.seed.unwrap_or(0)),
            apps: options.apps.iter().map(|settings| (settings.id.clone(), app(settings))).collect(),
            people: BTreeMap::new(),
            memberships: HashMap::new(),
            by_openid: HashMap::new(),
            codes: Codes::default(),
            quotas: Quotas::default(),
            journal: Journal::new(options.log_length),
            rids: 0,
            options,
        }
    }

    /// `wx.login`: a fresh code, or what the phone is told instead.
    pub fn login(&mut self, member: &Member, now: i64) -> Result<String, &'static str> {
        self.meet(member);
        if self.apps[&member.app].settings.mock {
            return Ok(MOCK_CODE.to_owned());
        }
        let allowed = self.options.logins_per_second as usize;
        let recent = &mut self.memberships.get_mut(member).expect("met above").recent_logins;
        recent.retain(|at| now - at < 1000);
        if recent.len() >= allowed {
            return Err("操作太频繁，请稍后再试");
        }
        recent.push(now);
        Ok(self.issue_login_code(member, now))
    }

    /// A login code: the code operation behind `wx.login` and behind a data pre-fetch.
    pub fn issue_login_code(&mut self, member: &Member, now: i64) -> String {
        self.meet(member);
        if self.options.login_cancels_older_codes {
            self.codes.cancel_logins(member);
        }
        let nth = self.next_code(member);
        let text = self.seed.alphanumeric::<32>("login code", &[member.app.as_str(), &member.person, &nth]);
        let ttl = ms(self.options.code_ttl) + ms(self.options.code_grace);
        let memory = ms(self.options.used_code_memory);
        let number = self.codes.issue(text.clone(), member.clone(), Purpose::Login, ttl, memory, now);
        let (seed, options) = (&self.seed, &self.options);
        let membership = self.memberships.get_mut(member).expect("met above");
        membership.keys.note_login(number, options, now, |version| session_key(seed, member, version));
        text
    }

    /// `wx.checkSession`.
    pub fn check_session(&mut self, member: &Member, now: i64) -> bool {
        self.meet(member);
        let (options, memberships) = (&self.options, &mut self.memberships);
        memberships.get_mut(member).expect("met above").keys.check(options, now)
    }

    /// The key the phone signs with at this moment, its version, and bytes for an initialisation vector.
    pub fn client_key(&mut self, member: &Member, now: i64) -> (KeyBytes, u64, [u8; 16]) {
        self.meet(member);
        let (seed, options) = (&self.seed, &self.options);
        let membership = self.memberships.get_mut(member).expect("met above");
        membership.signed += 1;
        let iv = seed.bytes("iv", &[member.app.as_str(), &member.person, &membership.signed.to_string()]);
        let (key, version) = membership.keys.sign_with(options, now, || session_key(seed, member, 0));
        (key, version, iv)
    }

    /// A code for the phone number, 64 hexadecimal digits.
    pub fn issue_phone_code(&mut self, member: &Member, now: i64) -> String {
        self.meet(member);
        let nth = self.next_code(member);
        let bytes = self.seed.bytes::<32>("phone code", &[member.app.as_str(), &member.person, &nth]);
        let text = super::entropy::hex(&bytes);
        let ttl = ms(self.options.phone_code_ttl);
        self.codes.issue(text.clone(), member.clone(), Purpose::Phone, ttl, ttl, now);
        text
    }

    /// Whose phone number a code stands for. An openid that is not its owner's leaves it unspent.
    pub fn redeem_phone_code(
        &mut self,
        app: &AppId,
        code: &str,
        openid: Option<&str>,
        now: i64,
    ) -> Result<Member, Errcode> {
        let member = self.codes.find(code, app, Purpose::Phone, now).ok_or(Errcode::INVALID_CODE)?.member.clone();
        if openid.is_some_and(|openid| openid != self.memberships[&member].openid) {
            return Err(Errcode::INVALID_CODE);
        }
        match self.codes.spend(code, now) {
            Spent::Now => Ok(member),
            Spent::Before | Spent::TooLate => Err(Errcode::INVALID_CODE),
        }
    }

    /// The living key of whoever has this openid in this app.
    pub fn valid_key(&self, member: &Member, now: i64) -> Option<&Key> {
        self.memberships[member].keys.valid(&self.options, now)
    }

    /// Replaces a person's key for a server that asked so. The new key's text.
    pub fn reset_key(&mut self, member: &Member, now: i64) -> Result<String, Errcode> {
        let (seed, options) = (&self.seed, &self.options);
        let keys = &mut self.memberships.get_mut(member).expect("found by its openid").keys;
        if !keys.reset(options, now, |version| session_key(seed, member, version)) {
            return Err(Errcode::MINUTE_QUOTA);
        }
        Ok(keys.current().expect("just made").bytes.text())
    }

    /// Who has this openid in this app.
    pub fn by_openid(&self, app: &AppId, openid: &str) -> Result<Member, Errcode> {
        self.by_openid.get(&(app.clone(), openid.to_owned())).cloned().ok_or(Errcode::INVALID_OPENID)
    }

    /// The app that an access token opens `/wxa` for.
    pub fn app_of_token(&self, token: Option<&str>, now: i64) -> Result<AppId, Errcode> {
        let token = token.ok_or(Errcode::TOKEN_MISSING)?;
        let judged = self.apps.iter().find_map(|(id, app)| Some((id, app.tokens.judge(token, now)?)));
        let (id, judgement) = judged.ok_or(Errcode::INVALID_CREDENTIAL)?;
        judgement.map(|()| id.clone())
    }

    pub fn known_app(&self, appid: &str) -> Result<AppId, Errcode> {
        let id: Option<AppId> = appid.parse().ok();
        id.filter(|id| self.apps.contains_key(id)).ok_or(Errcode::INVALID_APPID)
    }

    /// The unionid of a person in an app, where WeChat gives one.
    pub fn unionid(&self, member: &Member) -> Option<String> {
        let app = &self.apps[&member.app].settings;
        self.people[&member.person].unionid_in(app, &member.person, &self.ids)
    }

    /// Brings the person, and their place in the app, into being at the first mention.
    pub fn meet(&mut self, member: &Member) {
        self.meet_person(&member.person);
        if !self.memberships.contains_key(member) {
            let openid = people::openid(member.app.as_str(), &member.person, &self.ids);
            self.by_openid.insert((member.app.clone(), openid.clone()), member.clone());
            let keys = Keys::default();
            let membership = Membership { openid, keys, recent_logins: Vec::new(), codes: 0, signed: 0 };
            self.memberships.insert(member.clone(), membership);
        }
    }

    /// Brings a person into being at the first mention.
    pub fn meet_person(&mut self, name: &str) -> &mut Person {
        self.people.entry(name.to_owned()).or_insert_with(|| Person::new(name, &self.ids))
    }

    /// A request id: three groups of eight hexadecimal digits, the first the Unix time.
    pub fn rid(&mut self, now: i64) -> String {
        self.rids += 1;
        let tail = super::entropy::hex(&self.seed.bytes::<8>("rid", &[&self.rids.to_string()]));
        format!("{:08x}-{}-{}", now.div_euclid(1000), &tail[..8], &tail[8..])
    }

    fn next_code(&mut self, member: &Member) -> String {
        let membership = self.memberships.get_mut(member).expect("met before");
        membership.codes += 1;
        membership.codes.to_string()
    }
}

/// The bytes of somebody's key; version 0 is the hidden one that no exchange hands out.
pub(super) fn session_key(seed: &Seed, member: &Member, version: u64) -> KeyBytes {
    KeyBytes(seed.bytes("session key", &[member.app.as_str(), &member.person, &version.to_string()]))
}

/// An event without an outcome.
pub(super) fn event(kind: &'static str, whose: Option<&Member>, now: i64) -> Event {
    Event {
        at: now,
        kind,
        person: whose.map(|member| member.person.clone()),
        app_id: whose.map(|member| member.app.to_string()),
        ..Event::default()
    }
}
