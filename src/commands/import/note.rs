//! What is noted beside a file, so that a run that was ended goes on where it was.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A place between two lines of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub byte: u64,
    /// The line that the byte is on.
    pub line: u64,
    pub record: u64,
}

/// What came of the lines so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Tally {
    /// Accounts that were made.
    pub created: u64,
    /// Accounts that got one more way in.
    pub joined: u64,
    /// People who were there.
    pub known: u64,
    /// Lines that name nobody.
    pub skipped: u64,
    /// People of whom a part was left out.
    pub incomplete: u64,
}

/// What is noted.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    /// Length of the file that it is about.
    pub file_bytes: u64,
    /// Where the next line begins; nothing at the beginning of a file.
    pub place: Option<Place>,
    pub tally: Tally,
}

impl Note {
    /// Where an earlier run ended, if it read this very file.
    pub(super) fn read(path: &Path, file_bytes: u64) -> Note {
        let noted = std::fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Note>(&bytes).ok());
        noted.filter(|note| note.file_bytes == file_bytes).unwrap_or_default()
    }

    /// Written beside and moved into place, so that a run that is killed leaves a whole note.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let fresh = beside(path, "new");
        std::fs::write(&fresh, serde_json::to_vec(self)?)?;
        std::fs::rename(&fresh, path)?;
        Ok(())
    }

    /// Leaves none.
    pub(super) fn remove(path: &Path) -> anyhow::Result<()> {
        if path.exists() {
            std::fs::remove_file(path)?;
        }
        Ok(())
    }
}

/// A file beside `file` with a longer name.
pub(super) fn beside(file: &Path, what: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(what);
    name.into()
}
