//! `users erase`: for a person who asks for it and cannot sign in.

use super::desk::Desk;
use super::print;
use crate::commands::ending::Ending;
use crate::user::{Status, UserId};
use anyhow::{Context, bail};
use serde_json::json;

const SESSIONS_LEFT: &str =
    "the account is erased; its open sessions end within 60 s, because ending them at once failed";

pub(super) async fn run(desk: &Desk, id: UserId, yes: bool) -> anyhow::Result<Ending> {
    let Some(user) = desk.users.by_id(id).await? else { return Ok(print::nobody(id)) };
    let erased = user.status == Status::Erased;
    if desk.dry_run {
        let ways = desk.users.identities(user.id).await?.len();
        let words = match erased {
            true => format!("account {} was erased already", user.id),
            false => format!("account {} with {ways} ways in would be erased, for good", user.id),
        };
        print::say(desk, &words, &json!({ "id": user.id.to_string(), "wouldErase": !erased, "identities": ways }));
        return Ok(Ending::Done);
    }
    if !yes {
        bail!("erasing account {} cannot be undone: look with --dry-run, then say --yes", user.id);
    }
    let Some(done) = desk.erase(user.id, desk.act()).await? else { return Ok(print::nobody(id)) };
    let ended = done.ended.context(SESSIONS_LEFT)?;
    let words = format!("account {} is erased, {ended} sessions ended", user.id);
    print::say(desk, &words, &json!({ "id": user.id.to_string(), "erased": true, "sessionsEnded": ended }));
    Ok(Ending::Done)
}
