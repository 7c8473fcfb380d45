//! `POST /v1/me/phone`: the number that WeChat vouches for.

use super::extract::{Body, CurrentUser, EncryptedData, InitialVector, base64, refuse_beyond, within};
use super::me::changed;
use super::open_data::opened;
use super::signed_in::UserBody;
use crate::access_token::NoToken;
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::identity::Identity;
use crate::phone_code::PhoneCode;
use crate::settings::{PhoneEncryptedData, WechatApp};
use crate::store::EventKind;
use crate::user::Phone;
use crate::wechat::open_data::Sealed;
use crate::wechat::{PhoneInfo, WechatError};
use actix_web::web::{Data, Json};
use serde::Deserialize;
use utoipa::ToSchema;

/// What it fails with.
pub(super) const FAILURES: &[Code] = &[
    Code::SessionInvalid,
    Code::InvalidRequest,
    Code::PayloadTooLarge,
    Code::PhoneCodeInvalid,
    Code::DecryptionFailed,
    Code::WatermarkMismatch,
    Code::IdentityMismatch,
    Code::DataStale,
    Code::WechatRejected,
    Code::WechatQuotaExhausted,
    Code::WechatUnavailable,
    Code::RateLimited,
];

/// What a `getPhoneNumber` button gave: today's `code`, or the older `encryptedData` and `iv`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhoneRequest {
    /// Five minutes, one use; not the code of `wx.login`. It counts where both forms are given.
    #[schema(min_length = 1, max_length = 512, pattern = "^[ -~]*$")]
    code: Option<String>,
    /// Base64.
    #[schema(value_type = Option<EncryptedData>)]
    encrypted_data: Option<String>,
    /// Base64.
    #[schema(value_type = Option<InitialVector>)]
    iv: Option<String>,
}

/// Bind the phone number.
///
/// The older form may be switched off (`PHONE_ENCRYPTED_DATA`). Ten failed decryptions within an hour end the session.
#[utoipa::path(post, path = "/v1/me/phone", operation_id = "bindPhone", tag = "The person", security(("bearer" = [])), request_body = PhoneRequest,
    responses((status = 200, description = "The person with the number", body = UserBody)))]
pub(super) async fn bind(
    app: Data<App>,
    current: CurrentUser,
    Body(request): Body<PhoneRequest>,
) -> Result<Json<UserBody>, ApiError> {
    let identity = &current.session.identity;
    let code = request.code.as_deref().map(|code| within("code", code, 512)).transpose()?;
    let phone = match (code, request.encrypted_data.as_deref(), request.iv.as_deref()) {
        (Some(code), _, _) => number(&app, identity, code).await?,
        (None, Some(data), Some(iv)) => by_encrypted_data(&app, &current, data, iv).await?,
        _ => return Err(ApiError::invalid("code, or encryptedData with iv, is missing")),
    };
    let stored = app.users.set_phone(current.session.user.id, &phone, app.clock().now()).await;
    if let (Err(_), Some(code)) = (&stored, code) {
        keep(&app, identity, code, &phone).await;
    }
    let answer = changed(&app, &current, stored?).await?;
    app.shared.events.note(EventKind::Phone, current.session.user.id, Some(current.session.identity.app_id));
    Ok(answer)
}

/// The number behind `code`, asked for in the name of whoever `identity` is.
///
/// # Errors
/// WeChat refuses or does not answer; the token store does not answer.
pub(super) async fn number(app: &App, identity: &Identity, code: &str) -> Result<Phone, ApiError> {
    let code = phone_code(app, identity, code)?;
    // Before anything that stands between us and WeChat, which has told this number already.
    if let Some(phone) = app.phone_codes.kept(code).await? {
        return Ok(phone);
    }
    refuse_beyond(app.limits.count_wechat_call(&identity.app_id).await)?;
    let _place = app.shared.wechat_gate.enter(&identity.app_id).await?;
    app.phone_codes.number(code).await.map_err(|error| match error {
        NoToken::Wechat(WechatError::CodeInvalid(_) | WechatError::CodeUsed(_)) => {
            ApiError::new(Code::PhoneCodeInvalid, "WeChat does not know this code of this person's, or it was used")
                .because(error)
        }
        error => error.into(),
    })
}

/// Keeps a number that could not be stored, so that the same request works when the database is back.
pub(super) async fn keep(app: &App, identity: &Identity, code: &str, phone: &Phone) {
    let kept = match phone_code(app, identity, code) {
        Ok(code) => app.phone_codes.keep(code, phone).await,
        // It was configured a moment ago, when WeChat was asked.
        Err(_) => return,
    };
    if let Err(error) = kept {
        tracing::warn!(error = &error as &dyn std::error::Error, "a phone number that wechat gave could not be kept");
    }
}

fn phone_code<'a>(app: &'a App, identity: &'a Identity, code: &'a str) -> Result<PhoneCode<'a>, ApiError> {
    Ok(PhoneCode { code, app: mini_program(app, identity)?, openid: &identity.openid })
}

fn mini_program<'a>(app: &'a App, identity: &Identity) -> Result<&'a WechatApp, ApiError> {
    let mini_program = app.settings().wechat.app(Some(identity.app_id.as_str()));
    mini_program.ok_or_else(|| ApiError::invalid("this mini program is not configured any more"))
}

/// The number in what a button gave with its code, as far as the settings take that for proof.
async fn by_encrypted_data(app: &App, current: &CurrentUser, data: &str, iv: &str) -> Result<Phone, ApiError> {
    let policy = app.settings().wechat.phone_encrypted_data;
    if policy == PhoneEncryptedData::Refuse {
        return Err(ApiError::invalid("this service takes a phone number by code only"));
    }
    let (encrypted, iv) = (base64("encryptedData", data, 48 * 1024)?, base64("iv", iv, 128)?);
    let opened = opened(app, current, Sealed { encrypted: &encrypted, iv: &iv, signed: None }).await?;
    let info: PhoneInfo = opened.read().map_err(|_| ApiError::invalid("the encrypted data holds no phone number"))?;
    if policy == PhoneEncryptedData::Verify {
        require_wechats(app, &current.session.identity, data).await?;
    }
    Ok(info.phone()?)
}

/// Whether WeChat says that one of its phones encrypted `data`, which a session key alone does not prove.
async fn require_wechats(app: &App, identity: &Identity, data: &str) -> Result<(), ApiError> {
    let mini_program = mini_program(app, identity)?;
    refuse_beyond(app.limits.count_wechat_call(&identity.app_id).await)?;
    let _place = app.shared.wechat_gate.enter(&identity.app_id).await?;
    match app.phone_codes.is_wechats(mini_program, data).await? {
        true => Ok(()),
        false => {
            Err(ApiError::new(Code::PhoneCodeInvalid, "WeChat does not know this data, or it is older than 3 days"))
        }
    }
}
