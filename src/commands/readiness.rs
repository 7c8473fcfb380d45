//! What must be there before anybody can sign in, as `serve` and `check` ask for it.

use crate::app::App;
use crate::error::told;
use crate::store::{StoreError, UserStore};
use anyhow::{anyhow, bail};

/// Names everything that is missing for serving.
///
/// # Errors
/// Something is.
pub(super) async fn require(app: &App) -> anyhow::Result<()> {
    let (database, redis) = tokio::join!(database(&*app.users), redis(app));
    let missing: Vec<_> = [("the database", database), ("redis", redis)]
        .into_iter()
        .filter_map(|(what, outcome)| Some(format!("{what}: {}", outcome.err()?)))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!("cannot serve:\n  - {}", missing.join("\n  - "))
}

/// Whether the database answers and has the schema of this program; what is wrong with it otherwise.
///
/// # Errors
/// What is wrong, for whoever reads it at a terminal.
pub(super) async fn database(users: &dyn UserStore) -> Result<(), String> {
    match users.pending_migrations().await {
        Ok(pending) if pending.is_empty() => Ok(()),
        Ok(pending) => Err(format!("lacks the migrations {}: run weapp-login migrate", pending.join(", "))),
        Err(error) => Err(told(&error)),
    }
}

/// The same for a command that needs nothing else.
///
/// # Errors
/// What is wrong.
pub(super) async fn require_database(users: &dyn UserStore) -> anyhow::Result<()> {
    database(users).await.map_err(|what| anyhow!("the database: {what}"))
}

/// Whether Redis answers. It is asked twice: a connection may take a second to open, which a machine that starts everything
/// at once can exceed.
///
/// # Errors
/// What is wrong, for whoever reads it at a terminal.
pub(super) async fn redis(app: &App) -> Result<(), String> {
    let outcome = match app.tokens.ping().await {
        Err(StoreError::Unavailable(_)) => app.tokens.ping().await,
        outcome => outcome,
    };
    outcome.map_err(|error| told(&error))
}
