//! `users export`: everything that is held about a person, for the person.

use super::desk::Desk;
use super::{print, sessions};
use crate::commands::ending::Ending;
use crate::user::UserId;
use anyhow::Context;
use serde_json::json;

pub(super) async fn run(desk: &Desk, id: UserId) -> anyhow::Result<Ending> {
    let Some(held) = desk.users.held(id).await? else { return Ok(print::nobody(id)) };
    let mut document = serde_json::to_value(held).context("rows are JSON")?;
    let sessions = desk.sessions.of(id).await?;
    document["sessions"] = json!(sessions.iter().map(sessions::document).collect::<Vec<_>>());
    document["exported_at"] = json!(desk.clock.now());
    println!("{}", serde_json::to_string_pretty(&document)?);
    Ok(Ending::Done)
}
