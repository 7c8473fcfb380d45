//! How a command ends, for scripts that call it.

use std::process::ExitCode;

/// What a command came to. Whoever is told an error instead gets 1, whoever called it wrongly 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Everything was done.
    Done,
    /// Some of it was done, the rest was left out and reported.
    Partly,
    /// There is nobody whom it could be done to.
    Nobody,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> ExitCode {
        match ending {
            Ending::Done => ExitCode::SUCCESS,
            Ending::Partly => ExitCode::from(3),
            Ending::Nobody => ExitCode::from(4),
        }
    }
}
