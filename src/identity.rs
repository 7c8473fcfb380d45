//! Who WeChat says somebody is: the words that its answers are parsed into, each a proof of its own shape.
//!
//! Nothing here knows what an identity is used for.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// The text is not what its type asks for. It does not repeat the text, which may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {rule}")]
pub struct Malformed {
    what: &'static str,
    rule: &'static str,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Longest accepted text, in characters.
            pub const MAX: usize = $max;

            /// The text as WeChat wrote it, compared byte by byte everywhere.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = Malformed;
            fn from_str(text: &str) -> Result<Self, Malformed> {
                if (1..=$max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
                    Ok($name(text.to_owned()))
                } else {
                    Err(Malformed { what: $what, rule: concat!("1 to ", $max, " printable ASCII characters without space") })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = Malformed;
            fn try_from(text: String) -> Result<Self, Malformed> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

identifier! {
    /// A mini program, such as `wx0123456789abcdef`. Public: it may be logged.
    AppId, "an app id", 64
}
identifier! {
    /// A person within one mini program, such as `oGZUI0egBJY1zhBYw2KhdUfwVJJE`. Never printed, logged or sent to a client.
    OpenId, "an openid", 64
}
identifier! {
    /// A person within all mini programs of one Open Platform account. Never printed, logged or sent to a client.
    UnionId, "a unionid", 64
}

impl fmt::Debug for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AppId({})", self.0)
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OpenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenId(..)")
    }
}

impl fmt::Debug for UnionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnionId(..)")
    }
}

/// The key that WeChat signs and encrypts one person's data with: 16 bytes, kept as the base64 text that WeChat sends,
/// because the signature is made over that text. Wiped from memory when dropped; never leaves the server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionKey(Zeroizing<String>);

impl SessionKey {
    /// The base64 text, which is what signatures are made with.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The 16 bytes that data is encrypted with.
    pub fn bytes(&self) -> Zeroizing<[u8; 16]> {
        let bytes = Zeroizing::new(STANDARD.decode(self.0.as_bytes()).expect("checked when it was parsed"));
        Zeroizing::new(bytes.as_slice().try_into().expect("checked when it was parsed"))
    }
}

impl TryFrom<String> for SessionKey {
    type Error = Malformed;
    fn try_from(text: String) -> Result<Self, Malformed> {
        let text = Zeroizing::new(text);
        match STANDARD.decode(text.as_bytes()).map(Zeroizing::new) {
            Ok(bytes) if bytes.len() == 16 => Ok(SessionKey(text)),
            _ => Err(Malformed { what: "a session key", rule: "16 bytes in base64" }),
        }
    }
}

impl From<SessionKey> for String {
    fn from(key: SessionKey) -> String {
        key.0.as_str().to_owned()
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

/// What one exchange of a code proved: this person, in this mini program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The mini program.
    pub app_id: AppId,
    /// The person in it.
    pub openid: OpenId,
    /// Present when the mini program is bound to an Open Platform account. It may appear later for somebody known.
    pub unionid: Option<UnionId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_ids_of_people_do_not_print() {
        let identity = Identity {
            app_id: "wx1".parse().unwrap(),
            openid: "o-secret-open".parse().unwrap(),
            unionid: Some("o-secret-union".parse().unwrap()),
        };
        let key = SessionKey::try_from("tiihtNczf5v6AKRyjwEUhQ==".to_owned()).unwrap();

        let printed = format!("{identity:?} {key:?}");

        assert!(!printed.contains("secret") && !printed.contains("tiiht"), "{printed}");
    }

    #[test]
    fn a_session_key_is_sixteen_bytes() {
        for bad in ["", "AAAA", "tiihtNczf5v6AKRyjwEUh", "not base64 at all!!!!!!!", "tiihtNczf5v6AKRyjwEUhQ==\n"] {
            assert!(SessionKey::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_id_has_no_space_and_is_not_empty() {
        for bad in ["", " o1", "o1 ", "o\u{e9}", &"o".repeat(65)] {
            assert!(bad.parse::<OpenId>().is_err(), "{bad:?}");
        }
    }
}
