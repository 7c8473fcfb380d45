//! The form in which people are moved in and out: CSV with a header line, UTF-8, one line for a person in a mini program,
//! or for a person of whom only the phone number is known.

use super::spreadsheet::{guarded, unguarded};
use crate::store::Person;
use crate::user::{AvatarUrl, Phone, Profile, ProfileSource, Status, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The columns, in the order in which `export` writes them.
pub(super) const COLUMNS: [&str; 15] = [
    "user_id",
    "app_id",
    "openid",
    "unionid",
    "nickname",
    "avatar_url",
    "gender",
    "language",
    "city",
    "province",
    "country",
    "phone",
    "profile_source",
    "status",
    "created_at",
];

/// A line. Only `app_id` and `openid` must be there, or `phone`; `export` writes every column.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Line {
    /// Number of the account here; ignored when people are moved in.
    pub user_id: String,
    pub app_id: String,
    pub openid: String,
    pub unionid: String,
    pub nickname: String,
    pub avatar_url: String,
    pub gender: String,
    pub language: String,
    pub city: String,
    pub province: String,
    pub country: String,
    /// E.164, or the eleven digits of a Chinese mobile number.
    pub phone: String,
    /// `anonymous`, `wechat` or `user`; `wechat` where it is empty and there is a nickname.
    pub profile_source: String,
    /// `active` or `suspended`.
    pub status: String,
    /// RFC 3339.
    pub created_at: String,
}

impl From<&Person> for Line {
    fn from(person: &Person) -> Line {
        let profile = person.profile.clone();
        Line {
            user_id: person.id.to_string(),
            app_id: person.pair.as_ref().map(|(app, _)| app.to_string()).unwrap_or_default(),
            openid: person.pair.as_ref().map(|(_, openid)| openid.as_str().to_owned()).unwrap_or_default(),
            unionid: person.unionid.as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default(),
            nickname: profile.nickname,
            avatar_url: profile.avatar_url,
            gender: profile.gender.to_string(),
            language: profile.language,
            city: profile.city,
            province: profile.province,
            country: profile.country,
            phone: person.phone.as_ref().map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
            profile_source: person.profile_source.as_str().to_owned(),
            status: person.status.as_str().to_owned(),
            created_at: person.created_at.to_rfc3339(),
        }
        .with_texts(guarded)
    }
}

impl Line {
    /// The same with every text that other people chose passed through `change`.
    fn with_texts(self, change: impl Fn(String) -> String) -> Line {
        Line {
            app_id: change(self.app_id),
            openid: change(self.openid),
            unionid: change(self.unionid),
            nickname: change(self.nickname),
            avatar_url: change(self.avatar_url),
            language: change(self.language),
            city: change(self.city),
            province: change(self.province),
            country: change(self.country),
            phone: change(self.phone),
            ..self
        }
    }

    /// The person of this line, and what had to be left out of them.
    ///
    /// # Errors
    /// Why the line names nobody.
    pub(super) fn person(self, now: DateTime<Utc>) -> Result<(Person, Vec<&'static str>), &'static str> {
        self.with_texts(unguarded).written(now)
    }

    fn written(self, now: DateTime<Utc>) -> Result<(Person, Vec<&'static str>), &'static str> {
        let mut left_out = vec![];
        let pair = match (self.app_id.trim(), self.openid.trim()) {
            ("", "") => None,
            (app, openid) => Some((
                app.parse().map_err(|_| "app_id is missing or malformed")?,
                openid.parse().map_err(|_| "openid is missing or malformed")?,
            )),
        };
        let unionid = match self.unionid.trim() {
            "" => None,
            text => Some(text.parse().map_err(|_| "unionid is malformed")?),
        };
        let status = match self.status.trim() {
            "" => Status::Active,
            text => match text.parse() {
                Ok(Status::Erased) => return Err("the person was erased"),
                Ok(status) => status,
                Err(_) => return Err("status is neither active nor suspended"),
            },
        };
        let phone = match self.phone.trim() {
            "" => None,
            text => {
                let phone = phone(text);
                if phone.is_none() && pair.is_none() {
                    return Err("phone is no E.164 number, and there is no openid");
                }
                if phone.is_none() {
                    left_out.push("phone is no E.164 number");
                }
                phone
            }
        };
        if phone.is_none() && pair.is_none() {
            return Err("neither openid with app_id nor phone");
        }
        if !self.avatar_url.is_empty() && self.avatar_url.parse::<AvatarUrl>().is_err() {
            left_out.push("avatar_url is no http or https address");
        }
        let created_at = match self.created_at.trim() {
            "" => now,
            text => match DateTime::parse_from_rfc3339(text) {
                Ok(time) => time.to_utc(),
                Err(_) => {
                    left_out.push("created_at is not RFC 3339");
                    now
                }
            },
        };
        let profile = Profile {
            nickname: self.nickname,
            avatar_url: self.avatar_url,
            gender: self.gender.trim().parse().unwrap_or_default(),
            language: self.language,
            city: self.city,
            province: self.province,
            country: self.country,
        }
        .tidied();
        let profile_source = self.profile_source.trim().parse().unwrap_or_else(|_| profile.source());
        let profile_source = if profile.nickname.is_empty() { ProfileSource::Anonymous } else { profile_source };
        let id = UserId(0);
        let person = Person { id, pair, unionid, profile, profile_source, phone, status, created_at };
        Ok((person, left_out))
    }
}

fn phone(text: &str) -> Option<Phone> {
    let chinese = text.len() == 11 && text.starts_with('1') && text.bytes().all(|b| b.is_ascii_digit());
    if chinese { Phone::in_country("86", text).ok() } else { text.parse().ok() }
}
