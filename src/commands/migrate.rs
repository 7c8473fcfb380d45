//! `weapp-login migrate`: the schema.

use super::part::settings;
use crate::app::open_users;
use crate::error::told;
use crate::settings::{DatabaseSettings, Secrets};

pub(super) async fn run() -> anyhow::Result<()> {
    let database: DatabaseSettings = settings(Secrets::Real)?;
    let users = open_users(&database, 1)?;
    let applied = users.migrate().await?;
    if applied.is_empty() {
        println!("the schema is up to date");
    }
    for migration in applied {
        println!("applied {migration}");
    }
    // The schema is there, whatever the server says of itself.
    match users.caveats().await {
        Ok(caveats) => caveats.iter().for_each(|caveat| println!("note: {caveat}")),
        Err(error) => println!("note: what this server lacks could not be found out: {}", told(&error)),
    }
    Ok(())
}
