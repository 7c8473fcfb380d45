//! `POST /v1/me/phone`: the number that WeChat vouches for.

use super::body::{Body, base64, within};
use super::client_address::refuse_beyond;
use super::current_user::CurrentUser;
use super::me::changed;
use super::signed_in::UserBody;
use crate::app::App;
use crate::error::ApiError;
use crate::settings::WechatApp;
use crate::store::EventKind;
use crate::user::Phone;
use crate::wechat::{PhoneInfo, WechatError, open_data};
use actix_web::web::{Data, Json};
use serde::Deserialize;
use utoipa::ToSchema;

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
    let user = app.users.set_phone(current.session.user.id, &phone, app.clock.now()).await?;
    let answer = changed(&app, &current, user).await?;
    app.events.note(EventKind::Phone, current.session.user.id, Some(current.session.identity.app_id));
    Ok(answer)
}

async fn by_code(app: &App, current: &CurrentUser, code: &str) -> Result<Phone, ApiError> {
    let id = &current.session.identity.app_id;
    let mini_program = app
        .settings
        .wechat
        .app(Some(id.as_str()))
        .ok_or_else(|| ApiError::invalid("this mini program is not configured any more"))?;
    refuse_beyond(app.limits.to_wechat(id).await)?;
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

fn by_encrypted_data(app: &App, current: &CurrentUser, data: &[u8], iv: &[u8]) -> Result<Phone, ApiError> {
    let session = &current.session;
    let data = open_data::decrypt(data, iv, &session.session_key)?;
    open_data::check_watermark(&data, &session.identity.app_id)?;
    open_data::check_age(&data, app.settings.wechat.data_max_age, app.clock.now())?;
    let info: PhoneInfo = serde_json::from_value(serde_json::Value::Object(data))
        .map_err(|_| ApiError::invalid("the encrypted data holds no phone number"))?;
    Ok(info.phone()?)
}
