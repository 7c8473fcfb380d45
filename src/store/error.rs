//! Why a store gave no answer, as far as whoever asked has to decide by it.

use std::error::Error;
use std::sync::Arc;

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

    /// The same, told with the server that it is about, such as `redis at 127.0.0.1:6379`: there are two of them, and whoever
    /// reads the log has to look after the right one.
    pub(crate) fn of(self, server: &Arc<str>) -> StoreError {
        let told = |cause| Box::new(Told { server: server.clone(), cause });
        match self {
            StoreError::Unavailable(cause) => StoreError::Unavailable(told(cause)),
            StoreError::Broken(cause) => StoreError::Broken(told(cause)),
        }
    }
}

/// A server by name and address, and what is the matter with it.
#[derive(Debug, thiserror::Error)]
#[error("{server}")]
struct Told {
    server: Arc<str>,
    #[source]
    cause: Box<dyn Error + Send + Sync>,
}
