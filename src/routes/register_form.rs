//! What a registration sends, parsed into the way it takes.

use super::extract::{EncryptedData, InitialVector, base64, within};
use crate::error::{ApiError, Code};
use crate::registration::Way;
use crate::token::Token;
use crate::wechat::open_data::{Sealed, Signed};
use serde::Deserialize;
use utoipa::ToSchema;

/// The ticket, and what proves the rest in the way that is taken: with all of `rawData`, `signature`, `encryptedData` and
/// `iv` it is `userInfo`, with `phoneCode` it is `phone`, with neither it is `silent`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegisterRequest {
    /// What the login gave.
    #[schema(min_length = 1, max_length = 512, pattern = "^[ -~]*$")]
    ticket: String,
    /// As `wx.getUserInfo` gave it, byte for byte; 16 KiB at most.
    #[schema(min_length = 1, max_length = 16384)]
    raw_data: Option<String>,
    /// 40 hexadecimal digits.
    #[schema(min_length = 1, max_length = 128, pattern = "^[ -~]*$")]
    signature: Option<String>,
    /// Base64.
    #[schema(value_type = Option<EncryptedData>)]
    encrypted_data: Option<String>,
    /// Base64.
    #[schema(value_type = Option<InitialVector>)]
    iv: Option<String>,
    /// What a phone button gave: five minutes, one use; not the code of `wx.login`.
    #[schema(
        example = "e31968a7f94cc5ee25fafc2aef2773f0bb8c3937b22520eb8ee345274d00c144",
        min_length = 1,
        max_length = 512,
        pattern = "^[ -~]*$"
    )]
    phone_code: Option<String>,
}

/// A registration that can be looked at.
pub(super) struct Form {
    /// Of the ticket.
    pub token: Token,
    /// The way it takes.
    pub way: Way,
    /// What a phone button gave.
    pub phone_code: Option<String>,
    user_info: Option<UserInfo>,
}

/// What `wx.getUserInfo` gave.
struct UserInfo {
    raw_data: String,
    signature: String,
    encrypted: Vec<u8>,
    iv: Vec<u8>,
}

impl Form {
    /// What `wx.getUserInfo` gave, where that was sent.
    pub(super) fn sealed(&self) -> Option<Sealed<'_>> {
        self.user_info.as_ref().map(|info| Sealed {
            encrypted: &info.encrypted,
            iv: &info.iv,
            signed: Some(Signed { raw_data: &info.raw_data, signature: &info.signature }),
        })
    }
}

impl TryFrom<RegisterRequest> for Form {
    type Error = ApiError;

    fn try_from(request: RegisterRequest) -> Result<Form, ApiError> {
        let RegisterRequest { ticket, raw_data, signature, encrypted_data, iv, phone_code } = request;
        let user_info = match (raw_data, signature, encrypted_data, iv) {
            (None, None, None, None) => None,
            (raw_data, signature, encrypted_data, iv) => {
                let there = |name: &str, text: Option<String>| {
                    text.ok_or_else(|| ApiError::invalid(format!("the field {name} is missing beside the others")))
                };
                let (raw_data, signature) = (there("rawData", raw_data)?, there("signature", signature)?);
                let (data, iv) = (there("encryptedData", encrypted_data)?, there("iv", iv)?);
                within("rawData", &raw_data, 16 * 1024)?;
                within("signature", &signature, 128)?;
                let encrypted = base64("encryptedData", &data, 48 * 1024)?;
                Some(UserInfo { raw_data, signature, encrypted, iv: base64("iv", &iv, 128)? })
            }
        };
        if let Some(code) = &phone_code {
            within("phoneCode", code, 512)?;
        }
        let way = match (&phone_code, &user_info) {
            (Some(_), _) => Way::Phone,
            (None, Some(_)) => Way::UserInfo,
            (None, None) => Way::Silent,
        };
        let token = Token::parse(within("ticket", &ticket, 512)?).ok_or_else(spent)?;
        Ok(Form { token, way, phone_code, user_info })
    }
}

/// The one answer to every ticket that leads nowhere, whatever the reason.
pub(super) fn spent() -> ApiError {
    ApiError::new(Code::TicketInvalid, "the ticket is unknown, expired or spent")
}
