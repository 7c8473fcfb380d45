//! `DELETE /v1/me`: leaving.
//!
//! It cannot be undone, so a token alone does not do it for long: whoever found or stole one would have to hold the phone, too.

use super::extract::{CurrentUser, OptionalBody, refuse_beyond, within};
use super::no_content::NoContent;
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::session::Session;
use actix_web::web::Data;
use chrono::TimeDelta;
use serde::Deserialize;
use utoipa::ToSchema;

/// How long a session counts as proof of who holds the phone.
const PROOF: TimeDelta = TimeDelta::minutes(5);

/// What it fails with.
pub(super) const FAILURES: &[Code] = &[
    Code::SessionInvalid,
    Code::InvalidRequest,
    Code::PayloadTooLarge,
    Code::CodeInvalid,
    Code::CodeUsed,
    Code::BlockedByWechat,
    Code::IdentityMismatch,
    Code::WechatRejected,
    Code::WechatQuotaExhausted,
    Code::WechatUnavailable,
    Code::RateLimited,
];

/// Who holds the phone.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct EraseRequest {
    /// A fresh code of `wx.login` in the session's mini program; may be left out when the session is younger than five minutes.
    #[schema(example = "0a3XyZ000Qm1tR1ABC200fGh1i2XyZ0b", min_length = 1, max_length = 512, pattern = "^[ -~]*$")]
    code: Option<String>,
}

/// Leave: erase the person.
///
/// Every personal field, every way in and every session is gone; the person can register again as somebody new. A session
/// that is five minutes old or older needs a fresh code of `wx.login`, of the same person in the same mini program; a code
/// that is sent is checked in any case. After any failure call `wx.login` again.
#[utoipa::path(delete, path = "/v1/me", operation_id = "eraseMe", tag = "The person", security(("bearer" = [])),
    request_body = Option<EraseRequest>, responses((status = 204, description = "Nothing personal is kept")))]
pub(super) async fn erase(
    app: Data<App>,
    CurrentUser { session, .. }: CurrentUser,
    OptionalBody(request): OptionalBody<EraseRequest>,
) -> Result<NoContent, ApiError> {
    let now = app.clock().now();
    match &request.code {
        Some(code) => require_same_person(&app, &session, within("code", code, 512)?).await?,
        // A session from the future was opened by a replica whose clock is wrong.
        None if (now - session.entry.created_at).abs() < PROOF => {}
        None => {
            return Err(ApiError::invalid(
                "the field code is missing: a session that is five minutes old needs a fresh code of wx.login",
            ));
        }
    }
    app.users.erase(session.user.id, now.into()).await?;
    app.sessions.close_all(session.user.id).await?;
    Ok(NoContent)
}

/// Refuses a code that somebody else's phone got.
async fn require_same_person(app: &App, session: &Session, code: &str) -> Result<(), ApiError> {
    let identity = &session.identity;
    let mini_program = app.settings().wechat.app(Some(identity.app_id.as_str()));
    let mini_program = mini_program.ok_or_else(|| ApiError::invalid("this mini program is not configured any more"))?;
    refuse_beyond(app.limits.count_wechat_call(&identity.app_id).await)?;
    let place = app.shared.wechat_gate.enter(&identity.app_id).await?;
    let (holder, _) = app.wechat.exchange(mini_program, code).await?;
    drop(place);
    if holder.openid == identity.openid {
        return Ok(());
    }
    Err(ApiError::new(Code::IdentityMismatch, "the code is of another person than the session"))
}
