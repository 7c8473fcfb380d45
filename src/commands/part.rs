//! The part of the settings that a command needs.

use crate::settings::{Problems, Secrets, Section, Sources, read};

/// The part of the settings that a command needs; who sits at the terminal hears of names that are misspelt.
///
/// # Errors
/// Every problem found.
pub(super) fn settings<T: Section>(secrets: Secrets) -> Result<T, Problems> {
    settings_of(&Sources::of_process(), secrets)
}

/// The same of other sources than those of the process alone.
///
/// # Errors
/// Every problem found.
pub(super) fn settings_of<T: Section>(sources: &Sources, secrets: Secrets) -> Result<T, Problems> {
    let loaded = read(sources, secrets)?;
    for warning in loaded.warnings {
        eprintln!("weapp-login: {warning}");
    }
    Ok(loaded.settings)
}
