//! Why a store gave no answer, as far as whoever asked has to decide by it.

use std::error::Error;

/// Why a store gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, is too slow or says that it cannot serve at the moment. The same call may work later.
    #[error("the store does not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// It answered with what must not happen: a defect of ours or a schema that is not the one expected.
    #[error("the store answered with an error")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// A word for which of the two it is.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            StoreError::Unavailable(_) => "unavailable",
            StoreError::Broken(_) => "broken",
        }
    }

    /// An outage, because of `cause`.
    pub(crate) fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError::Unavailable(cause.into())
    }

    /// A defect, because of `cause`.
    pub(crate) fn broken(cause: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        StoreError::Broken(cause.into())
    }
}
