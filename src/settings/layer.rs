//! One source of settings: names, texts, and where each text stands.

use std::collections::BTreeMap;

/// A text and where it was found, such as `from .env line 3`. The origin is empty for a default.
#[derive(Clone, Default)]
pub(super) struct Entry {
    /// The value, without space around it.
    pub text: String,
    /// Where it stands.
    pub origin: String,
}

/// Names and what they are set to in one source.
pub(super) type Layer = BTreeMap<String, Entry>;

impl Entry {
    /// `text` without the space around it.
    pub(super) fn new(text: &str, origin: &str) -> Entry {
        Entry { text: text.trim().to_owned(), origin: origin.to_owned() }
    }
}
