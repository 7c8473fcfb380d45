//! `POST /v1/me/phone`: the number that WeChat vouches for.

use super::extract::{Body, CurrentUser, base64, refuse_beyond, within};
use super::me::changed;
use super::signed_in::UserBody;
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::settings::WechatApp;
use crate::store::EventKind;
use crate::user::Phone;
use crate::wechat::open_data::{self, Expected, Sealed};
use crate::wechat::{PhoneInfo, WechatError};
use actix_web::web::{Data, Json};
use serde::Deserialize;
use utoipa::ToSchema;

/// What it fails with.
pub const FAILURES: &[Code] = &[
    Code::SessionInvalid,
    Code::InvalidRequest,
    Code::PayloadTooLarge,
    Code::CodeInvalid,
    Code::CodeUsed,
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
pub struct PhoneRequest {
    /// Five minutes, one use; not the code of `wx.login`. It counts where both forms are given.
    code: Option<String>,
    /// Base64.
    encrypted_data: Option<String>,
    /// Base64.
    iv: Option<String>,
}

/// Bind the phone number.
#[utoipa::path(post, path = "/v1/me/phone", tag = "The person", security(("bearer" = [])), request_body = PhoneRequest,
    responses((status = 200, description = "The person with the number", body = UserBody)))]
pub async fn bind(
    app: Data<App>,
    current: CurrentUser,
    Body(request): Body<PhoneRequest>,
) -> Result<Json<UserBody>, ApiError> {
    let phone = match (request.code.as_deref(), request.encrypted_data.as_deref(), request.iv.as_deref()) {
        (Some(code), _, _) => by_code(&app, &current, within("code", code, 512)?).await?,
        (None, Some(data), Some(iv)) => {
            let (data, iv) = (base64("encryptedData", data, 48 * 1024)?, base64("iv", iv, 128)?);
            by_encrypted_data(&app, &current, &data, &iv)?
        }
        _ => return Err(ApiError::invalid("code, or encryptedData with iv, is missing")),
    };
    let user = app.users.set_phone(current.session.user.id, &phone, app.clock().now()).await?;
    let answer = changed(&app, &current, user).await?;
    app.shared.events.note(EventKind::Phone, current.session.user.id, Some(current.session.identity.app_id));
    Ok(answer)
}

async fn by_code(app: &App, current: &CurrentUser, code: &str) -> Result<Phone, ApiError> {
    let id = &current.session.identity.app_id;
    let mini_program = app
        .settings()
        .wechat
        .app(Some(id.as_str()))
        .ok_or_else(|| ApiError::invalid("this mini program is not configured any more"))?;
    refuse_beyond(app.limits.count_wechat_call(id).await)?;
    Ok(number(app, mini_program, code).await?.phone()?)
}

/// WeChat looks at the access token before the code, so a refused token has not used the code up.
async fn number(app: &App, mini_program: &WechatApp, code: &str) -> Result<PhoneInfo, ApiError> {
    let token = app.access_tokens.get(mini_program).await?;
    match app.wechat.phone_number(&token, code).await {
        Err(WechatError::TokenRefused(_)) => {
            let token = app.access_tokens.instead_of(mini_program, &token).await?;
            Ok(app.wechat.phone_number(&token, code).await?)
        }
        answer => Ok(answer?),
    }
}

fn by_encrypted_data(app: &App, current: &CurrentUser, encrypted: &[u8], iv: &[u8]) -> Result<Phone, ApiError> {
    let session = &current.session;
    let expected =
        Expected { identity: &session.identity, max_age: app.settings().wechat.data_max_age, now: app.clock().now() };
    let sealed = Sealed { encrypted, iv, signed: None };
    let opened = open_data::open(sealed, &session.session_key, &expected)?;
    let info: PhoneInfo = opened.read().map_err(|_| ApiError::invalid("the encrypted data holds no phone number"))?;
    Ok(info.phone()?)
}
