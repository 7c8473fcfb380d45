//! What an operator may set: a section per concern, one declaration per setting, read once and checked whole.
//!
//! The environment wins over `.env`, and that over the optional TOML file named by `WEAPP_LOGIN_CONFIG`. Every problem is
//! named in one go. No value of a secret is ever part of a problem, and no secret has a default.

mod database;
mod declaration;
mod dot_env;
mod layer;
mod limits;
mod log;
mod parsers;
mod reader;
mod redis;
mod redis_url;
mod section;
mod server;
mod sessions;
mod sources;
mod spelling;
mod toml_file;
mod traces;
mod wechat;

pub use self::redis::{RedisSettings, TokenStoreUrl};
pub use database::{DatabaseSettings, DatabaseUrl};
pub use declaration::Setting;
pub use limits::LimitSettings;
pub use log::{ClientAddresses, LogFormat, LogSettings};
pub use reader::{Problems, Reader, Secrets, Section};
pub use redis_url::{BadRedisUrl, RedisUrl, Topology};
pub use server::{AdminToken, IntrospectionClient, ServerSettings, matches_secret};
pub use sessions::SessionSettings;
pub use sources::Sources;
pub use traces::TraceSettings;
pub use wechat::{PhoneEncryptedData, WechatApp, WechatSettings};

use std::collections::BTreeMap;
use std::fmt::Write;

/// Everything that can be set, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the service listens, whom it believes, and how it ends.
    pub server: ServerSettings,
    /// Where people are kept.
    pub database: DatabaseSettings,
    /// Where tickets, sessions and counters are kept.
    pub redis: RedisSettings,
    /// The mini programs, and how WeChat is reached.
    pub wechat: WechatSettings,
    /// How long tickets and sessions live.
    pub sessions: SessionSettings,
    /// How much at once, and how often.
    pub limits: LimitSettings,
    /// The log.
    pub log: LogSettings,
    /// Where traces go.
    pub traces: TraceSettings,
}

/// Every declaration, section by section: what documents and `--help` are made from.
pub const SECTIONS: [&[Setting]; 8] = [
    ServerSettings::DECLARED,
    DatabaseSettings::DECLARED,
    RedisSettings::DECLARED,
    wechat::WechatVariables::DECLARED,
    SessionSettings::DECLARED,
    LimitSettings::DECLARED,
    LogSettings::DECLARED,
    TraceSettings::DECLARED,
];

impl Section for Settings {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let server = ServerSettings::read(reader);
        let database = DatabaseSettings::read(reader);
        let redis = RedisSettings::read(reader);
        let wechat = WechatSettings::read(reader);
        let sessions = SessionSettings::read(reader);
        let limits = LimitSettings::read(reader);
        let log = LogSettings::read(reader);
        let traces = TraceSettings::read(reader);
        Some(Settings {
            server: server?,
            database: database?,
            redis: redis?,
            wechat: wechat?,
            sessions: sessions?,
            limits: limits?,
            log: log?,
            traces: traces?,
        })
    }
}

impl Settings {
    /// The settings that these variables and the file that they name amount to, as a test needs them.
    ///
    /// # Errors
    /// Every problem found.
    pub fn from_environment(environment: &BTreeMap<String, String>) -> Result<Settings, Problems> {
        Ok(read(&Sources::of(environment, ""), Secrets::Any)?.settings)
    }
}

/// Settings, and what an operator should hear about them.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    /// What was asked for.
    pub settings: T,
    /// A line for each variable that looks like a setting and is none.
    pub warnings: Vec<String>,
}

/// The part `T` of this process's settings: a section, several, or [`Settings`]. What the part does not need may be absent
/// or wrong.
///
/// # Errors
/// Every problem found.
pub fn load<T: Section>(secrets: Secrets) -> Result<Loaded<T>, Problems> {
    read(&Sources::of_process(), secrets)
}

/// The part `T` of what `sources` say.
///
/// # Errors
/// Every problem found, with the warnings: a name that is misspelt is often the reason why another is missing.
pub fn read<T: Section>(sources: &Sources, secrets: Secrets) -> Result<Loaded<T>, Problems> {
    let declared: Vec<&Setting> = SECTIONS.into_iter().flatten().collect();
    let mut reader = Reader::new(sources, secrets);
    for problem in spelling::unknown_in_file(sources, &declared) {
        reader.problem(problem);
    }
    let settings = T::read(&mut reader);
    let problems = reader.into_problems();
    let warnings = spelling::suspect_variables(sources, &declared);
    match settings {
        Some(settings) if problems.is_empty() => Ok(Loaded { settings, warnings }),
        _ => Err(Problems([problems, warnings].concat())),
    }
}

/// Every setting with its meaning and default, as `--help` shows them.
pub fn explained() -> String {
    let mut text = "Settings, from the environment over .env over the TOML file that WEAPP_LOGIN_CONFIG names \
                    (there in lower case). An empty value is as none, except where it says more:\n"
        .to_owned();
    for setting in SECTIONS.into_iter().flatten() {
        let default =
            if setting.default.is_empty() { String::new() } else { format!(" [default: {}]", setting.default) };
        let file = setting.file_name().map_or(String::new(), |name| format!(" [or {name}, a file with it]"));
        write!(text, "\n  {}\n      {}{default}{file}", setting.name, setting.meaning)
            .expect("a String takes any text");
    }
    text
}
