//! What an `errcode` of WeChat's means, by what has to be done about it.

use std::error::Error;
use std::time::Duration;

/// What WeChat answered instead of what was asked for, by what has to be done about it.
#[derive(Debug, thiserror::Error)]
pub enum WechatError {
    /// The code is unknown, expired, another mini program's or of another kind.
    #[error("wechat does not know the code (errcode {0})")]
    CodeInvalid(i64),
    /// The code was exchanged before.
    #[error("wechat says that the code was used (errcode {0})")]
    CodeUsed(i64),
    /// The person is rated as high-risk.
    #[error("wechat blocks the person (errcode {0})")]
    Blocked(i64),
    /// This person or this mini program asks too often; it passes within a minute.
    #[error("wechat limits the rate (errcode {0})")]
    RateLimited(i64),
    /// The mini program's calls of today are used up.
    #[error("wechat's quota is spent (errcode {0})")]
    QuotaExhausted(i64),
    /// The access token is wrong or expired: get another one.
    #[error("wechat refuses the access token (errcode {0})")]
    TokenRefused(i64),
    /// App id, secret, address or permission of this service is refused, or the errcode is unknown.
    #[error("wechat refuses this service (errcode {0})")]
    Rejected(i64),
    /// No answer, or one that makes no sense. What was asked may have been done.
    #[error("wechat does not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// It was not asked: it has not answered lately, and is asked again after this time.
    #[error("wechat is not asked, because it has not answered several times in a row")]
    Resting(Duration),
    /// It was not asked: as many of this process ask as may.
    #[error("as many requests of this process ask wechat as may")]
    Busy,
}

impl WechatError {
    /// What an `errcode` that is not 0 means.
    ///
    /// Source: <https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_code2session> and, for the codes
    /// that are seen but not listed there, reports of developers.
    pub fn from_errcode(errcode: i64) -> WechatError {
        match errcode {
            -1 => WechatError::Unavailable("errcode -1: system error".into()),
            40029 => WechatError::CodeInvalid(errcode),
            40163 => WechatError::CodeUsed(errcode),
            40226 => WechatError::Blocked(errcode),
            45011 => WechatError::RateLimited(errcode),
            45009 => WechatError::QuotaExhausted(errcode),
            40001 | 40014 | 42001 => WechatError::TokenRefused(errcode),
            _ => WechatError::Rejected(errcode),
        }
    }

    /// The errcode, for metrics; `None` when there was no sensible answer.
    pub fn errcode(&self) -> Option<i64> {
        match self {
            WechatError::CodeInvalid(errcode)
            | WechatError::CodeUsed(errcode)
            | WechatError::Blocked(errcode)
            | WechatError::RateLimited(errcode)
            | WechatError::QuotaExhausted(errcode)
            | WechatError::TokenRefused(errcode)
            | WechatError::Rejected(errcode) => Some(*errcode),
            WechatError::Unavailable(_) | WechatError::Resting(_) | WechatError::Busy => None,
        }
    }
}
