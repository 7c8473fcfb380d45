//! WeChat's access token of each mini program: one for all replicas, renewed by one of them while the others go on with
//! the old one. Needed for phone numbers, never for logging in.

use crate::clock::Clock;
use crate::random::Random;
use crate::seal::Seal;
use crate::settings::WechatApp;
use crate::store::{StoreError, TokenStore, Value};
use crate::wechat::{WechatClient, WechatError};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// A token is renewed this long before it ends; WeChat's stable token changes five minutes before, and the old one is
/// accepted for as long. Source: <https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken>
const RENEW_BEFORE: TimeDelta = TimeDelta::minutes(5);
/// How long the replica that renews may take before another one tries.
const LOCK_TTL: Duration = Duration::from_secs(10);
/// The form in which a token is kept: JSON.
const FORM: u8 = 1;
const WAIT_STEP: Duration = Duration::from_millis(50);
/// How often a replica without any token looks whether the one that renews is done.
const WAIT_STEPS: u32 = 100;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum NoToken {
    /// It is kept where nobody answers.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// WeChat gives none.
    #[error(transparent)]
    Wechat(#[from] WechatError),
}

/// Keeps the access tokens.
#[derive(Clone)]
pub struct AccessTokens {
    store: Arc<dyn TokenStore>,
    wechat: Arc<WechatClient>,
    clock: Clock,
    random: Random,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    token: String,
    renew_at: DateTime<Utc>,
}

impl AccessTokens {
    /// Tokens that `wechat` gives, kept in `store`.
    pub fn new(store: Arc<dyn TokenStore>, wechat: Arc<WechatClient>, clock: Clock, random: Random) -> AccessTokens {
        AccessTokens { store, wechat, clock, random }
    }

    /// A token of `app` that WeChat accepts as far as is known.
    pub async fn get(&self, app: &WechatApp) -> Result<SecretString, NoToken> {
        match self.kept(app).await? {
            Some(kept) if kept.renew_at > self.clock.now() => Ok(kept.token.into()),
            Some(kept) => match self.renew(app, None).await {
                Ok(Some(token)) => Ok(token),
                // Another replica is at it, or WeChat cannot say now: the old one still works for a while.
                Ok(None) | Err(NoToken::Wechat(_)) => Ok(kept.token.into()),
                Err(error) => Err(error),
            },
            None => self.first(app, None).await,
        }
    }

    /// A token of `app` that is not `refused`, which WeChat has just refused.
    pub async fn instead_of(&self, app: &WechatApp, refused: &SecretString) -> Result<SecretString, NoToken> {
        match self.kept(app).await? {
            Some(kept) if kept.token != refused.expose_secret() => Ok(kept.token.into()),
            _ => self.first(app, Some(refused)).await,
        }
    }

    /// The token that this or another replica gets, when there is none to go on with.
    async fn first(&self, app: &WechatApp, refused: Option<&SecretString>) -> Result<SecretString, NoToken> {
        for _ in 0..WAIT_STEPS {
            if let Some(token) = self.renew(app, refused).await? {
                return Ok(token);
            }
            tokio::time::sleep(WAIT_STEP).await;
            match self.kept(app).await? {
                Some(kept) if refused.is_none_or(|refused| refused.expose_secret() != kept.token) => {
                    return Ok(kept.token.into());
                }
                _ => {}
            }
        }
        Err(WechatError::Unavailable("another replica has been getting an access token for seconds".into()).into())
    }

    /// Gets a token from WeChat, unless another replica is at it or has just done it.
    async fn renew(&self, app: &WechatApp, refused: Option<&SecretString>) -> Result<Option<SecretString>, NoToken> {
        let (lock, owner) = (format!("lock:access-token:{}", app.id), self.random.bytes::<16>());
        if !self.store.put_new(Value { key: &lock, bytes: &owner, ttl: LOCK_TTL }).await? {
            return Ok(None);
        }
        let got = self.fetch(app, refused).await;
        // A WeChat that was slow outlasts the lock, which may be another replica's by then.
        if let Err(error) = self.store.delete_if(&lock, &owner).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the lock of an access token ends by itself, because it could not be released"
            );
        }
        got.map(Some)
    }

    async fn fetch(&self, app: &WechatApp, refused: Option<&SecretString>) -> Result<SecretString, NoToken> {
        let is_refused = |token: &str| refused.is_some_and(|refused| refused.expose_secret() == token);
        if let Some(kept) = self.kept(app).await?
            && kept.renew_at > self.clock.now()
            && !is_refused(&kept.token)
        {
            return Ok(kept.token.into());
        }
        let mut got = self.wechat.stable_token(app, false).await?;
        // WeChat's normal answer may be the very token that it refused; only then is it told to make another, which it
        // allows 20 times a day.
        if is_refused(got.token.expose_secret()) {
            got = self.wechat.stable_token(app, true).await?;
        }
        let life = TimeDelta::from_std(got.life).unwrap_or(RENEW_BEFORE);
        let renew_at = self.clock.now() + (life - RENEW_BEFORE).max(TimeDelta::seconds(30));
        let kept = Kept { token: got.token.expose_secret().to_owned(), renew_at };
        let plain = serde_json::to_vec(&kept).map_err(StoreError::broken)?;
        let sealed = seal(app).seal(FORM, &plain, &self.random);
        let ttl = got.life.max(Duration::from_secs(60));
        self.store.put(Value { key: &name(app), bytes: &sealed, ttl }).await?;
        Ok(got.token)
    }

    async fn kept(&self, app: &WechatApp) -> Result<Option<Kept>, StoreError> {
        let sealed = self.store.get(&name(app)).await?;
        let unsealed = sealed.and_then(|sealed| seal(app).open(&sealed)).filter(|unsealed| unsealed.form == FORM);
        Ok(unsealed.and_then(|unsealed| serde_json::from_slice(&unsealed.plain).ok()))
    }
}

fn name(app: &WechatApp) -> String {
    format!("access-token:{}", app.id)
}

/// Every replica has the app's secret, and the store has not.
fn seal(app: &WechatApp) -> Seal {
    Seal::of_secret(app.secret.expose_secret().as_bytes(), "access token")
}
