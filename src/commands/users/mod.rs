//! `weapp-login users`: for support staff, and for requests under data-protection law.
//!
//! Nothing here shows an openid or a unionid but `export`, which is for the person themselves. Whatever changes an account
//! leaves an event that tells who did it and why.

mod desk;
mod erase;
mod export;
mod find;
mod print;
mod sessions;
mod show;
mod status;
mod unlink;

use super::ending::Ending;
use super::part::settings;
use super::readiness::require_database;
use crate::app::{open_tokens, open_users};
use crate::clock::Clock;
use crate::identity::{AppId, OpenId};
use crate::random::Random;
use crate::session::{Lives, Sessions};
use crate::settings::{DatabaseSettings, RedisSettings, Secrets, SessionSettings, Sources};
use crate::user::{Status, UserId};
use clap::Subcommand;
use desk::Desk;

#[derive(clap::Args)]
#[command(
    after_help = "Ends with 0: done; 1: it could not be done; 2: called wrongly; 3: done for some of several accounts; \
                        4: there is no such account, session or identity, or nobody was found."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
    /// Answer in JSON, for programs
    #[arg(long, global = true)]
    json: bool,
    /// Tell what would be done, and do nothing
    #[arg(long, global = true)]
    dry_run: bool,
    /// Who does it, for the event; default: the user of the system
    #[arg(long, global = true, value_parser = text::<64>)]
    by: Option<String>,
    /// Why, for the event, such as the number of a request; it outlives the person's data and should hold none of it
    #[arg(long, global = true, value_parser = text::<200>)]
    reason: Option<String>,
}

#[derive(Subcommand)]
enum Action {
    /// Find accounts by what a person can tell
    Find(find::Arguments),
    /// Show an account
    Show { id: i64 },
    /// Write everything that is held about a person, as JSON, ids of WeChat's included: for the person
    Export { id: i64 },
    /// Remove everything personal, for good; the person can register again as somebody new
    Erase {
        id: i64,
        /// Yes, really
        #[arg(long)]
        yes: bool,
    },
    /// Suspend accounts and end their sessions
    Suspend(status::Arguments),
    /// Let suspended accounts log in again
    Restore(status::Arguments),
    /// Give an identity of an account one of its own, and end the account's sessions in that mini program
    Unlink {
        id: i64,
        /// The mini program
        app: AppId,
        /// Needed where the account has several identities in the mini program
        openid: Option<OpenId>,
    },
    /// List the open sessions of an account
    Sessions { id: i64 },
    /// End a session of an account, or all of them
    Revoke {
        id: i64,
        /// Only this one, as `sessions` names it
        #[arg(long)]
        session: Option<String>,
    },
    /// End all sessions of an account
    RevokeAll { id: i64 },
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let (database, redis, lives): (DatabaseSettings, RedisSettings, SessionSettings) = settings(Secrets::Any)?;
    let clock = Clock::system();
    let users = open_users(&database, 1)?;
    require_database(&*users).await?;
    let lives = Lives { idle: lives.ttl, absolute: lives.max_age, per_user: 0 };
    let tokens = open_tokens(&redis, &clock)?;
    let sessions = Sessions::new(tokens, users.clone(), clock.clone(), Random::system(), lives);
    let Arguments { action, json, dry_run, by, reason } = arguments;
    let shared = crate::desk::Desk { users, sessions, clock };
    let desk = Desk { shared, json, dry_run, by: by.unwrap_or_else(user_of_system), reason };
    match action {
        Action::Find(arguments) => find::run(&desk, arguments).await,
        Action::Show { id } => show::run(&desk, UserId(id)).await,
        Action::Export { id } => export::run(&desk, UserId(id)).await,
        Action::Erase { id, yes } => erase::run(&desk, UserId(id), yes).await,
        Action::Suspend(arguments) => status::run(&desk, arguments, Status::Suspended).await,
        Action::Restore(arguments) => status::run(&desk, arguments, Status::Active).await,
        Action::Unlink { id, app, openid } => unlink::run(&desk, UserId(id), &app, openid.as_ref()).await,
        Action::Sessions { id } => sessions::list(&desk, UserId(id)).await,
        Action::Revoke { id, session: Some(session) } => sessions::revoke(&desk, UserId(id), &session).await,
        Action::Revoke { id, session: None } | Action::RevokeAll { id } => {
            sessions::revoke_all(&desk, UserId(id)).await
        }
    }
}

/// Whoever called `sudo`, or the user that the terminal belongs to.
fn user_of_system() -> String {
    let sources = Sources::of_process();
    let name = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| sources.text(name));
    name.and_then(|name| text::<64>(&name).ok()).unwrap_or_else(|| "unknown".to_owned())
}

/// A text that fits into a column of `MAX` characters.
fn text<const MAX: usize>(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err("it is empty".to_owned()),
        length if length > MAX => Err(format!("it is longer than {MAX} characters")),
        _ => Ok(text.to_owned()),
    }
}
