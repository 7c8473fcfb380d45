//! Who people are to us: what they show, and what an admin decided about them.
//!
//! Nothing here knows WeChat, a database or HTTP.

mod entered;

pub use entered::{AvatarUrl, Nickname, Phone, Unacceptable};

use chrono::{DateTime, Utc};
use entered::shown;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A person's number. Handed to clients as a decimal string, because JavaScript's numbers end at 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UserId(pub i64);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a profile came from, the more binding the later: what somebody wrote is not replaced by WeChat's data, and
/// WeChat's real data not by anonymous data.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "lowercase")]
pub enum ProfileSource {
    /// WeChat's stand-in for everybody.
    Anonymous,
    /// Real data of WeChat.
    Wechat,
    /// Written by the person.
    User,
}

impl ProfileSource {
    /// The text in the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether a profile from here, given by somebody who registers again, takes the place of the one they have.
    ///
    /// What is worth as much replaces, being newer; anonymous data replaces nothing.
    pub fn replaces(self, kept: ProfileSource) -> bool {
        self > ProfileSource::Anonymous && self >= kept
    }

    /// Whether, of two accounts that become one, the profile from here is kept and not the one of the account that stays.
    pub fn outranks(self, keepers: ProfileSource) -> bool {
        self > keepers
    }
}

/// What may be done with an account, the stricter the later.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "lowercase")]
pub enum Status {
    /// Everything.
    Active,
    /// No login; open sessions end.
    Suspended,
    /// Nothing: the person left.
    Erased,
}

impl Status {
    /// The text in the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The status of an account that two became: nobody is freed by turning out to be somebody else, too.
    pub fn strictest(self, other: Status) -> Status {
        self.max(other)
    }
}

/// What somebody shows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile {
    /// Empty before somebody filled it in.
    pub nickname: String,
    /// Where a picture of them lies; empty: nowhere.
    pub avatar_url: String,
    /// 0 unknown, 1 male, 2 female, as WeChat counts.
    pub gender: i16,
    /// Such as `zh_CN`; WeChat leaves it empty today.
    pub language: String,
    /// As WeChat once told it.
    pub city: String,
    /// As WeChat once told it.
    pub province: String,
    /// As WeChat once told it.
    pub country: String,
}

/// What every person is called in the data that WeChat hands out without consent. Source:
/// <https://developers.weixin.qq.com/community/develop/doc/00022c683e8a80b29bed2142b56c01>
pub const ANONYMOUS_NICKNAME: &str = "微信用户";

impl Profile {
    /// This profile with texts cut to what the database keeps and made safe to show, whatever a client of WeChat allowed.
    pub fn tidied(self) -> Profile {
        let place = |text: String| shown(&text).chars().take(64).collect();
        Profile {
            nickname: shown(&self.nickname).chars().take(Nickname::MAX).collect(),
            avatar_url: self.avatar_url.parse::<AvatarUrl>().map(|url| url.0).unwrap_or_default(),
            gender: if (0..=2).contains(&self.gender) { self.gender } else { 0 },
            language: shown(&self.language).chars().take(16).collect(),
            city: place(self.city),
            province: place(self.province),
            country: place(self.country),
        }
    }

    /// Whether this is real data or the stand-in that everybody shares.
    pub fn source(&self) -> ProfileSource {
        if self.nickname.is_empty() || self.nickname == ANONYMOUS_NICKNAME {
            ProfileSource::Anonymous
        } else {
            ProfileSource::Wechat
        }
    }
}

/// A person as the service knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The account's number.
    pub id: UserId,
    /// What they show.
    pub profile: Profile,
    /// Where that came from.
    pub profile_source: ProfileSource,
    /// The number that WeChat vouched for.
    pub phone: Option<Phone>,
    /// What may be done with the account.
    pub status: Status,
    /// When they registered first.
    pub created_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anonymous_data_is_recognised() {
        let anonymous = Profile { nickname: ANONYMOUS_NICKNAME.into(), ..Profile::default() };

        assert_eq!(anonymous.source(), ProfileSource::Anonymous);
        assert_eq!(Profile::default().source(), ProfileSource::Anonymous);
        assert!(ProfileSource::Anonymous < ProfileSource::Wechat && ProfileSource::Wechat < ProfileSource::User);
    }

    #[test]
    fn a_profile_is_replaced_by_one_that_is_worth_as_much() {
        use ProfileSource::{Anonymous, User, Wechat};

        assert!(Wechat.replaces(Anonymous) && Wechat.replaces(Wechat) && !Wechat.replaces(User));
        assert!(!Anonymous.replaces(Anonymous) && !Anonymous.replaces(User));
        assert!(Wechat.outranks(Anonymous) && !Wechat.outranks(Wechat));
    }

    #[test]
    fn texts_of_the_database_are_read_as_they_are_written() {
        assert_eq!("wechat".parse(), Ok(ProfileSource::Wechat));
        assert_eq!((Status::Erased.as_str(), "erased".parse()), ("erased", Ok(Status::Erased)));
        assert!("Erased".parse::<Status>().is_err());
    }
}
