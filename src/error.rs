//! Every failure that a client can see: its code, its status, what to do about it, and the cause that only the log sees.
//!
//! One row here is one row of the table that clients are written against.

use crate::access_token::NoToken;
use crate::store::StoreError;
use crate::wechat::WechatError;
use crate::wechat::open_data::Refused;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// What a client program should do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Retry {
    /// Nothing: the same request fails again.
    None,
    /// Call `wx.login` again and start over.
    Restart,
    /// Keep the ticket, call `wx.getUserInfo` again and register.
    GetUserInfo,
    /// Keep the ticket or the session; the person has to tap the phone button again.
    GetPhoneNumber,
    /// The same again after `Retry-After` seconds; a login always with a fresh code.
    Later,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $status:literal, $retry:ident, $title:literal;)+) => {
        /// A row of the error table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
        pub enum Code { $($(#[$doc])* #[serde(rename = $name)] $variant),+ }

        impl Code {
            /// Every row.
            pub const ALL: &[Code] = &[$(Code::$variant),+];

            /// What `code` says.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name),+ }
            }

            pub fn status(self) -> StatusCode {
                let status = match self { $(Code::$variant => $status),+ };
                StatusCode::from_u16(status).expect("the table holds valid statuses")
            }

            /// What `retry` says unless the case at hand says otherwise.
            pub fn retry(self) -> Retry {
                match self { $(Code::$variant => Retry::$retry),+ }
            }

            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title),+ }
            }
        }
    };
}

codes! {
    InvalidRequest = "invalid_request", 400, None, "The request cannot be read";
    CodeInvalid = "code_invalid", 401, Restart, "The code is wrong or expired";
    CodeUsed = "code_used", 401, Restart, "The code was used before";
    SessionInvalid = "session_invalid", 401, Restart, "There is no such session";
    InvalidClient = "invalid_client", 401, None, "The caller is not a configured client";
    BlockedByWechat = "blocked_by_wechat", 403, None, "WeChat blocked this login";
    UserSuspended = "user_suspended", 403, None, "The account is suspended";
    RegistrationClosed = "registration_closed", 403, None, "Nobody new is taken in this way";
    NotFound = "not_found", 404, None, "There is nothing here";
    MethodNotAllowed = "method_not_allowed", 405, None, "The method is not allowed here";
    TicketInvalid = "ticket_invalid", 410, Restart, "The ticket is unknown, expired or spent";
    PayloadTooLarge = "payload_too_large", 413, None, "The body is too large";
    SignatureMismatch = "signature_mismatch", 422, GetUserInfo, "The signature does not match";
    DecryptionFailed = "decryption_failed", 422, Restart, "The data cannot be decrypted";
    WatermarkMismatch = "watermark_mismatch", 422, None, "The data is another mini program's";
    IdentityMismatch = "identity_mismatch", 422, None, "The data is another person's";
    DataStale = "data_stale", 422, GetUserInfo, "The data is too old";
    PhoneCodeInvalid = "phone_code_invalid", 422, GetPhoneNumber, "The phone code is of no use";
    RateLimited = "rate_limited", 429, Later, "Too many requests";
    Internal = "internal", 500, Later, "Something went wrong here";
    WechatRejected = "wechat_rejected", 502, None, "WeChat refuses this service";
    WechatQuotaExhausted = "wechat_quota_exhausted", 503, Later, "The mini program's quota is spent";
    WechatUnavailable = "wechat_unavailable", 503, Later, "WeChat does not answer";
    StorageUnavailable = "storage_unavailable", 503, Later, "The storage does not answer";
    Overloaded = "overloaded", 503, Later, "Too many requests in progress";
}

/// A failure on its way to the client.
///
/// `detail` is for whoever writes the client; `cause` is logged once and never sent.
#[derive(Debug)]
pub struct ApiError {
    pub code: Code,
    pub detail: Cow<'static, str>,
    pub retry: Retry,
    pub retry_after: Option<Duration>,
    /// Methods for the `Allow` header.
    pub allow: Vec<Method>,
    pub cause: Option<Box<dyn Error + Send + Sync>>,
}

impl ApiError {
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> ApiError {
        let retry_after = (code.retry() == Retry::Later).then_some(Duration::from_secs(1));
        ApiError { code, detail: detail.into(), retry: code.retry(), retry_after, allow: vec![], cause: None }
    }

    /// The request cannot be used, and why.
    pub fn invalid(detail: impl Into<Cow<'static, str>>) -> ApiError {
        ApiError::new(Code::InvalidRequest, detail)
    }

    /// The one answer to every bearer token that leads nowhere, whatever the reason.
    pub fn no_session() -> ApiError {
        ApiError::new(Code::SessionInvalid, "the token is missing, unknown, expired or revoked")
    }

    pub fn because(self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> ApiError {
        ApiError { cause: Some(cause.into()), ..self }
    }

    pub fn with_retry(self, retry: Retry) -> ApiError {
        ApiError { retry, ..self }
    }

    pub fn after(self, wait: Duration) -> ApiError {
        ApiError { retry_after: Some(wait), ..self }
    }

    /// Names the methods that a path has.
    #[must_use]
    pub fn allowing(self, methods: &[Method]) -> ApiError {
        ApiError { allow: methods.to_vec(), ..self }
    }

    /// The document for the client.
    pub fn problem<'a>(&'a self, request_id: &'a str) -> Problem<'a> {
        Problem {
            r#type: format!("about:blank#{}", self.code.name()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: &self.detail,
            code: self.code,
            retry: self.retry,
            request_id,
        }
    }

    /// The answer for the client, with the headers that go with it.
    pub fn response(&self, request_id: &str) -> HttpResponse {
        let mut response = HttpResponse::build(self.code.status());
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(wait) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, wait.as_millis().div_ceil(1000).max(1).to_string()));
        }
        let challenge = match self.code {
            Code::SessionInvalid => Some("Bearer"),
            Code::InvalidClient => Some("Basic realm=\"introspection\""),
            _ => None,
        };
        if let Some(challenge) = challenge {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        if !self.allow.is_empty() {
            let methods: Vec<_> = self.allow.iter().map(Method::as_str).collect();
            response.insert_header((header::ALLOW, methods.join(", ")));
        }
        response.json(self.problem(request_id))
    }
}

/// RFC 9457 problem details, with `code`, `retry` and `requestId` besides.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem<'a> {
    #[schema(example = "about:blank#ticket_invalid")]
    pub r#type: String,
    pub title: &'a str,
    #[schema(example = 410)]
    pub status: u16,
    pub detail: &'a str,
    pub code: Code,
    pub retry: Retry,
    #[schema(example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    pub request_id: &'a str,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.detail)
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.response("")
    }
}

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
