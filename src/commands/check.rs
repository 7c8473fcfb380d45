//! `weapp-login check`: what is wrong, before anybody signs in.

use super::part::settings;
use super::{readiness, redis_trial};
use crate::app::{App, Shared};
use crate::clock::Clock;
use crate::error::told;
use crate::settings::{Secrets, Settings};
use crate::wechat::WechatError;
use anyhow::bail;

/// No code that WeChat ever gives.
const NO_CODE: &str = "weapp-login check";

pub(super) async fn run() -> anyhow::Result<()> {
    let settings: Settings = settings(Secrets::Real)?;
    let app = App::new(Shared::new(settings, Clock::system())?, 1)?;
    println!("ok  settings");
    let mut wrong = vec![];
    let mut note = |what: String, outcome: Result<(), String>| match outcome {
        Ok(()) => println!("ok  {what}"),
        Err(problem) => wrong.push(format!("{what}: {problem}")),
    };
    note("database".into(), readiness::database(&*app.users).await);
    let redis = readiness::redis(&app).await;
    let answers = redis.is_ok();
    note("redis".into(), redis);
    if answers {
        for refused in redis_trial::refused(&*app.tokens).await {
            match refused.bearable {
                true => println!("--  redis: {}", refused.what),
                false => note("redis".into(), Err(refused.what)),
            }
        }
    }
    for mini_program in &app.settings().wechat.apps {
        // A code is looked at after app id and secret, so the refusal of a wrong code accepts these two.
        let outcome = match app.wechat.exchange(mini_program, NO_CODE).await {
            Err(WechatError::CodeInvalid(_)) | Ok(_) => Ok(()),
            Err(error @ WechatError::Rejected(_)) => Err(format!("{error}; is its app id or secret wrong?")),
            Err(error) => Err(told(&error)),
        };
        note(format!("wechat, mini program {}", mini_program.id), outcome);
    }
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("not ready to serve:\n  - {}", wrong.join("\n  - "))
}
