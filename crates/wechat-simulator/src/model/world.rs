//! Everything WeChat remembers: mini programs, people, and people in mini programs.

use super::checks::Checks;
use super::codes::Codes;
use super::entropy::Seed;
use super::errcode::Errcode;
use super::ids::{AppId, Member};
use super::journal::Journal;
use super::keys::{Key, Keys};
use super::options::{Options, SimulatedApp};
use super::people::{self, Person};
use super::quotas::Quotas;
use super::tokens::Tokens;
use crate::signing::SessionKey;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashMap};

/// One mini program and the access tokens made for it.
pub(crate) struct App {
    pub(crate) settings: SimulatedApp,
    pub(crate) tokens: Tokens,
}

/// What WeChat remembers of one person in one mini program.
pub(crate) struct Membership {
    pub(crate) openid: String,
    pub(crate) keys: Keys,
    /// When `wx.login` was called within the last second.
    pub(super) recent_logins: Vec<DateTime<Utc>>,
    /// When the phone last called anything.
    pub(crate) visited_at: Option<DateTime<Utc>>,
    codes: u64,
    /// Counts signed data, so that no two have the same initialisation vector.
    pub(super) signed: u64,
}

pub(crate) struct World {
    pub(crate) options: Options,
    /// Codes, keys, tokens.
    pub(crate) seed: Seed,
    /// Openids, unionids, phone numbers.
    pub(crate) ids: Seed,
    pub(crate) apps: BTreeMap<AppId, App>,
    pub(crate) people: BTreeMap<String, Person>,
    pub(crate) memberships: HashMap<Member, Membership>,
    by_openid: HashMap<(AppId, String), Member>,
    pub(crate) codes: Codes,
    pub(crate) quotas: Quotas,
    pub(crate) checks: Checks,
    pub(crate) journal: Journal,
    rids: u64,
}

impl World {
    pub(crate) fn new(options: Options) -> World {
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
            checks: Checks::default(),
            journal: Journal::new(options.log_length),
            rids: 0,
            options,
        }
    }

    /// The living key of whoever has this openid in this app.
    pub(crate) fn valid_key(&self, member: &Member, now: DateTime<Utc>) -> Option<&Key> {
        self.memberships[member].keys.valid(&self.options, now)
    }

    /// Replaces a person's key for a server that asked so. The new key's text.
    pub(crate) fn reset_key(&mut self, member: &Member, now: DateTime<Utc>) -> Result<String, Errcode> {
        let (seed, options) = (&self.seed, &self.options);
        let keys = &mut self.memberships.get_mut(member).expect("found by its openid").keys;
        if !keys.reset(options, now, |version| session_key(seed, member, version)) {
            return Err(Errcode::MINUTE_QUOTA);
        }
        Ok(keys.current().expect("just made").bytes.text())
    }

    /// Who has this openid in this app.
    pub(crate) fn by_openid(&self, app: &AppId, openid: &str) -> Result<Member, Errcode> {
        self.by_openid.get(&(app.clone(), openid.to_owned())).cloned().ok_or(Errcode::INVALID_OPENID)
    }

    /// The app that an access token opens `/wxa` for.
    pub(crate) fn app_of_token(&self, token: Option<&str>, now: DateTime<Utc>) -> Result<AppId, Errcode> {
        let token = token.ok_or(Errcode::TOKEN_MISSING)?;
        let judged = self.apps.iter().find_map(|(id, app)| Some((id, app.tokens.judge(token, now)?)));
        let (id, judgement) = judged.ok_or(Errcode::INVALID_CREDENTIAL)?;
        judgement.map(|()| id.clone())
    }

    pub(crate) fn known_app(&self, appid: &str) -> Result<AppId, Errcode> {
        self.apps.get_key_value(appid).map(|(id, _)| id.clone()).ok_or(Errcode::INVALID_APPID)
    }

    /// The unionid of a person in an app, where WeChat gives one.
    pub(crate) fn unionid(&self, member: &Member) -> Option<String> {
        let app = &self.apps[&member.app].settings;
        self.people[&member.person].unionid_in(app, &member.person, &self.ids)
    }

    /// Brings the person, and their place in the app, into being at the first mention.
    pub(crate) fn meet(&mut self, member: &Member) {
        self.meet_person(&member.person);
        if !self.memberships.contains_key(member) {
            let openid = people::openid(member.app.as_str(), &member.person, &self.ids);
            self.by_openid.insert((member.app.clone(), openid.clone()), member.clone());
            let keys = Keys::default();
            let membership =
                Membership { openid, keys, recent_logins: Vec::new(), visited_at: None, codes: 0, signed: 0 };
            self.memberships.insert(member.clone(), membership);
        }
    }

    /// Notes that the phone calls something in the app.
    pub(crate) fn visit(&mut self, member: &Member, now: DateTime<Utc>) {
        self.meet(member);
        self.memberships.get_mut(member).expect("met above").visited_at = Some(now);
    }

    /// Brings a person into being at the first mention.
    pub(crate) fn meet_person(&mut self, name: &str) -> &mut Person {
        self.people.entry(name.to_owned()).or_insert_with(|| Person::new(name, &self.ids))
    }

    /// A request id: three groups of eight hexadecimal digits, the first the Unix time.
    pub(crate) fn rid(&mut self, now: DateTime<Utc>) -> String {
        self.rids += 1;
        let tail = self.seed.hex::<8>("rid", &[&self.rids.to_string()]);
        format!("{:08x}-{}-{}", now.timestamp(), &tail[..8], &tail[8..])
    }

    /// Which of a person's codes in an app the next one is.
    pub(super) fn next_code(&mut self, member: &Member) -> String {
        let membership = self.memberships.get_mut(member).expect("met before");
        membership.codes += 1;
        membership.codes.to_string()
    }
}

/// The bytes of somebody's key; version 0 is the hidden one that no exchange hands out.
pub(crate) fn session_key(seed: &Seed, member: &Member, version: u64) -> SessionKey {
    SessionKey(seed.bytes("session key", &[member.app.as_str(), &member.person, &version.to_string()]))
}
