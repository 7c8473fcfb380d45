//! The mini programs, and how WeChat is reached.

use super::parsers::{Parsed, list, optional, text, time_delta_seconds};
use super::reader::{Reader, Section};
use super::section::section;
use super::toml_file::MiniProgramTable;
use crate::identity::AppId;
use crate::registration::{PhoneAccounts, Way};
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use std::net::IpAddr;
use url::{Host, Url};

/// One mini program and the secret that WeChat gave for it.
#[derive(Debug, Clone)]
pub struct WechatApp {
    /// Its number, which is public.
    pub id: AppId,
    /// What proves to WeChat that a call is its backend's.
    pub secret: SecretString,
    /// How somebody new may come in, the preferred way first; empty: nobody new comes in.
    pub registration: Vec<Way>,
}

/// The mini programs, and how WeChat is reached.
#[derive(Debug, Clone)]
pub struct WechatSettings {
    /// At least one; no two have the same id. The one of the environment is the first.
    pub apps: Vec<WechatApp>,
    /// At least one; the first is asked first.
    pub base_urls: Vec<Url>,
    /// How old a watermark's time may be; zero turns the check off.
    pub data_max_age: TimeDelta,
    /// Whether a phone number in its older form is taken.
    pub phone_encrypted_data: PhoneEncryptedData,
    /// What becomes of somebody new whose phone number an account has already.
    pub phone_accounts: PhoneAccounts,
}

/// Whether a phone number is taken as `encryptedData` and `iv`, the form that buttons gave before there was a code for it.
/// What a session key opens was made by whoever has the session key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneEncryptedData {
    /// The session key is proof enough.
    Accept,
    /// WeChat must say that a phone of its made it.
    Verify,
    /// By code only.
    Refuse,
}

section! {
    /// What stands in variables, of which two make a mini program.
    pub(super) struct WechatVariables {
        /// the mini program; several go into the TOML file as [[wechat.apps]]
        app_id: Option<AppId> = "WECHAT_APP_ID", optional(app_id), {
            example: "wx0123456789abcdef",
            chinese: "小程序；多个时写进 TOML 文件的 [[wechat.apps]]",
        };
        /// its secret
        app_secret: Option<SecretString> = "WECHAT_APP_SECRET", optional(secret), {
            example: "change-me",
            chinese: "小程序的密钥",
            secret: true,
        };
        /// WeChat's address; several, comma-separated, are tried in order. http:// only to this machine or a private network
        base_urls: Vec<Url> = "WECHAT_BASE_URL", base_urls, {
            default: "https://api.weixin.qq.com",
            chinese: "微信的地址；多个用逗号分隔，前一个连不上时依次尝试。http:// 只限本机或内网",
        };
        /// how old watermark.timestamp may be; 0 turns the check off
        data_max_age: TimeDelta = "DATA_MAX_AGE_SECONDS", time_delta_seconds(0), {
            default: "600",
            chinese: "watermark.timestamp 最多可以多旧；0 为不检查",
        };
        /// ways in for new people, preferred first, of user_info, silent, phone; empty: closed. Per mini program in the file
        registration: Vec<Way> = "REGISTRATION", ways, {
            default: "user_info,silent,phone",
            chinese: "新用户的注册方式，按优先顺序取 user_info、silent、phone；空为关闭注册。可在文件中为每个小程序单独设置",
            keeps_empty: true,
        };
        /// a phone number by encryptedData and iv, the form before code: accept, verify (WeChat is asked, too) or refuse
        phone_encrypted_data: PhoneEncryptedData = "PHONE_ENCRYPTED_DATA", phone_encrypted_data, {
            default: "accept",
            chinese: "以 encryptedData 和 iv（code 之前的形式）绑定手机号：accept 接受，verify 另向微信核实，refuse 拒绝",
        };
        /// separate, or link: whoever registers with the phone number of exactly one account joins that account
        phone_accounts: PhoneAccounts = "PHONE_ACCOUNTS", phone_accounts, {
            default: "separate",
            chinese: "separate，或 link：注册时手机号恰属一个账号的，并入该账号",
        };
    }
}

impl WechatSettings {
    /// The mini program `id`, or the only one when no id is given.
    pub fn app(&self, id: Option<&str>) -> Option<&WechatApp> {
        match (id, self.apps.as_slice()) {
            (Some(id), apps) => apps.iter().find(|app| app.id.as_str() == id),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}

impl WechatSettings {
    /// Base addresses to which app secrets travel readable for whoever listens: unencrypted, and not on this machine.
    pub fn in_clear(&self) -> impl Iterator<Item = &Url> {
        self.base_urls.iter().filter(|url| url.scheme() == "http" && !is_this_machine(url))
    }
}

impl Section for WechatSettings {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let variables = WechatVariables::fields(reader);
        let everywhere = variables.as_ref().map_or(vec![], |variables| variables.registration.clone());
        let tables = reader.sources().mini_programs.iter();
        let tables: Vec<_> = tables.map(|table| mini_program(reader, table, &everywhere)).collect();
        // Told whatever else is wrong: who starts for the first time hears everything in one go.
        match (reader.sources().name_a_mini_program(), reader.sources().text("WECHAT_APP_SECRET")) {
            (true, _) => {}
            (false, Some(_)) => {
                reader.problem("WECHAT_APP_ID: is missing");
                return None;
            }
            (false, None) => {
                reader
                    .problem("WECHAT_APP_ID, WECHAT_APP_SECRET, or [[wechat.apps]] in the TOML file: no mini program");
                return None;
            }
        }
        let variables = variables?;
        let WechatVariables { app_id, app_secret, base_urls, data_max_age, registration, .. } = variables;
        let WechatVariables { phone_encrypted_data, phone_accounts, .. } = variables;
        let mut apps: Vec<WechatApp> = tables.into_iter().collect::<Option<_>>()?;
        if let Some(twice) =
            apps.iter().enumerate().find(|(at, app)| apps[..*at].iter().any(|other| other.id == app.id))
        {
            reader.problem(format!("wechat.apps: {} is there twice", twice.1.id));
        }
        match (app_id, app_secret) {
            (Some(id), Some(secret)) => {
                // The file's secret is the weaker one; how people register there is set nowhere else.
                let at = apps.iter().position(|app| app.id == id);
                let registration = at.map_or(registration, |at| apps.remove(at).registration);
                apps.insert(0, WechatApp { id, secret, registration });
            }
            (Some(_), None) => reader.problem("WECHAT_APP_SECRET: is missing"),
            (None, Some(_)) => reader.problem("WECHAT_APP_ID: is missing"),
            (None, None) => {}
        }
        Some(WechatSettings { apps, base_urls, data_max_age, phone_encrypted_data, phone_accounts })
    }
}

/// A table of the TOML file. Without ways of its own it has those that count `everywhere`.
fn mini_program(reader: &mut Reader<'_>, table: &MiniProgramTable, everywhere: &[Way]) -> Option<WechatApp> {
    let place = &table.place;
    for key in table.texts.keys().filter(|key| !["id", "secret", "secret_file", "registration"].contains(&key.as_str()))
    {
        reader.problem(format!("{place}.{key}: no such setting in the file"));
    }
    let given = |key: &str| table.texts.get(key).map(|text| text.trim()).filter(|text| !text.is_empty());
    let id = match given("id").map(app_id) {
        Some(Ok(id)) => Some(id),
        Some(Err(problem)) => {
            reader.problem(format!("{place}.id: {problem}"));
            None
        }
        None => None,
    };
    let secret = match (given("secret"), given("secret_file")) {
        (Some(secret), None) => Some(SecretString::from(secret)),
        (None, Some(path)) => match std::fs::read_to_string(path) {
            Ok(secret) if !secret.trim().is_empty() => Some(SecretString::from(secret.trim())),
            _ => {
                reader.problem(format!("{place}.secret_file: {path} cannot be read or is empty"));
                return None;
            }
        },
        _ => None,
    };
    if let Some(secret) = &secret {
        reader.check_secret(&format!("{place}.secret"), secret.expose_secret(), "from the TOML file");
    }
    let registration = table.texts.get("registration").map_or(Ok(everywhere.to_vec()), |text| ways(text));
    let registration = registration.unwrap_or_else(|problem| {
        reader.problem(format!("{place}.registration: {problem}"));
        vec![]
    });
    match (id, secret) {
        (Some(id), Some(secret)) => Some(WechatApp { id, secret, registration }),
        _ => {
            reader.problem(format!("{place}: needs id and either secret or secret_file"));
            None
        }
    }
}

fn app_id(text: &str) -> Parsed<AppId> {
    text.parse().map_err(|problem| format!("{problem}"))
}

fn secret(given: &str) -> Parsed<SecretString> {
    text(given).map(SecretString::from)
}

fn ways(text: &str) -> Parsed<Vec<Way>> {
    let ways = list("user_info, silent, phone or some of them", |way| way.parse::<Way>().ok())(text)?;
    match ways.iter().enumerate().any(|(at, way)| ways[..at].contains(way)) {
        true => Err("names a way twice".into()),
        false => Ok(ways),
    }
}

fn phone_accounts(text: &str) -> Parsed<PhoneAccounts> {
    match text {
        "separate" => Ok(PhoneAccounts::Separate),
        "link" => Ok(PhoneAccounts::Link),
        _ => Err("must be separate or link".into()),
    }
}

fn phone_encrypted_data(text: &str) -> Parsed<PhoneEncryptedData> {
    match text {
        "accept" => Ok(PhoneEncryptedData::Accept),
        "verify" => Ok(PhoneEncryptedData::Verify),
        "refuse" => Ok(PhoneEncryptedData::Refuse),
        _ => Err("must be accept, verify or refuse".into()),
    }
}

fn base_urls(text: &str) -> Parsed<Vec<Url>> {
    let addresses = list("http:// or https:// addresses", |text| {
        Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    })(text)?;
    if addresses.iter().any(|url| url.scheme() == "http" && !is_near(url)) {
        return Err(
            "http:// would show app secrets to the network; it may lead to this machine or a private network only \
                    (loopback and private addresses, names without a dot or in .localhost, .local, .internal)"
                .into(),
        );
    }
    if addresses.is_empty() { Err("names no address".into()) } else { Ok(addresses) }
}

/// Whether what is sent there stays on this machine or in a private network, as far as its address tells.
fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_private(address.into()),
        Some(Host::Ipv6(address)) => is_private(address.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            !name.contains('.') || [".localhost", ".local", ".internal"].iter().any(|end| name.ends_with(end))
        }
        None => false,
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).to_canonical().is_loopback(),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}

fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}
