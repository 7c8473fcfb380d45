//! How a session is written down: compactly, and with the number of its form, so that a later program reads what an
//! earlier one wrote.
//!
//! A form that was ever released is never changed: a change is another form beside it, which a release reads before the
//! next one writes it.

use super::record::{Entry, Session};
use crate::identity::{Identity, SessionKey};
use crate::seal::Unsealed;
use crate::user::{Phone, Profile, ProfileSource, Status, User, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The form that is written.
pub(super) const CURRENT: u8 = 1;

/// Form 1. Times are milliseconds since 1970; what the store's key says is not repeated.
#[derive(Serialize, Deserialize)]
struct SessionForm<'a> {
    id: &'a str,
    app_id: &'a str,
    label: &'a str,
    created_at: i64,
    opened_for: i64,
    used_at: i64,
    openid: &'a str,
    unionid: Option<&'a str>,
    session_key: &'a str,
    user_id: i64,
    nickname: &'a str,
    avatar_url: &'a str,
    gender: i16,
    language: &'a str,
    city: &'a str,
    province: &'a str,
    country: &'a str,
    profile_source: ProfileSource,
    phone: Option<&'a str>,
    status: Status,
    user_created_at: i64,
}

/// Form 1 of what a list says about a session.
#[derive(Serialize, Deserialize)]
struct EntryForm<'a> {
    id: &'a str,
    key: &'a str,
    app_id: &'a str,
    label: &'a str,
    created_at: i64,
}

/// The session in the form [`CURRENT`].
pub(super) fn written(session: &Session) -> Zeroizing<Vec<u8>> {
    let (entry, user, profile) = (&session.entry, &session.user, &session.user.profile);
    let form = SessionForm {
        id: &entry.id,
        app_id: entry.app_id.as_str(),
        label: &entry.label,
        created_at: entry.created_at.timestamp_millis(),
        opened_for: session.opened_for.0,
        used_at: session.used_at.timestamp_millis(),
        openid: session.identity.openid.as_str(),
        unionid: session.identity.unionid.as_ref().map(|unionid| unionid.as_str()),
        session_key: session.session_key.text(),
        user_id: user.id.0,
        nickname: &profile.nickname,
        avatar_url: &profile.avatar_url,
        gender: profile.gender,
        language: &profile.language,
        city: &profile.city,
        province: &profile.province,
        country: &profile.country,
        profile_source: user.profile_source,
        phone: user.phone.as_ref().map(Phone::as_str),
        status: user.status,
        user_created_at: user.created_at.timestamp_millis(),
    };
    let plain = Vec::with_capacity(512);
    Zeroizing::new(postcard::to_extend(&form, plain).expect("texts and numbers into memory"))
}

/// The session that lay at `key`; nothing if its form is unknown or it is not whole.
pub(super) fn read(key: &str, unsealed: &Unsealed) -> Option<Session> {
    match unsealed.form {
        1 => postcard::from_bytes::<SessionForm<'_>>(&unsealed.plain).ok()?.session(key),
        _ => None,
    }
}

impl SessionForm<'_> {
    fn session(self, key: &str) -> Option<Session> {
        let identity = Identity {
            app_id: self.app_id.parse().ok()?,
            openid: self.openid.parse().ok()?,
            unionid: self.unionid.map(str::parse).transpose().ok()?,
        };
        let entry = Entry {
            id: self.id.to_owned(),
            key: key.to_owned(),
            app_id: identity.app_id.clone(),
            label: self.label.to_owned(),
            created_at: time(self.created_at)?,
        };
        let profile = Profile {
            nickname: self.nickname.to_owned(),
            avatar_url: self.avatar_url.to_owned(),
            gender: self.gender,
            language: self.language.to_owned(),
            city: self.city.to_owned(),
            province: self.province.to_owned(),
            country: self.country.to_owned(),
        };
        let user = User {
            id: UserId(self.user_id),
            profile,
            profile_source: self.profile_source,
            phone: self.phone.map(str::parse).transpose().ok()?,
            status: self.status,
            created_at: time(self.user_created_at)?,
        };
        Some(Session {
            entry,
            opened_for: UserId(self.opened_for),
            user,
            identity,
            session_key: SessionKey::try_from(self.session_key.to_owned()).ok()?,
            used_at: time(self.used_at)?,
        })
    }
}

/// What a list says about a session, in the form [`CURRENT`] behind its number.
pub(super) fn listed(entry: &Entry) -> Vec<u8> {
    let form = EntryForm {
        id: &entry.id,
        key: &entry.key,
        app_id: entry.app_id.as_str(),
        label: &entry.label,
        created_at: entry.created_at.timestamp_millis(),
    };
    postcard::to_extend(&form, vec![CURRENT]).expect("texts and numbers into memory")
}

/// What a list says about a session; nothing if its form is unknown.
pub(super) fn read_listed(member: &[u8]) -> Option<Entry> {
    let (1, plain) = member.split_first().map(|(form, plain)| (*form, plain))? else { return None };
    let form: EntryForm<'_> = postcard::from_bytes(plain).ok()?;
    Some(Entry {
        id: form.id.to_owned(),
        key: form.key.to_owned(),
        app_id: form.app_id.parse().ok()?,
        label: form.label.to_owned(),
        created_at: time(form.created_at)?,
    })
}

fn time(milliseconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::token::{Purpose, Token};

    fn session(key: &str) -> Session {
        let at = |milliseconds| time(milliseconds).unwrap();
        let identity = Identity {
            app_id: "wx0123456789abcdef".parse().unwrap(),
            openid: "oGZUI0egBJY1zhBYw2KhdUfwVJJE".parse().unwrap(),
            unionid: Some("ocMvos6NjeKLIBqg5Mr9QjxrP1FA".parse().unwrap()),
        };
        let profile = Profile {
            nickname: "李雷 👨‍👩‍👧‍👦".into(),
            avatar_url: "https://img.example.com/a.png".into(),
            gender: 1,
            language: "zh_CN".into(),
            city: "Guangzhou".into(),
            province: "Guangdong".into(),
            country: "CN".into(),
        };
        Session {
            entry: Entry {
                id: "c2VjcmV0LWZyZWU".into(),
                key: key.into(),
                app_id: identity.app_id.clone(),
                label: "iPhone · WeChat 8.0.50".into(),
                created_at: at(1_763_900_000_001),
            },
            opened_for: UserId(41),
            user: User {
                id: UserId(42),
                profile,
                profile_source: ProfileSource::Wechat,
                phone: Some("+8613800000000".parse().unwrap()),
                status: Status::Active,
                created_at: at(1_763_800_000_002),
            },
            identity,
            session_key: SessionKey::try_from("tiihtNczf5v6AKRyjwEUhQ==".to_owned()).unwrap(),
            used_at: at(1_763_900_045_003),
        }
    }

    #[test]
    fn a_session_is_read_as_it_was_written() {
        let random = Random::system();
        let place = Token::random(&random).place(Purpose::Session);
        let session = session(place.name());

        let sealed = place.seal(CURRENT, &written(&session), &random);

        assert_eq!(read(place.name(), &place.open(&sealed).unwrap()), Some(session));
        assert!(sealed.len() < 400, "{} bytes", sealed.len());
    }

    #[test]
    fn a_session_of_the_first_form_opens_for_ever() {
        let [token, sealed, member] =
            include_str!("../../tests/fixtures/session-form-1.txt").lines().collect::<Vec<_>>()[..]
        else {
            panic!("the fixture has a token, a sealed session and a member of a list")
        };
        let place = Token::parse(token).unwrap().place(Purpose::Session);

        let opened = read(place.name(), &place.open(&hex::decode(sealed).unwrap()).unwrap());

        let expected = session(place.name());
        assert_eq!(read_listed(&hex::decode(member).unwrap()).as_ref(), Some(&expected.entry));
        assert_eq!(opened, Some(expected));
    }

    #[test]
    fn a_form_that_is_unknown_is_no_session() {
        let random = Random::system();
        let place = Token::random(&random).place(Purpose::Session);
        let session = session(place.name());

        let sealed = place.seal(9, &written(&session), &random);

        assert_eq!(read(place.name(), &place.open(&sealed).unwrap()), None);
        assert_eq!(read_listed(&[&[9], &listed(&session.entry)[1..]].concat()), None);
        assert_eq!(read_listed(b""), None);
    }
}
