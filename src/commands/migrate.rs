//! `weapp-login migrate`: the schema.

use super::settings;
use crate::app::{install_crypto, open_users};
use crate::settings::{DatabaseSettings, Secrets};

pub async fn run() -> anyhow::Result<()> {
    let database: DatabaseSettings = settings(Secrets::Any)?;
    install_crypto();
    let applied = open_users(&database)?.migrate().await?;
    if applied.is_empty() {
        println!("the schema is up to date");
    }
    for migration in applied {
        println!("applied {migration}");
    }
    Ok(())
}
