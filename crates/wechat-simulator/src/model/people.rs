//! Who holds the phones: names, profiles, ids and numbers, derived from the seed unless somebody sets them.
//! Rules 11, 27 to 29 of docs/simulator.md.

use super::entropy::Seed;
use super::ids::AppId;
use super::options::SimulatedApp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The grey picture that everybody has who has not filled one in.
pub const ANONYMOUS_AVATAR: &str = "https://thirdwx.qlogo.cn/mmopen/vi_32/POgEwh4mIHO4nibH0KlMECNjjGxQUq24ZEaGT4poC6icRiccVGKSyXwibcPq4BWmiaIGuG1icwxaQX6grC9VemZoJ8rg/132";
/// The name that everybody has since 2022.
pub const ANONYMOUS_NICKNAME: &str = "微信用户";

/// What `rawData` holds, in the order in which WeChat writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) nick_name: String,
    pub(crate) gender: u8,
    pub(crate) language: String,
    pub(crate) city: String,
    pub(crate) province: String,
    pub(crate) country: String,
    pub(crate) avatar_url: String,
}

impl Default for Profile {
    /// What a phone tells about everybody today.
    fn default() -> Profile {
        Profile {
            nick_name: ANONYMOUS_NICKNAME.to_owned(),
            gender: 0,
            language: String::new(),
            city: String::new(),
            province: String::new(),
            country: String::new(),
            avatar_url: ANONYMOUS_AVATAR.to_owned(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum UnionidChoice {
    /// One for each platform, from the seed.
    #[default]
    Derived,
    /// WeChat has none for this person, although the app is bound.
    Absent,
    Fixed(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phone {
    pub(crate) country_code: String,
    pub(crate) number: String,
}

/// What stands between a mini program and personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Privacy {
    /// The person agreed to its privacy guideline.
    #[default]
    Agreed,
    /// The guideline names the data, and the person has not agreed yet.
    NotAgreed,
    /// The guideline does not name the data: nobody can agree.
    Undeclared,
}

pub(crate) struct Person {
    /// `None`: anonymous, as everybody is today.
    pub(crate) profile: Option<Profile>,
    pub(crate) unionid: UnionidChoice,
    /// High-risk: the exchange is blocked.
    pub(crate) risk: bool,
    pub(crate) phone: Phone,
    /// Where it is not as with everybody at first.
    pub(crate) privacy: HashMap<AppId, Privacy>,
}

impl Person {
    pub(crate) fn new(name: &str, ids: &Seed) -> Person {
        let number = format!("13{:09}", ids.number(1_000_000_000, "phone", &[name]));
        Person {
            profile: None,
            unionid: UnionidChoice::default(),
            risk: false,
            phone: Phone { country_code: "86".to_owned(), number },
            privacy: HashMap::new(),
        }
    }

    /// The unionid that answers for `app` carry.
    pub(crate) fn unionid_in(&self, app: &SimulatedApp, name: &str, ids: &Seed) -> Option<String> {
        match &self.unionid {
            _ if !app.unionid_bound => None,
            UnionidChoice::Absent => None,
            UnionidChoice::Fixed(unionid) => Some(unionid.clone()),
            UnionidChoice::Derived => Some(id_text(&ids.bytes("unionid", &[&app.platform, name]))),
        }
    }
}

/// A person's openid in an app: 28 characters, the first an `o`.
pub(crate) fn openid(app: &str, name: &str, ids: &Seed) -> String {
    id_text(&ids.bytes("openid", &[app, name]))
}

fn id_text(bytes: &[u8; 21]) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(bytes);
    text.replace_range(..1, "o");
    text
}
