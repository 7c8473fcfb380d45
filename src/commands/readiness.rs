//! What must be there before anybody can sign in, as `serve` and `check` ask for it.

use crate::app::App;
use crate::store::StoreError;
use anyhow::bail;

/// Names everything that is missing for serving.
///
/// # Errors
/// Something is.
pub(super) async fn require(app: &App) -> anyhow::Result<()> {
    let (database, redis) = tokio::join!(database(app), redis(app));
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
pub(super) async fn database(app: &App) -> Result<(), String> {
    match app.users.pending_migrations().await {
        Ok(pending) if pending.is_empty() => Ok(()),
        Ok(pending) => Err(format!("lacks the migrations {}: run weapp-login migrate", pending.join(", "))),
        Err(error) => Err(told(error)),
    }
}

/// Whether Redis answers. It is asked twice: a connection may take a second to open, which a machine that starts everything
/// at once can exceed.
///
/// # Errors
/// What is wrong, for whoever reads it at a terminal.
pub(super) async fn redis(app: &App) -> Result<(), String> {
    match app.tokens.ping().await {
        Err(StoreError::Unavailable(_)) => app.tokens.ping().await.map_err(told),
        outcome => outcome.map_err(told),
    }
}

fn told(error: StoreError) -> String {
    super::told(&error)
}
