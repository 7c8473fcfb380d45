//! What a mini program says in a call, and what `success` or `fail` gets.

use crate::payloads::RawProfile;
use serde::{Deserialize, Serialize};

/// What every call may say; the rest is ignored.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Call {
    pub(super) app_id: Option<String>,
    pub(super) with_credentials: Option<bool>,
    /// The call runs in a tap handler.
    pub(super) tap: bool,
    /// The person says no.
    pub(super) refuse: bool,
}

/// What `success` gets, in the order in which WeChat writes it.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Success {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_info: Option<RawProfile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) raw_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encrypted_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) iv: Option<String>,
    /// A temporary file on the phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) avatar_url: Option<String>,
    /// What stands in an input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
    pub(super) err_msg: String,
    #[serde(skip)]
    pub(super) key_version: u64,
}

/// What `fail` gets.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failure {
    pub(super) err_msg: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) errno: Option<i64>,
}

/// Why a call fails, without the call's name.
pub(super) struct Refused {
    reason: String,
    errno: Option<i64>,
}

impl Refused {
    /// A reason that has a number of WeChat's.
    pub(super) fn with_errno(errno: i64, reason: &str) -> Refused {
        Refused { reason: reason.to_owned(), errno: Some(errno) }
    }

    /// The failure of the call `api`.
    pub(super) fn told_by(&self, api: &str) -> Failure {
        Failure { err_msg: format!("{api}:fail {}", self.reason), errno: self.errno }
    }
}

impl<T: Into<String>> From<T> for Refused {
    fn from(reason: T) -> Refused {
        Refused { reason: reason.into(), errno: None }
    }
}

pub(super) type Outcome = Result<Success, Refused>;
