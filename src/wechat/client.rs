//! The calls to WeChat's servers, and what of them may be repeated.
//!
//! A code is single use and a request that got no answer may have consumed it. So a call is repeated in two cases only:
//! the connection was never made (then the next base address is asked), or WeChat said `-1` (then the same one is asked
//! once more).

use super::answer::{errcode, read, sensible};
use super::errcode::WechatError;
use super::gate::Gate;
use crate::identity::{Identity, OpenId, SessionKey};
use crate::public_roots::public_roots;
use crate::settings::WechatApp;
use crate::telemetry::spans;
use crate::user::Phone;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// How long a connection to WeChat may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a call may take in all.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// An address that could not be reached is asked last for this long.
const AVOID_FOR: Duration = Duration::from_secs(30);
/// A connection that nothing was sent over for this long is closed by us. WeChat says nowhere how long it keeps one, and
/// servers and what stands before them keep one for 30 to 75 s: a request must not go into a closing one, because its code
/// could be used up without an answer.
const IDLE_FOR: Duration = Duration::from_secs(15);
/// The errcode of `checkencryptedmsg` for data that it does not know, or no more.
const NO_SUCH_DATA: i64 = 1;

/// What `stable_token` gave.
pub struct AccessToken {
    /// For calls that need one.
    pub token: SecretString,
    /// How long WeChat accepts it.
    pub life: Duration,
}

/// Speaks to WeChat's servers.
pub struct WechatClient {
    http: reqwest::Client,
    bases: Vec<Url>,
    /// When each base address was last found unreachable.
    unreachable: Mutex<Vec<Option<Instant>>>,
    gate: Arc<Gate>,
}

impl WechatClient {
    /// `bases` are asked in this order, such as `https://api.weixin.qq.com`, as far as `gate` lets anybody ask.
    ///
    /// # Errors
    /// TLS cannot be set up on this machine.
    pub fn new(bases: Vec<Url>, gate: Arc<Gate>) -> Result<WechatClient, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .pool_idle_timeout(IDLE_FOR)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("weapp-login/", env!("CARGO_PKG_VERSION")))
            .tls_certs_merge(public_roots());
        if bases.iter().all(is_loopback) {
            builder = builder.no_proxy();
        }
        let unreachable = Mutex::new(vec![None; bases.len()]);
        Ok(WechatClient { http: builder.build()?, bases, unreachable, gate })
    }

    /// Exchanges the `code` of `wx.login`: who it is, and the key that their data is signed with from then on.
    ///
    /// The code is used up by this, also when no answer arrives.
    ///
    /// Source: <https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_code2session>
    pub async fn exchange(&self, app: &WechatApp, code: &str) -> Result<(Identity, SessionKey), WechatError> {
        #[derive(Deserialize)]
        struct Exchanged {
            openid: OpenId,
            session_key: SessionKey,
            #[serde(default)]
            unionid: Option<String>,
        }
        let query = [
            ("appid", app.id.as_str()),
            ("secret", app.secret.expose_secret()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ];
        let understood = |Exchanged { openid, session_key, unionid }| {
            let unionid = unionid.filter(|unionid: &String| !unionid.is_empty()).map(|unionid| unionid.parse());
            let unionid = unionid.transpose().map_err(|error| WechatError::Unavailable(Box::new(error)))?;
            Ok((Identity { app_id: app.id.clone(), openid, unionid }, session_key))
        };
        self.call(app, Method::GET, "/sns/jscode2session", |request| request.query(&query), understood).await
    }

    /// The number behind the `code` of a phone button, which is used up by this. The code must be one of `openid`'s.
    ///
    /// Source: <https://developers.weixin.qq.com/miniprogram/dev/server/API/user-info/phone-number/api_getphonenumber>
    pub async fn phone_number(
        &self,
        app: &WechatApp,
        token: &SecretString,
        code: &str,
        openid: &OpenId,
    ) -> Result<PhoneInfo, WechatError> {
        #[derive(Deserialize)]
        struct Answer {
            phone_info: PhoneInfo,
        }
        let query = [("access_token", token.expose_secret())];
        let body = json!({ "code": code, "openid": openid.as_str() });
        let path = "/wxa/business/getuserphonenumber";
        let fill = |request: RequestBuilder| request.query(&query).json(&body);
        self.call(app, Method::POST, path, fill, |answer: Answer| Ok(answer.phone_info)).await
    }

    /// Whether a phone of WeChat's made `encrypted_data`, which is a phone number in its older form, in the last three days.
    ///
    /// Source: <https://developers.weixin.qq.com/miniprogram/dev/server/API/user-info/basic-info/api_checkencrypteddata>
    pub async fn made(&self, app: &WechatApp, token: &SecretString, encrypted_data: &str) -> Result<bool, WechatError> {
        #[derive(Deserialize)]
        struct Answer {
            /// As WeChat spells it.
            #[serde(alias = "valid")]
            vaild: bool,
        }
        let query = [("access_token", token.expose_secret())];
        let body = json!({ "encrypted_msg_hash": hex::encode(Sha256::digest(encrypted_data)) });
        let fill = |request: RequestBuilder| request.query(&query).json(&body);
        let path = "/wxa/business/checkencryptedmsg";
        match self.call(app, Method::POST, path, fill, |answer: Answer| Ok(answer.vaild)).await {
            Err(WechatError::Rejected(NO_SUCH_DATA)) => Ok(false),
            answer => answer,
        }
    }

    /// The mini program's stable access token; `force` retires the one in use.
    ///
    /// Source: <https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken>
    pub async fn stable_token(&self, app: &WechatApp, force: bool) -> Result<AccessToken, WechatError> {
        #[derive(Deserialize)]
        struct Answer {
            access_token: String,
            expires_in: u64,
        }
        let body = json!({
            "grant_type": "client_credential",
            "appid": app.id.as_str(),
            "secret": app.secret.expose_secret(),
            "force_refresh": force,
        });
        let understood = |Answer { access_token, expires_in }| {
            Ok(AccessToken { token: String::into(access_token), life: Duration::from_secs(expires_in) })
        };
        self.call(app, Method::POST, "/cgi-bin/stable_token", |request| request.json(&body), understood).await
    }

    /// What `understood` makes of the answer, if WeChat is asked at all. The connection did its work when WeChat answered
    /// with sense, an errcode included.
    async fn call<A: DeserializeOwned, T>(
        &self,
        app: &WechatApp,
        method: Method,
        path: &'static str,
        fill: impl Fn(RequestBuilder) -> RequestBuilder,
        understood: impl FnOnce(A) -> Result<T, WechatError>,
    ) -> Result<T, WechatError> {
        let begin = Instant::now();
        let call = self.gate.call(&app.id, begin)?;
        let mut span = spans::asked("wechat", || path.into());
        let mut answer = self.call_once(&method, path, &fill).await;
        if matches!(&answer, Ok(value) if errcode(value) == Some(-1)) {
            answer = self.call_once(&method, path, &fill).await;
        }
        let answer = answer.and_then(|value| match errcode(&value) {
            None | Some(0) => Ok(value),
            Some(errcode) => Err(WechatError::from_errcode(errcode)),
        });
        let answer = answer.and_then(sensible).and_then(understood);
        match &answer {
            Err(WechatError::Unavailable(_)) => call.failed(Instant::now()),
            _ => call.succeeded(),
        }
        let named = |error: &WechatError| error.errcode().map_or("none".to_owned(), |errcode| errcode.to_string());
        span.answered(answer.as_ref().err().map(|error| format!("errcode {}", named(error))));
        self.gate.count(&app.id, path, answer.as_ref().err(), begin.elapsed());
        answer
    }

    /// One answer, from the first base address that can be reached.
    async fn call_once(
        &self,
        method: &Method,
        path: &str,
        fill: &impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Value, WechatError> {
        let mut unreached = None;
        for at in self.order() {
            let mut url = self.bases[at].clone();
            url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
            let request = fill(self.http.request(method.clone(), url));
            // The error's own text has the address with secret and code in it.
            match request.send().await.map_err(reqwest::Error::without_url) {
                Ok(response) => return read(response).await,
                Err(error) if error.is_connect() => {
                    self.note_unreachable(at);
                    tracing::warn!(base = self.bases[at].host_str(), "wechat cannot be reached at this address");
                    unreached = Some(error);
                }
                Err(error) => return Err(WechatError::Unavailable(Box::new(error))),
            }
        }
        Err(match unreached {
            Some(error) => WechatError::Unavailable(Box::new(error)),
            None => WechatError::Unavailable("no base address is configured".into()),
        })
    }

    /// The base addresses in the order of the settings, those that were unreachable a moment ago last.
    fn order(&self) -> Vec<usize> {
        let unreachable = self.unreachable.lock().expect("nothing panics while it holds this list");
        let mut order: Vec<_> = (0..self.bases.len()).collect();
        order.sort_by_key(|at| unreachable[*at].is_some_and(|since| since.elapsed() < AVOID_FOR));
        order
    }

    fn note_unreachable(&self, at: usize) {
        self.unreachable.lock().expect("nothing panics while it holds this list")[at] = Some(Instant::now());
    }
}

/// A phone number as WeChat writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhoneInfo {
    pure_phone_number: String,
    /// A text, or in WeChat's own sample a number.
    country_code: Value,
}

impl PhoneInfo {
    /// The number as E.164 writes it.
    ///
    /// # Errors
    /// It is no telephone number.
    pub fn phone(&self) -> Result<Phone, WechatError> {
        let country = match &self.country_code {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Phone::in_country(&country, &self.pure_phone_number).map_err(|error| WechatError::Unavailable(Box::new(error)))
    }
}

fn is_loopback(base: &Url) -> bool {
    match base.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
