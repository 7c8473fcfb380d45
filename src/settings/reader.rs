//! Reads settings one by one and remembers what is wrong, instead of stopping at the first problem.

use super::declaration::Setting;
use super::sources::Sources;
use std::fmt;

/// A part of the settings that a command can ask for by itself, or several of them.
pub trait Section: Sized {
    /// The section, or `None` after its problems were handed to `reader`.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;
}

impl<A: Section, B: Section> Section for (A, B) {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (a, b) = (A::read(reader), B::read(reader));
        Some((a?, b?))
    }
}

impl<A: Section, B: Section, C: Section> Section for (A, B, C) {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (a, b, c) = (A::read(reader), B::read(reader), C::read(reader));
        Some((a?, b?, c?))
    }
}

/// Everything that is wrong with the settings, a line each. No value of a setting is part of it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings cannot be used:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

/// Whether a secret such as `change-me` will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// Any text: nothing that matters is behind it.
    Any,
    /// None that came with an example.
    Real,
}

/// Texts that stand in examples where a secret belongs. Compared in lower case, `_` as `-`.
const PLACEHOLDERS: &[&str] = &["change-me", "changeme", "your-secret", "your-app-secret", "your-password", "<secret>"];

/// Hands out checked values, and remembers what is wrong.
pub struct Reader<'a> {
    sources: &'a Sources,
    secrets: Secrets,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Reads `sources`, whose own problems come first.
    pub fn new(sources: &'a Sources, secrets: Secrets) -> Reader<'a> {
        Reader { sources, secrets, problems: sources.problems.clone() }
    }

    /// What was set.
    pub fn sources(&self) -> &'a Sources {
        self.sources
    }

    /// The value of the setting `name` among `declared`, or `None` after its problem was noted.
    pub fn value<T>(
        &mut self,
        declared: &[Setting],
        name: &str,
        parser: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let setting = declared.iter().find(|setting| setting.name == name).expect("a section reads its own settings");
        let entry = match self.sources.find(setting) {
            Ok(entry) => entry,
            Err(problem) => {
                self.problem(problem);
                return None;
            }
        };
        if setting.secret {
            self.check_secret(name, &entry.text, &entry.origin);
        }
        match parser(&entry.text) {
            Ok(value) => Some(value),
            Err(problem) => {
                let origin = if entry.origin.is_empty() { String::new() } else { format!(" ({})", entry.origin) };
                self.problem(format!("{name}: {problem}{origin}"));
                None
            }
        }
    }

    /// Notes a problem if `text`, which holds the secret called `name`, is one that came with an example.
    pub fn check_secret(&mut self, name: &str, text: &str, origin: &str) {
        let plain = text.to_lowercase().replace('_', "-");
        if self.secrets == Secrets::Real && PLACEHOLDERS.iter().any(|placeholder| plain.contains(placeholder)) {
            self.problem(format!("{name}: is still the placeholder of an example ({origin})"));
        }
    }

    /// Remembers that something is wrong. `problem` begins with the name of the setting and repeats no value.
    pub fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// Everything that was wrong.
    pub fn into_problems(self) -> Vec<String> {
        self.problems
    }
}
