//! `weapp-login migrate`: the schema.

use super::part::settings;
use crate::app::open_users;
use crate::settings::{DatabaseSettings, Secrets};

pub(super) async fn run() -> anyhow::Result<()> {
    let database: DatabaseSettings = settings(Secrets::Any)?;
    let applied = open_users(&database, 1)?.migrate().await?;
    if applied.is_empty() {
        println!("the schema is up to date");
    }
    for migration in applied {
        println!("applied {migration}");
    }
    Ok(())
}
