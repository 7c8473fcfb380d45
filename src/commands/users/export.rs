//! `users export`: everything that is held about a person, for the person.

use super::desk::Desk;
use super::print;
use crate::commands::ending::Ending;
use crate::store::EventKind;
use crate::user::UserId;

pub(super) async fn run(desk: &Desk, id: UserId) -> anyhow::Result<Ending> {
    let Some(document) = desk.export(id).await? else { return Ok(print::nobody(id)) };
    if !desk.dry_run {
        desk.users.note(Some(id), EventKind::Export, desk.act()).await?;
    }
    println!("{}", serde_json::to_string_pretty(&document)?);
    Ok(Ending::Done)
}
