//! `weapp-login migrate`: the schema.

use super::database_settings;
use crate::app::open_users;

pub async fn run() -> anyhow::Result<()> {
    let settings = database_settings()?;
    let applied = open_users(&settings.database, 1)?.migrate().await?;
    if applied.is_empty() {
        println!("the schema is up to date");
    }
    for migration in applied {
        println!("applied {migration}");
    }
    Ok(())
}
