//! The part of the settings that a command needs.

use crate::settings::{Problems, Secrets, Section, load};

/// The part of the settings that a command needs; who sits at the terminal hears of names that are misspelt.
///
/// # Errors
/// Every problem found.
pub(super) fn settings<T: Section>(secrets: Secrets) -> Result<T, Problems> {
    let loaded = load(secrets)?;
    for warning in loaded.warnings {
        eprintln!("weapp-login: {warning}");
    }
    Ok(loaded.settings)
}
