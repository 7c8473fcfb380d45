//! The error table: one row here is one row of the table that clients are written against.

use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

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
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        pub enum Code {
            $(#[doc = $title] $(#[$doc])* #[serde(rename = $name)] $variant),+
        }

        impl Code {
            /// Every row.
            pub const ALL: &[Code] = &[$(Code::$variant),+];

            /// What `code` says.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name),+ }
            }

            /// The status of the answer.
            pub fn status(self) -> StatusCode {
                let status = match self { $(Code::$variant => $status),+ };
                StatusCode::from_u16(status).expect("the table holds valid statuses")
            }

            /// What `retry` says unless the case at hand says otherwise.
            pub fn retry(self) -> Retry {
                match self { $(Code::$variant => Retry::$retry),+ }
            }

            /// The same text for every problem of this row.
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title),+ }
            }
        }
    };
}

/// By the names that are sent: a derived schema would have those of the variants.
impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let names = Code::ALL.iter().map(|code| code.name());
        let rows: Vec<_> = Code::ALL.iter().map(|code| format!("- `{}`: {}", code.name(), code.title())).collect();
        let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
        schema.description(Some(format!("The row of the error table.\n\n{}", rows.join("\n")))).into()
    }
}

impl ToSchema for Code {}

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
