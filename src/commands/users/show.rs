//! `users show`: an account as support staff need it.

use super::desk::Desk;
use super::print;
use crate::commands::ending::Ending;
use crate::store::{Held, HeldAccount, HeldEvent, HeldIdentity};
use crate::user::UserId;
use chrono::NaiveDateTime;
use serde_json::{Value, json};

/// Events that are shown, the last ones.
const EVENTS: usize = 20;

pub(super) async fn run(desk: &Desk, id: UserId) -> anyhow::Result<Ending> {
    let Some(held) = desk.users.held(id).await? else { return Ok(print::nobody(id)) };
    match desk.json {
        true => println!("{}", document(&held)),
        false => words(&held, id),
    }
    Ok(Ending::Done)
}

fn kept(held: &Held) -> &HeldAccount {
    held.accounts.first().expect("whoever is held has an account")
}

/// The last events, the last one first.
fn last(held: &Held) -> impl Iterator<Item = &HeldEvent> {
    held.events.iter().rev().take(EVENTS)
}

fn words(held: &Held, asked: UserId) {
    let account = kept(held);
    if account.id != asked.0 {
        println!("account {asked} was merged into {}", account.id);
    }
    println!("id              {}", account.id);
    println!("status          {}{}", account.status, because(&account.status_by, &account.status_reason));
    if let Some(erased) = account.erased_at {
        println!("erased          {}", erased.and_utc());
    }
    println!("nickname        {} ({})", account.nickname, account.profile_source);
    println!("avatar          {}", account.avatar_url);
    println!("phone           {}", account.phone.as_deref().unwrap_or_default());
    println!("registered      {}", account.created_at.and_utc());
    for HeldIdentity { app_id, created_at, last_login_at, .. } in &held.identities {
        let last = last_login_at.map_or("never".to_owned(), |last| last.and_utc().to_string());
        println!("mini program    {app_id} since {}, last login {last}", created_at.and_utc());
    }
    for merged in &held.accounts[1..] {
        println!("merged into it  {}", merged.id);
    }
    for event in last(held) {
        let (at, app) = (event.at.and_utc(), event.app_id.as_deref().unwrap_or_default());
        println!("event           {at}  {} {app}{}", event.kind, because(&event.actor, &event.reason));
    }
}

fn because(by: &Option<String>, reason: &Option<String>) -> String {
    let by = by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    by + &reason
}

fn document(held: &Held) -> Value {
    let account = kept(held);
    let utc = |time: NaiveDateTime| time.and_utc();
    json!({
        "id": account.id.to_string(),
        "status": account.status,
        "statusBy": account.status_by,
        "statusReason": account.status_reason,
        "nickname": account.nickname,
        "avatarUrl": account.avatar_url,
        "profileSource": account.profile_source,
        "phone": account.phone,
        "createdAt": utc(account.created_at),
        "erasedAt": account.erased_at.map(utc),
        "identities": held.identities.iter().map(|way| json!({
            "appId": way.app_id, "createdAt": utc(way.created_at), "lastLoginAt": way.last_login_at.map(utc),
        })).collect::<Vec<_>>(),
        "merged": held.accounts[1..].iter().map(|merged| merged.id.to_string()).collect::<Vec<_>>(),
        "events": last(held).map(|event| json!({
            "at": utc(event.at), "kind": event.kind, "appId": event.app_id, "by": event.actor, "reason": event.reason,
        })).collect::<Vec<_>>(),
    })
}
