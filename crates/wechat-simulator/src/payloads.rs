//! What is signed and encrypted, key by key in the order in which WeChat writes it. Rules 27 to 29 of docs/simulator.md.

use crate::model::people::{Phone, Profile};
use serde::Serialize;

/// When and for which app data was made. The timestamp is in seconds.
#[derive(Serialize)]
pub(crate) struct Watermark {
    pub(crate) timestamp: i64,
    pub(crate) appid: String,
}

/// `rawData` of getUserInfo and getUserProfile; `userInfo` has the same fields.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RawProfile {
    #[serde(flatten)]
    pub(crate) profile: Profile,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_demote: bool,
}

/// The encrypted data of getUserInfo, and without ids that of getUserProfile.
#[derive(Serialize)]
pub(crate) struct EncryptedProfile<'a> {
    #[serde(rename = "openId", skip_serializing_if = "Option::is_none")]
    pub(crate) openid: Option<&'a str>,
    #[serde(flatten)]
    pub(crate) profile: &'a Profile,
    #[serde(rename = "unionId", skip_serializing_if = "Option::is_none")]
    pub(crate) unionid: Option<String>,
    pub(crate) watermark: Watermark,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_demote: bool,
}

/// A phone number, encrypted or redeemed by a server.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PhoneInfo {
    pub(crate) phone_number: String,
    pub(crate) pure_phone_number: String,
    pub(crate) country_code: CountryCode,
    pub(crate) watermark: Watermark,
}

/// WeChat documents a string and shows a number.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum CountryCode {
    Text(String),
    Bare(u64),
}

impl PhoneInfo {
    pub(crate) fn new(phone: &Phone, bare_country_code: bool, watermark: Watermark) -> PhoneInfo {
        let phone_number = match phone.country_code.as_str() {
            "86" => phone.number.clone(),
            foreign => format!("+{foreign}{}", phone.number),
        };
        let country_code = match phone.country_code.parse() {
            Ok(number) if bare_country_code => CountryCode::Bare(number),
            _ => CountryCode::Text(phone.country_code.clone()),
        };
        PhoneInfo { phone_number, pure_phone_number: phone.number.clone(), country_code, watermark }
    }
}

/// The encrypted data of getWeRunData: a step count for each of the last days, today's last.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunData {
    pub(crate) step_info_list: Vec<Steps>,
    pub(crate) watermark: Watermark,
}

/// The steps of the day that began (in China) at this timestamp.
#[derive(Serialize)]
pub(crate) struct Steps {
    pub(crate) timestamp: i64,
    pub(crate) step: u64,
}

pub(crate) fn compact(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("these types have a JSON form")
}
