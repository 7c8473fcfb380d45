//! `POST /v1/open-data`: opens what other calls of `wx` hand over encrypted, with the session's key.

use super::body::{Body, base64, within};
use super::current_user::CurrentUser;
use crate::app::App;
use crate::error::ApiError;
use crate::wechat::open_data;
use actix_web::web::{Data, Json};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What `wx.getWeRunData`, `wx.getGroupEnterInfo` and others give.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenDataRequest {
    /// Base64.
    encrypted_data: String,
    /// Base64.
    iv: String,
    /// Checked with `signature` where both are given.
    raw_data: Option<String>,
    signature: Option<String>,
}

/// Open encrypted data.
///
/// WeChat encrypts with the key of the last exchange, which may have been made by another device since: then
/// `signature_mismatch` or `decryption_failed` say `restart`, and a new login has the new key.
#[utoipa::path(post, path = "/v1/open-data", tag = "The person", security(("bearer" = [])), request_body = OpenDataRequest,
    responses((status = 200, description = "The decrypted JSON without openId and unionId", body = Object)))]
pub async fn open(
    app: Data<App>,
    CurrentUser { session, .. }: CurrentUser,
    Body(request): Body<OpenDataRequest>,
) -> Result<Json<Map<String, Value>>, ApiError> {
    let encrypted = base64("encryptedData", &request.encrypted_data, 48 * 1024)?;
    let iv = base64("iv", &request.iv, 128)?;
    match (request.raw_data.as_deref(), request.signature.as_deref()) {
        (Some(raw_data), Some(signature)) => {
            within("signature", signature, 128)?;
            open_data::verify_signature(raw_data, signature, &session.session_key)?;
        }
        (None, None) => {}
        _ => return Err(ApiError::invalid("rawData and signature go together")),
    }
    let mut data = open_data::decrypt(&encrypted, &iv, &session.session_key)?;
    open_data::check_watermark(&data, &session.identity.app_id)?;
    open_data::check_identity(&data, &session.identity)?;
    open_data::check_age(&data, app.settings.wechat.data_max_age, app.clock.now())?;
    leave_ids_out(&mut data);
    Ok(Json(data))
}

/// Removes openid and unionid wherever they stand and however they are spelled.
fn leave_ids_out(data: &mut Map<String, Value>) {
    data.retain(|name, _| !name.eq_ignore_ascii_case("openId") && !name.eq_ignore_ascii_case("unionId"));
    for value in data.values_mut() {
        match value {
            Value::Object(inner) => leave_ids_out(inner),
            Value::Array(list) => list.iter_mut().filter_map(Value::as_object_mut).for_each(leave_ids_out),
            _ => {}
        }
    }
}
