//! Why a database gave no answer, and what that says: about the connection, about trying again, to whoever asked.

use super::error::StoreError;
use diesel::result::{DatabaseErrorKind, Error};

/// Why an attempt gave no answer.
#[derive(Debug)]
pub(super) enum Failure {
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
pub(super) enum Verdict {
    /// It answers, whatever it answered.
    Sound,
    /// Nothing comes over it any more.
    Dead,
    /// It leads to a server that takes no writes.
    ReadOnly,
}

/// What a server says of a transaction that met another one and was undone. MySQL's 1213 and 1205 and SQLite's SQLITE_BUSY come
/// without a kind of their own. Then clusters, which say it of a COMMIT, too: Galera, Group Replication (3101, and 1180 where
/// the other's changes arrive while it waits), and TiDB (9007, 8022 and the like end in "[try again later]").
const MET: &[&str] = &[
    "Deadlock found",
    "Lock wait timeout",
    "is locked",
    "WSREP detected deadlock",
    "wsrep aborted transaction",
    "Plugin instructed the server to rollback",
    "Got error 149",
    "[try again later]",
];
/// Of a connection that is gone. Errors of the driver come without a code, by these words; those of MySQL are 1053, 1927, 4031.
const DEAD: &[&str] = &[
    "Input/output error",
    "Driver error",
    "Server shutdown in progress",
    "Connection was killed",
    "disconnected by the server",
];
/// Of a server that takes no writes, 1290, 1792, 1836; or is cut off from its cluster, 1047 of Galera and 3032.
const READ_ONLY: &[&str] = &[
    "-read-only option",
    "--read-only",
    "READ ONLY transaction",
    "read-only mode",
    "WSREP has not yet prepared node",
    "in offline mode",
];

impl Failure {
    /// A unique key says that somebody else was first.
    pub(super) fn is_duplicate(&self) -> bool {
        matches!(self, Failure::Query(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }

    /// The same transaction may work at once: it met another one, or somebody else was first and is seen by the next.
    pub(super) fn is_transient(&self) -> bool {
        use DatabaseErrorKind::{SerializationFailure, UniqueViolation};
        let (Failure::Query(error) | Failure::Commit(error)) = self else { return false };
        match error {
            Error::DatabaseError(SerializationFailure | UniqueViolation, _) | Error::RollbackTransaction => true,
            Error::DatabaseError(_, words) => says(words.message(), MET),
            _ => false,
        }
    }

    /// What it says about the connection.
    pub(super) fn verdict(&self) -> Verdict {
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
    pub(super) fn into_store_error(self) -> StoreError {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &str) -> Failure {
        Failure::Query(Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(words.to_owned())))
    }

    #[test]
    fn a_server_that_refuses_writes_is_recognised() {
        for words in [
            "The MySQL server is running with the --read-only option so it cannot execute this statement",
            "The MySQL server is running with the --super-read-only option so it cannot execute this statement",
            "The MariaDB server is running with the --read-only option so it cannot execute this statement",
            "Cannot execute statement in a READ ONLY transaction.",
            "Running in read-only mode",
            "WSREP has not yet prepared node for application use",
            "The server is currently in offline mode",
        ] {
            assert_eq!(said(words).verdict(), Verdict::ReadOnly, "{words}");
            assert!(matches!(said(words).into_store_error(), StoreError::Unavailable(_)), "{words}");
        }
    }

    #[test]
    fn a_connection_that_is_gone_is_recognised() {
        for words in [
            "Input/output error: Input/output error: Broken pipe (os error 32)",
            "Driver error: `Connection is closed.'",
            "Server shutdown in progress",
            "The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout",
        ] {
            assert_eq!(said(words).verdict(), Verdict::Dead, "{words}");
        }
    }

    #[test]
    fn what_met_another_transaction_says_nothing_of_the_connection() {
        let met = said("Deadlock found when trying to get lock; try restarting transaction");

        assert_eq!((met.verdict(), met.is_transient()), (Verdict::Sound, true));
        for words in [
            "WSREP detected deadlock/conflict and aborted the transaction. Try restarting the transaction",
            "Plugin instructed the server to rollback the current transaction.",
            "Got error 149 - 'Lock deadlock; Retry transaction' during COMMIT",
            "Write conflict, txnStartTS=4, conflictStartTS=5, primary=[] [try again later]",
        ] {
            let Failure::Query(error) = said(words) else { unreachable!() };
            let at_commit = Failure::Commit(error);
            assert_eq!((at_commit.verdict(), at_commit.is_transient()), (Verdict::Sound, true), "{words}");
        }
        assert!(matches!(said("Unknown column 'x' in 'SELECT'").into_store_error(), StoreError::Broken(_)));
    }
}
