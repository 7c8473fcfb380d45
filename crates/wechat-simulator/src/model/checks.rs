//! What WeChat says of texts, and of phone numbers that its phones encrypted; a test may lay down both. Rule 44 of
//! docs/simulator.md.

use super::ids::AppId;
use super::time::after;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;

/// How long WeChat knows again what its phones encrypted.
const MEMORY: Duration = Duration::from_secs(3 * 86_400);

/// The label of a text that nothing is wrong with.
pub(crate) const HARMLESS: i64 = 100;

/// What is to become of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Suggestion {
    Pass,
    Review,
    Risky,
}

/// What is said of every text with `contains` in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TextRule {
    pub(crate) contains: String,
    pub(crate) suggest: Suggestion,
    /// WeChat's number for what is wrong, such as 20001.
    pub(crate) label: i64,
}

/// What is said of encrypted phone numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Encrypted {
    /// Valid is what a phone of this WeChat made in the last three days; the rest does not exist.
    #[default]
    AsMade,
    /// Everything is valid.
    Valid,
    /// Everything exists, and nothing is valid.
    Invalid,
    /// Nothing exists.
    Unknown,
}

#[derive(Default)]
pub(crate) struct Checks {
    /// The first that fits counts.
    pub(crate) texts: Vec<TextRule>,
    pub(crate) encrypted: Encrypted,
    /// When a phone made what has this hash.
    made: HashMap<(AppId, String), DateTime<Utc>>,
}

impl Checks {
    /// What is said of a text of these parts.
    pub(crate) fn judge_text(&self, parts: &[&str]) -> (Suggestion, i64) {
        let fits = |rule: &&TextRule| parts.iter().any(|part| part.contains(&rule.contains));
        self.texts.iter().find(fits).map_or((Suggestion::Pass, HARMLESS), |rule| (rule.suggest, rule.label))
    }

    /// Notes that a phone encrypted a number.
    pub(crate) fn note_encrypted(&mut self, app: &AppId, hash: String, now: DateTime<Utc>) {
        self.made.insert((app.clone(), hash), now);
    }

    /// Whether what has this hash is valid, and since when; `None` when it does not exist.
    pub(crate) fn judge_encrypted(&self, app: &AppId, hash: &str, now: DateTime<Utc>) -> Option<(bool, DateTime<Utc>)> {
        let made = self.made.get(&(app.clone(), hash.to_owned())).copied();
        match self.encrypted {
            Encrypted::AsMade => made.filter(|at| now < after(*at, MEMORY)).map(|at| (true, at)),
            Encrypted::Valid => Some((true, made.unwrap_or(now))),
            Encrypted::Invalid => Some((false, made.unwrap_or(now))),
            Encrypted::Unknown => None,
        }
    }
}
