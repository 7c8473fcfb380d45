//! `weapp-login users`: for support staff. It shows no openid and no unionid.

use super::part::settings;
use crate::app::{open_tokens, open_users};
use crate::clock::Clock;
use crate::identity::{AppId, OpenId};
use crate::random::Random;
use crate::session::{Lives, Sessions};
use crate::settings::{DatabaseSettings, RedisSettings, Secrets, SessionSettings};
use crate::store::UserStore;
use crate::user::{Status, UserId};
use anyhow::{Context, bail};
use clap::Subcommand;
use std::sync::Arc;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show an account
    Show { id: i64 },
    /// Suspend an account and end its sessions
    Suspend { id: i64 },
    /// Let a suspended account log in again
    Restore { id: i64 },
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
    /// End the sessions of an account
    Revoke {
        id: i64,
        /// Only this one, as `sessions` names it
        #[arg(long)]
        session: Option<String>,
    },
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (database, redis, lives): (DatabaseSettings, RedisSettings, SessionSettings) = settings(Secrets::Any)?;
    let clock = Clock::system();
    let users = open_users(&database, 1)?;
    let lives = Lives { idle: lives.ttl, absolute: lives.max_age, per_user: 0 };
    let tokens = open_tokens(&redis, &clock)?;
    let sessions = Sessions::new(tokens, users.clone(), clock.clone(), Random::system(), lives);
    match arguments.action {
        Action::Show { id } => show(&users, UserId(id)).await,
        Action::Suspend { id } => {
            set_status(&users, UserId(id), Status::Suspended, &clock).await?;
            let ended = sessions.close_all(UserId(id)).await.context(
                "the account is suspended; its open sessions end by themselves within 60 s, because ending them at once failed",
            )?;
            println!("suspended, {ended} sessions ended");
            Ok(())
        }
        Action::Restore { id } => {
            set_status(&users, UserId(id), Status::Active, &clock).await?;
            println!("restored");
            Ok(())
        }
        Action::Unlink { id, app, openid } => {
            unlink(&users, &sessions, UserId(id), &app, openid.as_ref(), &clock).await
        }
        Action::Sessions { id } => {
            for listed in sessions.of(UserId(id)).await? {
                let (entry, used, ends) = (&listed.entry, listed.used_at, listed.expires_at);
                println!("{}  {}  last used {used}  ends {ends}  {}", entry.id, entry.app_id, entry.label);
            }
            Ok(())
        }
        Action::Revoke { id, session: Some(session) } => {
            if !sessions.close_one(UserId(id), &session).await? {
                bail!("the account {id} has no such session");
            }
            println!("1 session ended");
            Ok(())
        }
        Action::Revoke { id, session: None } => {
            println!("{} sessions ended", sessions.close_all(UserId(id)).await?);
            Ok(())
        }
    }
}

async fn show(users: &Arc<dyn UserStore>, id: UserId) -> anyhow::Result<()> {
    let user = users.by_id(id).await?.with_context(|| format!("there is no account {id}"))?;
    if user.id != id {
        println!("account {id} was merged into {}", user.id);
    }
    let profile = &user.profile;
    println!("id              {}", user.id);
    println!("status          {}", user.status.as_str());
    println!("nickname        {} ({})", profile.nickname, user.profile_source.as_str());
    println!("avatar          {}", profile.avatar_url);
    println!("phone           {}", user.phone.as_ref().map_or("", |phone| phone.as_str()));
    println!("registered      {}", user.created_at);
    for way in users.identities(user.id).await? {
        let last = way.last_login_at.map_or("never".to_owned(), |last| last.to_string());
        println!("mini program    {} since {}, last login {last}", way.app_id, way.created_at);
    }
    let merged: Vec<_> = users.merged(user.id).await?.into_iter().filter(|other| *other != user.id).collect();
    for other in merged {
        println!("merged into it  {other}");
    }
    Ok(())
}

async fn unlink(
    users: &Arc<dyn UserStore>,
    sessions: &Sessions,
    id: UserId,
    app: &AppId,
    openid: Option<&OpenId>,
    clock: &Clock,
) -> anyhow::Result<()> {
    let own = match users.unlink(id, app, openid, clock.now()).await? {
        Ok(own) => own.id,
        Err(reason) => bail!("nothing was taken out of account {id} in {app}: {reason}"),
    };
    println!("account {own} was made for the identity, without phone number and profile");
    // Which of them were opened through that identity is written in the sessions only, which their tokens seal.
    let mut ended = 0;
    for open in sessions.of(id).await.context(SESSIONS_LEFT)?.iter().filter(|open| open.entry.app_id == *app) {
        ended += usize::from(sessions.close_one(id, &open.entry.id).await.context(SESSIONS_LEFT)?);
    }
    println!("{ended} sessions in {app} ended");
    Ok(())
}

const SESSIONS_LEFT: &str = "the identity has an account of its own; the sessions opened through it end within 60 s, because ending them at once failed";

async fn set_status(users: &Arc<dyn UserStore>, id: UserId, status: Status, clock: &Clock) -> anyhow::Result<()> {
    match users.set_status(id, status, clock.now()).await? {
        Some(_) => Ok(()),
        None => bail!("there is no account {id}, or it was erased"),
    }
}
