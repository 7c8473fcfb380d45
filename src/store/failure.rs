//! Why a database gave no answer, and what that says: about the connection, about trying again, to whoever asked.

use super::error::StoreError;
use diesel::result::{DatabaseErrorKind, Error};

/// Why an attempt gave no answer.
#[derive(Debug)]
pub enum Failure {
    /// The database refused, or was not there.
    Query(Error),
    /// The same of a COMMIT: it may have taken effect.
    Commit(Error),
    /// What was read makes no sense, or there was no connection to be had.
    Store(StoreError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Query(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Store(error)
    }
}

/// What a failure says about the connection that it happened on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It answers, whatever it answered.
    Sound,
    /// Nothing comes over it any more.
    Dead,
    /// It leads to a server that takes no writes.
    ReadOnly,
}

impl Failure {
    /// A unique key says that somebody else was first.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Failure::Query(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }

    /// The same transaction may work at once: it met another one, or somebody else was first and is seen by the next.
    pub fn is_transient(&self) -> bool {
        use DatabaseErrorKind::{SerializationFailure, UniqueViolation};
        let (Failure::Query(error) | Failure::Commit(error)) = self else { return false };
        match error {
            Error::DatabaseError(SerializationFailure | UniqueViolation, _) | Error::RollbackTransaction => true,
            // MySQL's 1213 and 1205 and SQLite's SQLITE_BUSY come without a kind of their own. A cluster says them of a COMMIT, too.
            Error::DatabaseError(_, words) => {
                says(words.message(), &["Deadlock found", "Lock wait timeout", "is locked"])
            }
            _ => false,
        }
    }

    /// What it says about the connection.
    pub fn verdict(&self) -> Verdict {
        // Errors of the driver come without a code, by these words; those of MySQL are 1053, 1927, 4031 and 1290, 1792, 1836.
        const DEAD: &[&str] = &[
            "Input/output error",
            "Driver error",
            "Server shutdown in progress",
            "Connection was killed",
            "disconnected by the server",
        ];
        const READ_ONLY: &[&str] = &["-read-only option", "--read-only", "READ ONLY transaction", "read-only mode"];
        let (Failure::Query(error) | Failure::Commit(error)) = self else { return Verdict::Sound };
        match error {
            Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _) => Verdict::ReadOnly,
            Error::DatabaseError(_, words) if says(words.message(), READ_ONLY) => Verdict::ReadOnly,
            Error::DatabaseError(_, words) if says(words.message(), DEAD) => Verdict::Dead,
            Error::BrokenTransactionManager => Verdict::Dead,
            _ => Verdict::Sound,
        }
    }

    /// What whoever asked is told.
    pub fn into_store_error(self) -> StoreError {
        let error = match self {
            Failure::Store(error) => return error,
            Failure::Query(error) | Failure::Commit(error) => error,
        };
        match &error {
            Error::NotFound
            | Error::SerializationError(_)
            | Error::DeserializationError(_)
            | Error::QueryBuilderError(_) => StoreError::broken(error),
            // The database's own words repeat the value, which may be an openid.
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                StoreError::broken("a unique key was violated, each time the transaction was made again")
            }
            Error::DatabaseError(kind, words) if is_defect(kind, words.message()) => StoreError::broken(error),
            _ => StoreError::unavailable(error),
        }
    }
}

fn says(message: &str, texts: &[&str]) -> bool {
    texts.iter().any(|text| message.contains(text))
}

/// Whether the database found fault with the statement or what it was given, and not with the moment.
fn is_defect(kind: &DatabaseErrorKind, message: &str) -> bool {
    use DatabaseErrorKind::{CheckViolation, ForeignKeyViolation, NotNullViolation};
    let faults = ["syntax", "Unknown column", "doesn't exist", "no such", "Data too long", "denied", "Incorrect"];
    matches!(kind, ForeignKeyViolation | NotNullViolation | CheckViolation) || says(message, &faults)
}
