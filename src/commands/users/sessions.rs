//! `users sessions`, `users revoke` and `users revoke-all`: where somebody is signed in.

use super::desk::Desk;
use super::print;
use crate::commands::ending::Ending;
use crate::session::OpenSession;
use crate::store::EventKind;
use crate::user::UserId;
use serde_json::{Value, json};

pub(super) async fn list(desk: &Desk, id: UserId) -> anyhow::Result<Ending> {
    if desk.users.by_id(id).await?.is_none() {
        return Ok(print::nobody(id));
    }
    let open = desk.sessions.of(id).await?;
    if desk.json {
        println!("{}", Value::from_iter(open.iter().map(document)));
        return Ok(Ending::Done);
    }
    for listed in open {
        let (entry, used, ends) = (&listed.entry, listed.used_at, listed.expires_at);
        println!("{}  {}  last used {used}  ends {ends}  {}", entry.id, entry.app_id, entry.label);
    }
    Ok(Ending::Done)
}

/// A session as programs read it.
pub(super) fn document(open: &OpenSession) -> Value {
    json!({
        "id": open.entry.id,
        "appId": open.entry.app_id,
        "device": open.entry.label,
        "createdAt": open.entry.created_at,
        "lastUsedAt": open.used_at,
        "expiresAt": open.expires_at,
    })
}

pub(super) async fn revoke(desk: &Desk, id: UserId, session: &str) -> anyhow::Result<Ending> {
    let is_open = desk.sessions.of(id).await?.iter().any(|open| open.entry.id == session);
    if !is_open {
        eprintln!("weapp-login: the account {id} has no such session");
        return Ok(Ending::Nobody);
    }
    if !desk.dry_run {
        desk.sessions.close_one(id, session).await?;
    }
    told(desk, id, 1).await
}

pub(super) async fn revoke_all(desk: &Desk, id: UserId) -> anyhow::Result<Ending> {
    let Some(user) = desk.users.by_id(id).await? else { return Ok(print::nobody(id)) };
    let ended = match desk.dry_run {
        true => desk.sessions.of(user.id).await?.len(),
        false => desk.sessions.close_all(user.id).await?,
    };
    told(desk, user.id, ended).await
}

/// Says how many sessions ended, to whoever asked and in an event.
async fn told(desk: &Desk, id: UserId, ended: usize) -> anyhow::Result<Ending> {
    if desk.dry_run {
        print::say(desk, &format!("{ended} sessions would end"), &json!({ "id": id.to_string(), "wouldEnd": ended }));
        return Ok(Ending::Done);
    }
    if ended > 0 {
        desk.users.note(Some(id), EventKind::Revoke, desk.act()).await?;
    }
    print::say(desk, &format!("{ended} sessions ended"), &json!({ "id": id.to_string(), "sessionsEnded": ended }));
    Ok(Ending::Done)
}
