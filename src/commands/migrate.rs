//! `weapp-login migrate`: the schema.

use super::part::settings;
use crate::app::open_users;
use crate::settings::{DatabaseSettings, Secrets};

pub(super) async fn run() -> anyhow::Result<()> {
    let database: DatabaseSettings = settings(Secrets::Any)?;
    let users = open_users(&database, 1)?;
    let applied = users.migrate().await?;
    if applied.is_empty() {
        println!("the schema is up to date");
    }
    for migration in applied {
        println!("applied {migration}");
    }
    for caveat in users.caveats().await? {
        println!("note: {caveat}");
    }
    Ok(())
}
