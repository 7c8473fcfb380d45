//! How somebody new may come in.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A way of registering, told apart by what proves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    /// With what `wx.getUserInfo` returned: a profile that WeChat signed. On the wire `userInfo`.
    UserInfo,
    /// With the exchange of the code alone: nothing is asked of the person.
    Silent,
    /// With a tap that tells the phone number.
    Phone,
}

impl Way {
    /// All of them, the preferred one first where nobody says otherwise.
    pub const ALL: [Way; 3] = [Way::UserInfo, Way::Silent, Way::Phone];

    /// The word for it in settings, such as `user_info`.
    pub fn setting(self) -> &'static str {
        match self {
            Way::UserInfo => "user_info",
            Way::Silent => "silent",
            Way::Phone => "phone",
        }
    }
}

impl fmt::Display for Way {
    /// The word for it on the wire, such as `userInfo`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Way::UserInfo => "userInfo",
            Way::Silent => "silent",
            Way::Phone => "phone",
        })
    }
}

/// The text is none of the ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be user_info, silent or phone")]
pub struct NoWay;

impl FromStr for Way {
    type Err = NoWay;

    /// Reads the word that stands in settings.
    fn from_str(text: &str) -> Result<Way, NoWay> {
        Way::ALL.into_iter().find(|way| way.setting() == text).ok_or(NoWay)
    }
}

/// What becomes of somebody new whose phone number an account has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneAccounts {
    /// An account of their own.
    Separate,
    /// One more identity of that account, if it is the only one with the number.
    Link,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_has_one_word_in_settings_and_one_on_the_wire() {
        for way in Way::ALL {
            assert_eq!(way.setting().parse(), Ok(way));
            assert_eq!(serde_json::to_string(&way).unwrap(), format!("\"{way}\""));
        }
        assert_eq!("userInfo".parse::<Way>(), Err(NoWay));
    }
}
