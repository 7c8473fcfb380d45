//! `weapp-login check`: what is wrong, before anybody signs in.

use super::settings;
use crate::app::App;
use crate::clock::Clock;
use crate::settings::{Secrets, Settings};
use crate::wechat::WechatError;
use anyhow::bail;

/// No code that WeChat ever gives.
const NO_CODE: &str = "weapp-login check";

pub async fn run() -> anyhow::Result<()> {
    let settings: Settings = settings(Secrets::Real)?;
    let app = App::open(settings, Clock::system())?;
    println!("ok  settings");
    let mut wrong = vec![];
    let mut note = |what: String, outcome: Result<(), String>| match outcome {
        Ok(()) => println!("ok  {what}"),
        Err(problem) => wrong.push(format!("{what}: {problem}")),
    };
    note("database".into(), database(&app).await);
    note("redis".into(), app.tokens.ping().await.map_err(|error| format!("{:#}", anyhow::Error::new(error))));
    for mini_program in &app.settings.wechat.apps {
        // A code is looked at after app id and secret, so the refusal of a wrong code accepts these two.
        let outcome = match app.wechat.exchange(mini_program, NO_CODE).await {
            Err(WechatError::CodeInvalid(_)) | Ok(_) => Ok(()),
            Err(error @ WechatError::Rejected(_)) => Err(format!("{error}; is its app id or secret wrong?")),
            Err(error) => Err(format!("{:#}", anyhow::Error::new(error))),
        };
        note(format!("wechat, mini program {}", mini_program.id), outcome);
    }
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("not ready to serve:\n  - {}", wrong.join("\n  - "))
}

async fn database(app: &App) -> Result<(), String> {
    match app.users.pending_migrations().await {
        Ok(pending) if pending.is_empty() => Ok(()),
        Ok(pending) => Err(format!("lacks the migrations {}: run weapp-login migrate", pending.join(", "))),
        Err(error) => Err(format!("{:#}", anyhow::Error::new(error))),
    }
}
