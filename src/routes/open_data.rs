//! `POST /v1/open-data`: opens what other calls of `wx` hand over encrypted, with the session's key.

use super::extract::{Body, CurrentUser, EncryptedData, InitialVector, base64, within};
use crate::app::App;
use crate::decryption_budget::Left;
use crate::error::{ApiError, Code};
use crate::wechat::open_data::{self, Expected, Opened, Sealed, Signed};
use actix_web::web::{Data, Json};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What it fails with.
pub(super) const FAILURES: &[Code] = &[
    Code::SessionInvalid,
    Code::InvalidRequest,
    Code::PayloadTooLarge,
    Code::SignatureMismatch,
    Code::DecryptionFailed,
    Code::WatermarkMismatch,
    Code::IdentityMismatch,
    Code::DataStale,
];

/// What `wx.getWeRunData`, `wx.getGroupEnterInfo` and others give.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenDataRequest {
    /// Base64.
    #[schema(value_type = EncryptedData)]
    encrypted_data: String,
    /// Base64.
    #[schema(value_type = InitialVector)]
    iv: String,
    /// Checked with `signature` where both are given.
    raw_data: Option<String>,
    /// 40 hexadecimal digits.
    #[schema(min_length = 1, max_length = 128, pattern = "^[ -~]*$")]
    signature: Option<String>,
}

/// Open encrypted data.
///
/// WeChat encrypts with the key of the last exchange, which may have been made by another device since: then
/// `signature_mismatch` or `decryption_failed` say `restart`, and a new login has the new key. Ten failed decryptions within
/// an hour end the session.
#[utoipa::path(post, path = "/v1/open-data", operation_id = "openData", tag = "The person", security(("bearer" = [])), request_body = OpenDataRequest,
    responses((status = 200, description = "The decrypted JSON without openId and unionId", body = Object)))]
pub(super) async fn open(
    app: Data<App>,
    current: CurrentUser,
    Body(request): Body<OpenDataRequest>,
) -> Result<Json<Map<String, Value>>, ApiError> {
    let encrypted = base64("encryptedData", &request.encrypted_data, 48 * 1024)?;
    let iv = base64("iv", &request.iv, 128)?;
    let signed = match (request.raw_data.as_deref(), request.signature.as_deref()) {
        (Some(raw_data), Some(signature)) => Some(Signed { raw_data, signature: within("signature", signature, 128)? }),
        (None, None) => None,
        _ => return Err(ApiError::invalid("rawData and signature go together")),
    };
    let sealed = Sealed { encrypted: &encrypted, iv: &iv, signed };
    Ok(Json(opened(&app, &current, sealed).await?.without_ids()))
}

/// What the session's key opens. A failure is counted before it is told, and one too many says only that there is no
/// session.
///
/// # Errors
/// It is not what it must be; the token store does not answer.
pub(super) async fn opened(app: &App, current: &CurrentUser, sealed: Sealed<'_>) -> Result<Opened, ApiError> {
    let session = &current.session;
    let expected =
        Expected { identity: &session.identity, max_age: app.settings().wechat.data_max_age, now: app.clock().now() };
    let refused = match open_data::open(sealed, &session.session_key, &expected) {
        Ok(opened) => return Ok(opened),
        Err(refused) => refused,
    };
    if refused.is_failed_decryption() {
        let left = app.decryptions.count_failure(&current.token).await?;
        if left != Left::Some {
            app.sessions.close(session).await?;
        }
        if left == Left::Overdrawn {
            return Err(ApiError::no_session());
        }
    }
    Err(refused.into())
}
