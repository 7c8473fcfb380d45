//! The number behind a phone code, which WeChat tells once and charges for.
//!
//! A number that could not be stored is kept for five minutes, sealed with a key that only the code gives, so that the same
//! request repeated needs no second answer of WeChat's.

use crate::access_token::{AccessTokens, NoToken};
use crate::identity::{AppId, OpenId};
use crate::random::Random;
use crate::seal::Seal;
use crate::settings::WechatApp;
use crate::store::{StoreError, TokenStore, Value};
use crate::user::Phone;
use crate::wechat::{WechatClient, WechatError};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// How long a number is kept, which is how long its code lives at WeChat.
const KEPT_FOR: Duration = Duration::from_secs(300);
/// The form in which a number is kept; a released one is never changed, only followed by another.
const FORM: u8 = 1;

/// Asks WeChat for numbers, and keeps those that were not stored.
#[derive(Clone)]
pub struct PhoneCodes {
    store: Arc<dyn TokenStore>,
    wechat: Arc<WechatClient>,
    access_tokens: AccessTokens,
    random: Random,
}

/// A code in the hands of the person who tapped.
#[derive(Clone, Copy)]
pub struct PhoneCode<'a> {
    /// What the button gave.
    pub code: &'a str,
    /// The mini program that it was tapped in.
    pub app: &'a WechatApp,
    /// Who must have tapped it: another person's code is refused by WeChat.
    pub openid: &'a OpenId,
}

/// Form 1.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    app_id: &'a str,
    openid: &'a str,
    phone: &'a str,
}

impl PhoneCodes {
    /// Codes that `wechat` knows; numbers are kept in `store`.
    pub fn new(
        store: Arc<dyn TokenStore>,
        wechat: Arc<WechatClient>,
        access_tokens: AccessTokens,
        random: Random,
    ) -> PhoneCodes {
        PhoneCodes { store, wechat, access_tokens, random }
    }

    /// The number that WeChat told before and that could not be stored then.
    ///
    /// # Errors
    /// The token store does not answer.
    pub async fn kept(&self, code: PhoneCode<'_>) -> Result<Option<Phone>, StoreError> {
        let (name, seal) = place(code.code);
        let sealed = self.store.get(&name).await?;
        Ok(sealed.and_then(|sealed| opened(&seal, &sealed, &code.app.id, code.openid)))
    }

    /// The number as WeChat tells it, once: whoever cannot store it hands it back to [`PhoneCodes::keep`].
    ///
    /// # Errors
    /// WeChat refuses or does not answer; the token store does not answer.
    pub async fn number(&self, code: PhoneCode<'_>) -> Result<Phone, NoToken> {
        let token = self.access_tokens.get(code.app).await?;
        let info = match self.wechat.phone_number(code.app, &token, code.code, code.openid).await {
            // WeChat looks at the access token before the code, so a refused token has not used the code up.
            Err(WechatError::TokenRefused(_)) => {
                let token = self.access_tokens.instead_of(code.app, &token).await?;
                self.wechat.phone_number(code.app, &token, code.code, code.openid).await?
            }
            answer => answer?,
        };
        Ok(info.phone()?)
    }

    /// Whether WeChat says that one of its phones made `encrypted_data`, the older form of a number, in the last three days.
    ///
    /// # Errors
    /// WeChat refuses or does not answer; the token store does not answer.
    pub async fn is_wechats(&self, app: &WechatApp, encrypted_data: &str) -> Result<bool, NoToken> {
        let token = self.access_tokens.get(app).await?;
        match self.wechat.made(app, &token, encrypted_data).await {
            Err(WechatError::TokenRefused(_)) => {
                let token = self.access_tokens.instead_of(app, &token).await?;
                Ok(self.wechat.made(app, &token, encrypted_data).await?)
            }
            answer => Ok(answer?),
        }
    }

    /// Keeps a number that WeChat told and that could not be stored.
    ///
    /// # Errors
    /// The token store does not answer either; then the number is lost and the person has to tap again.
    pub async fn keep(&self, code: PhoneCode<'_>, phone: &Phone) -> Result<(), StoreError> {
        let (name, seal) = place(code.code);
        let form = Kept { app_id: code.app.id.as_str(), openid: code.openid.as_str(), phone: phone.as_str() };
        let plain = postcard::to_stdvec(&form).map(zeroize::Zeroizing::new).map_err(StoreError::broken)?;
        let sealed = seal.seal(FORM, &plain, &self.random);
        self.store.put(Value { key: &name, bytes: &sealed, ttl: KEPT_FOR }).await
    }
}

/// Where the number behind `code` is kept, and what opens it: the store learns neither.
fn place(code: &str) -> (String, Seal) {
    let key = hmac::Key::new(hmac::HMAC_SHA256, code.as_bytes());
    let name = URL_SAFE_NO_PAD.encode(hmac::sign(&key, b"weapp-login phone name"));
    (format!("phone:{name}"), Seal::of_secret(code.as_bytes(), "phone"))
}

/// The number, if it was this person's.
fn opened(seal: &Seal, sealed: &[u8], app: &AppId, openid: &OpenId) -> Option<Phone> {
    let unsealed = seal.open(sealed).filter(|unsealed| unsealed.form == FORM)?;
    let form: Kept<'_> = postcard::from_bytes(&unsealed.plain).ok()?;
    let theirs = form.app_id == app.as_str() && form.openid == openid.as_str();
    if theirs { form.phone.parse().ok() } else { None }
}
