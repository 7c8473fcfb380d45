//! What a simulator can be told before it starts: its mini programs, and every constant of the rules with its default.

use super::ids::AppId;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::time::Duration;

/// When a person's session key may be replaced. See rules 16 to 18 of docs/simulator.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rotation {
    /// The exchange of a code by the backend may replace the key; `wx.login` changes nothing.
    #[default]
    OnExchange,
    /// `wx.login` (and a data pre-fetch) may replace the key; the exchange hands out the current one.
    OnLogin,
}

/// One mini program as WeChat knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct SimulatedApp {
    /// Its app id.
    pub id: AppId,
    /// Its app secret. An invented one: this is no place for a real one.
    pub secret: String,
    /// Bound to an Open Platform account: answers carry a unionid. May be changed while running.
    pub unionid_bound: bool,
    /// The Open Platform account. A person has one unionid for all apps of one platform.
    pub platform: String,
    /// Adds the meaningless `"expires_in":7200` that some old accounts still get.
    pub legacy_expires_in: bool,
    /// Writes `/` as `\/` in the answers of the code exchange.
    pub escape_slashes: bool,
    /// Adds `"errcode":0,"errmsg":"ok"` to successful exchanges, as an earlier revision did.
    pub errcode_zero: bool,
    /// Writes the errcodes of the code exchange as strings.
    pub string_errcode: bool,
    /// Writes the country code of a phone number as a bare number.
    pub bare_country_code: bool,
    /// A tourist's app id: `wx.login` hands out `the code is a mock one`, which no exchange accepts.
    pub mock: bool,
    /// The only addresses that may fetch access tokens; `None` lets everybody.
    pub ip_whitelist: Option<Vec<IpAddr>>,
}

impl SimulatedApp {
    /// A mini program bound to the default platform, with today's form of answers.
    pub fn new(id: impl Into<AppId>, secret: impl Into<String>) -> SimulatedApp {
        SimulatedApp {
            id: id.into(),
            secret: secret.into(),
            unionid_bound: true,
            platform: "default".to_owned(),
            legacy_expires_in: false,
            escape_slashes: false,
            errcode_zero: false,
            string_errcode: false,
            bare_country_code: false,
            mock: false,
            ip_whitelist: None,
        }
    }
}

impl std::fmt::Debug for SimulatedApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SimulatedApp({})", self.id)
    }
}

/// Everything a simulator is started with. Units are in the types; zero turns no limit off, `None` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The mini programs that it knows.
    pub apps: Vec<SimulatedApp>,
    /// When a session key may be replaced.
    pub rotation: Rotation,
    /// The same seed and the same calls give the same codes, keys and ids, in whatever order people come.
    /// `None`: ids as with seed 0, so that a person is the same after a restart; codes and keys unpredictable.
    pub seed: Option<u64>,

    /// How long a login code can be exchanged.
    pub code_ttl: Duration,
    /// How much longer than promised a login code is in fact accepted.
    pub code_grace: Duration,
    /// How long after its issue a used code is still told from an unknown one.
    pub used_code_memory: Duration,
    /// A new login code makes the same person's older ones in that app unusable.
    pub login_cancels_older_codes: bool,
    /// `wx.login` calls of one person in one app within any second; more fail on the phone.
    pub logins_per_second: u32,
    /// Exchanges for one person in one app within a clock minute; more are answered 45011.
    pub exchanges_per_minute: u32,
    /// Exchanges for one app within a UTC day; more are answered 45009.
    pub exchanges_per_day: Option<u32>,

    /// A session key is not replaced before it is older than this, unless it has expired.
    pub min_refresh_period: Duration,
    /// A session key expires this long after its creation; a login state this long after the last `wx.login`.
    pub absolute_ttl: Duration,
    /// A session key expires when no client call used it for this long.
    pub idle_ttl: Option<Duration>,
    /// A successful `wx.checkSession` keeps the key from being replaced for the minimum refresh period.
    pub check_pins_key: bool,
    /// The phone goes on signing with an expired key until a new one replaces it; else such calls fail.
    pub expired_key_still_signs: bool,
    /// `/wxa/resetusersessionkey` of one person is refused (45011) sooner after the last one than this.
    pub reset_interval: Duration,

    /// How long a phone code can be redeemed.
    pub phone_code_ttl: Duration,

    /// Life of an access token.
    pub token_ttl: Duration,
    /// How long a replaced access token goes on working; also how long before expiry the stable one is renewed.
    pub token_overlap: Duration,
    /// Forced refreshes of the stable token of one app in a UTC day; more are answered 45009.
    pub force_refreshes_per_day: u32,
    /// A forced refresh sooner after the last one than this hands out the current token.
    pub force_refresh_interval: Duration,
    /// Calls of `/cgi-bin/stable_token` of one app in a clock minute; more are answered 45011.
    pub stable_tokens_per_minute: u32,
    /// Calls of `/cgi-bin/stable_token` of one app in a UTC day; more are answered 45009.
    pub stable_tokens_per_day: u32,

    /// How many events `GET /control/log` remembers.
    pub log_length: usize,
}

impl Default for Options {
    fn default() -> Options {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        Options {
            apps: Vec::new(),
            rotation: Rotation::OnExchange,
            seed: None,
            code_ttl: minutes(5),
            code_grace: Duration::ZERO,
            used_code_memory: minutes(60),
            login_cancels_older_codes: false,
            logins_per_second: 4,
            exchanges_per_minute: 100,
            exchanges_per_day: None,
            min_refresh_period: minutes(5),
            absolute_ttl: minutes(3 * 24 * 60),
            idle_ttl: None,
            check_pins_key: false,
            expired_key_still_signs: true,
            reset_interval: Duration::from_secs(10),
            phone_code_ttl: minutes(5),
            token_ttl: minutes(120),
            token_overlap: minutes(5),
            force_refreshes_per_day: 20,
            force_refresh_interval: Duration::from_secs(30),
            stable_tokens_per_minute: 10_000,
            stable_tokens_per_day: 500_000,
            log_length: 1_000,
        }
    }
}
