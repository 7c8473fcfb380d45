//! `users show`: an account as support staff need it.

use super::desk::Desk;
use super::print;
use crate::commands::ending::Ending;
use crate::desk::Account;
use crate::store::{Held, HeldAccount, HeldEvent, HeldIdentity};
use crate::user::UserId;

/// Events that are shown, the last ones.
const EVENTS: usize = 20;

pub(super) async fn run(desk: &Desk, id: UserId) -> anyhow::Result<Ending> {
    let Some(held) = desk.held(id).await? else { return Ok(print::nobody(id)) };
    match desk.json {
        true => println!("{}", serde_json::to_string(&Account::from(held))?),
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
