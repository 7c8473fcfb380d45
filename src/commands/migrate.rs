//! `weapp-login migrate`: the schema.

use super::database_settings;
use crate::app::{install_crypto, open_users};

pub async fn run() -> anyhow::Result<()> {
    let settings = database_settings()?;
    install_crypto();
    let applied = open_users(&settings)?.migrate().await?;
    if applied.is_empty() {
        println!("the schema is up to date");
    }
    for migration in applied {
        println!("applied {migration}");
    }
    Ok(())
}
