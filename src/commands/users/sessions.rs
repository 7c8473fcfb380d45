//! `users sessions`, `users revoke` and `users revoke-all`: where somebody is signed in.

use super::desk::Desk;
use super::print;
use crate::commands::ending::Ending;
use crate::user::UserId;
use serde_json::json;

pub(super) async fn list(desk: &Desk, id: UserId) -> anyhow::Result<Ending> {
    if desk.users.by_id(id).await?.is_none() {
        return Ok(print::nobody(id));
    }
    let open = desk.sessions(id).await?;
    if desk.json {
        println!("{}", json!(open));
        return Ok(Ending::Done);
    }
    for listed in open {
        let (used, ends) = (listed.last_used_at, listed.expires_at);
        println!("{}  {}  last used {used}  ends {ends}  {}", listed.id, listed.app_id, listed.device);
    }
    Ok(Ending::Done)
}

pub(super) async fn revoke(desk: &Desk, id: UserId, session: &str) -> anyhow::Result<Ending> {
    let is_open = desk.sessions.of(id).await?.iter().any(|open| open.entry.id == session);
    if !is_open {
        eprintln!("weapp-login: the account {id} has no such session");
        return Ok(Ending::Nobody);
    }
    if !desk.dry_run {
        desk.revoke(id, session, desk.act()).await?;
    }
    Ok(told(desk, id, 1))
}

pub(super) async fn revoke_all(desk: &Desk, id: UserId) -> anyhow::Result<Ending> {
    let Some(user) = desk.users.by_id(id).await? else { return Ok(print::nobody(id)) };
    let ended = match desk.dry_run {
        true => desk.sessions.of(user.id).await?.len(),
        false => match desk.revoke_all(user.id, desk.act()).await? {
            Some(done) => done.ended?,
            None => return Ok(print::nobody(id)),
        },
    };
    Ok(told(desk, user.id, ended))
}

/// Says how many sessions ended.
fn told(desk: &Desk, id: UserId, ended: usize) -> Ending {
    if desk.dry_run {
        print::say(desk, &format!("{ended} sessions would end"), &json!({ "id": id.to_string(), "wouldEnd": ended }));
    } else {
        print::say(desk, &format!("{ended} sessions ended"), &json!({ "id": id.to_string(), "sessionsEnded": ended }));
    }
    Ending::Done
}
