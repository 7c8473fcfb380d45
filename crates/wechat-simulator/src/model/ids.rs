//! Who is who: mini programs, people, and people in mini programs.

use serde::Serialize;
use std::borrow::Borrow;
use std::fmt;

/// The longest name of a person, in characters.
pub(crate) const LONGEST_NAME: usize = 64;

/// A mini program, such as `wx0123456789abcdef`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct AppId(String);

impl AppId {
    /// The id as WeChat writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for AppId {
    fn from(id: T) -> AppId {
        AppId(id.into())
    }
}

impl Borrow<str> for AppId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One person in one mini program.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Member {
    pub(crate) app: AppId,
    pub(crate) person: String,
}

/// Whether somebody can be called this: 1 to 64 characters, none of them a control character.
pub(crate) fn is_name(person: &str) -> bool {
    (1..=LONGEST_NAME).contains(&person.chars().count()) && !person.chars().any(char::is_control)
}
