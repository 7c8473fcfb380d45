//! What a client is told of each failure inside: exact there, merged here, in one place.

use super::api_error::ApiError;
use super::code::{Code, Retry};
use crate::access_token::NoToken;
use crate::store::StoreError;
use crate::wechat::WechatError;
use crate::wechat::open_data::Refused;
use std::time::Duration;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        match error {
            StoreError::Unavailable(_) => {
                ApiError::new(Code::StorageUnavailable, "the storage does not answer").because(error)
            }
            StoreError::Broken(_) => ApiError::new(Code::Internal, "see the log under this request id").because(error),
        }
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> ApiError {
        match refused {
            Refused::Signature => ApiError::new(
                Code::SignatureMismatch,
                "the data was signed with another session key; it must be fetched after the code was exchanged",
            )
            .with_retry(Retry::Restart),
            Refused::Decryption => ApiError::new(
                Code::DecryptionFailed,
                "the data was encrypted with another session key, or did not arrive as WeChat made it",
            ),
            Refused::Watermark => ApiError::new(Code::WatermarkMismatch, "the data was made for another mini program"),
            Refused::Identity => ApiError::new(Code::IdentityMismatch, "the data is about another person"),
            Refused::Stale => ApiError::new(Code::DataStale, "the data is older than this service accepts"),
        }
    }
}

impl From<WechatError> for ApiError {
    fn from(error: WechatError) -> ApiError {
        let minute = Duration::from_secs(60);
        match &error {
            WechatError::CodeInvalid(_) => {
                ApiError::new(Code::CodeInvalid, "WeChat does not know this code, or it expired")
            }
            WechatError::CodeUsed(_) => ApiError::new(Code::CodeUsed, "WeChat says that this code was used before"),
            WechatError::Blocked(_) => ApiError::new(Code::BlockedByWechat, "WeChat rates this person as high-risk"),
            WechatError::RateLimited(_) => {
                ApiError::new(Code::RateLimited, "WeChat limits how often this may be done").after(minute)
            }
            WechatError::QuotaExhausted(_) => {
                ApiError::new(Code::WechatQuotaExhausted, "the mini program's calls of today are used up")
                    .after(minute * 60)
            }
            WechatError::TokenRefused(_) | WechatError::Rejected(_) => ApiError::new(
                Code::WechatRejected,
                "WeChat refuses this service; its operator finds the errcode in the log",
            ),
            WechatError::Unavailable(_) => ApiError::new(
                Code::WechatUnavailable,
                "WeChat does not answer, or makes no sense; a code may have been used up",
            ),
            WechatError::Resting(wait) => {
                ApiError::new(Code::WechatUnavailable, "WeChat has not answered lately and is not asked for a moment")
                    .after(*wait)
            }
            WechatError::Busy => {
                ApiError::new(Code::Overloaded, "as many requests of this replica wait for WeChat as may")
            }
        }
        .because(error)
    }
}

impl From<NoToken> for ApiError {
    fn from(error: NoToken) -> ApiError {
        match error {
            NoToken::Store(error) => error.into(),
            NoToken::Wechat(error) => error.into(),
        }
    }
}
