//! What somebody entered, checked: a name, the address of a picture, a phone number.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A text that somebody entered cannot be kept as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unacceptable(pub &'static str);

/// A name that somebody chose: 1 to 64 characters that can be seen, on one line.
///
/// Control characters, characters that turn the direction of what follows, and characters without width are left out
/// rather than refused: they arrive by pasting, and nobody can see what to correct. A joiner stays where it joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nickname(String);

impl Nickname {
    /// Longest name, in Unicode scalar values.
    pub const MAX: usize = 64;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Nickname {
    type Err = Unacceptable;
    fn from_str(text: &str) -> Result<Self, Unacceptable> {
        let shown = shown(text);
        match shown.chars().count() {
            0 => Err(Unacceptable("nickname must have a character that can be seen")),
            1..=Nickname::MAX => Ok(Nickname(shown)),
            _ => Err(Unacceptable("nickname must have 64 characters at most")),
        }
    }
}

/// Where a picture lies: an http or https address of 512 bytes at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvatarUrl(pub(super) String);

impl AvatarUrl {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AvatarUrl {
    type Err = Unacceptable;
    fn from_str(text: &str) -> Result<Self, Unacceptable> {
        const FORM: Unacceptable = Unacceptable("avatarUrl must be an http or https address of 512 bytes at most");
        let url = url::Url::parse(text).map_err(|_| FORM)?;
        if text.len() > 512 || !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() {
            return Err(FORM);
        }
        // Source: https://developers.weixin.qq.com/miniprogram/en/dev/framework/open-ability/userProfile.html
        if matches!(url.host_str(), None | Some("tmp" | "usr" | "store")) {
            return Err(Unacceptable("avatarUrl is a path on the phone; upload the picture and send its address"));
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(FORM);
        }
        Ok(AvatarUrl(text.to_owned()))
    }
}

/// A telephone number as E.164 writes it, such as `+8613800000000`. Not printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

impl Phone {
    /// The number `national` in the country with the calling code `country`, such as `86` and `13800000000`.
    pub fn in_country(country: &str, national: &str) -> Result<Phone, Unacceptable> {
        format!("+{}{national}", country.trim_start_matches('+')).parse()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Phone {
    type Err = Unacceptable;
    fn from_str(text: &str) -> Result<Self, Unacceptable> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let whole = (5..=15).contains(&digits.len()) && !digits.starts_with('0');
        if whole && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Phone(text.to_owned()))
        } else {
            Err(Unacceptable("a phone number must be + and 5 to 15 digits, as E.164 says"))
        }
    }
}

impl TryFrom<String> for Phone {
    type Error = Unacceptable;
    fn try_from(text: String) -> Result<Self, Unacceptable> {
        text.parse()
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> String {
        phone.0
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(..)")
    }
}

/// `text` on one line, without what cannot be seen or would change how its neighbours are shown.
pub(super) fn shown(text: &str) -> String {
    let mut kept: Vec<char> = Vec::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            if kept.last().is_some_and(|last| *last != ' ') {
                kept.push(' ');
            }
        } else if is_joiner(c) {
            if kept.last().is_some_and(|last| *last != ' ' && !is_joiner(*last)) {
                kept.push(c);
            }
        } else if !is_invisible(c) {
            kept.push(c);
        }
    }
    while kept.last().is_some_and(|last| *last == ' ' || is_joiner(*last)) {
        kept.pop();
    }
    kept.into_iter().collect()
}

/// Zero width non-joiner and joiner: Persian spelling and emoji families need them between two characters.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e000}'..='\u{f8ff}'
        | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nickname_keeps_emoji_families_and_persian() {
        for name in ["😀", "👨‍👩‍👧‍👦", "می‌خواهم", "Band", "李 雷"] {
            assert_eq!(name.parse::<Nickname>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn a_nickname_loses_what_cannot_be_seen() {
        for (text, kept) in [
            ("  a \t\n b ", "a b"),
            ("ad\u{200b}min", "admin"),
            ("\u{202e}nimda\u{202c}", "nimda"),
            ("\u{2066}x\u{2069}", "x"),
            ("a\u{0}b", "a b"),
            ("x\u{200d}", "x"),
            ("\u{200d}\u{200d}x", "x"),
            ("\u{feff}x\u{ad}y", "xy"),
        ] {
            assert_eq!(text.parse::<Nickname>().unwrap().as_str(), kept);
        }
    }

    #[test]
    fn a_nickname_has_one_to_sixty_four_characters() {
        assert!("".parse::<Nickname>().is_err());
        assert!("\u{200b}\u{3164}\u{202e} ".parse::<Nickname>().is_err());
        assert!("字".repeat(64).parse::<Nickname>().is_ok());
        assert!("字".repeat(65).parse::<Nickname>().is_err());
    }

    #[test]
    fn an_avatar_is_an_address_that_others_can_open() {
        assert!("https://img.example/a.png".parse::<AvatarUrl>().is_ok());
        for bad in [
            "",
            "a.png",
            "wxfile://tmp_1.png",
            "http://tmp/1.png",
            "javascript:alert(1)",
            "https://u:p@h/a",
            "https://h/a b",
        ] {
            assert!(bad.parse::<AvatarUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_phone_number_is_e164() {
        assert_eq!(Phone::in_country("86", "13800000000").unwrap().as_str(), "+8613800000000");
        for bad in ["13800000000", "+0123456", "+12", "+1234567890123456", "+86 138", ""] {
            assert!(bad.parse::<Phone>().is_err(), "{bad}");
        }
    }
}
