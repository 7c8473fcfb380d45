//! `POST /v1/login`: exchanges the code, before anything is signed with the key that this makes.

use super::extract::{Body, Caller, WithinLimit, refuse_beyond, within};
use super::signed_in::{SignedIn, sign_in};
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::events::SignIn;
use crate::registration::Way;
use crate::store::EventKind;
use crate::telemetry::sign_ins::Login;
use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What it fails with.
pub(super) const FAILURES: &[Code] = &[
    Code::CodeInvalid,
    Code::CodeUsed,
    Code::BlockedByWechat,
    Code::UserSuspended,
    Code::RegistrationClosed,
    Code::WechatRejected,
    Code::WechatQuotaExhausted,
    Code::WechatUnavailable,
    Code::RateLimited,
    Code::InvalidRequest,
    Code::PayloadTooLarge,
];

/// What `wx.login` gave.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoginRequest {
    /// The code of `wx.login`: five minutes, one use.
    #[schema(example = "0a3XyZ000Qm1tR1ABC200fGh1i2XyZ0b", min_length = 1, max_length = 512, pattern = "^[ -~]*$")]
    code: String,
    /// The mini program; may be left out when exactly one is configured.
    #[schema(example = "wx0123456789abcdef")]
    app_id: Option<String>,
}

/// Somebody known is signed in; somebody unknown gets a ticket to register with.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum LoginAnswer {
    /// Somebody known.
    SignedIn(Box<SignedIn>),
    /// Somebody unknown.
    RegistrationRequired(RegistrationRequired),
}

/// The one status of [`RegistrationRequired`].
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum Required {
    /// Somebody is unknown.
    RegistrationRequired,
}

/// Nobody is known under this identity yet.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegistrationRequired {
    /// Which of a login's two answers it is.
    status: Required,
    /// To be sent with what `wx.getUserInfo` gives, if it is called after this answer arrived.
    #[schema(example = "Zt6x0w4v7uYPk2nGn9WJ1mE3m8w0r1lT3oJ0m2c3bq1")]
    ticket: String,
    /// Seconds until the ticket expires.
    #[schema(example = 300)]
    expires_in: i64,
    /// The ways of registering that this mini program accepts, the preferred one first.
    #[schema(example = json!(["userInfo", "silent", "phone"]))]
    ways: Vec<Way>,
}

/// Exchange the code of wx.login.
///
/// Call `wx.getUserInfo` only after this was answered: its data is signed with the session key that the exchange may
/// have renewed. A code is single use; after any failure call `wx.login` again.
#[utoipa::path(post, path = "/v1/login", tag = "Signing in", request_body = LoginRequest,
    responses((status = 200, description = "Signed in, or a ticket to register with", body = LoginAnswer)))]
pub(super) async fn login(
    app: Data<App>,
    caller: Caller,
    WithinLimit(Body(request)): WithinLimit<Body<LoginRequest>>,
) -> Result<Json<LoginAnswer>, ApiError> {
    let answer = answered(&app, &caller, &request).await;
    let (kind, code) = match &answer {
        Ok(LoginAnswer::SignedIn(_)) => (EventKind::Login, None),
        Ok(LoginAnswer::RegistrationRequired(_)) => (EventKind::Ticket, None),
        Err(error) => (EventKind::LoginFailed, Some(error.code.name())),
    };
    let app_id = app.settings().wechat.app(request.app_id.as_deref()).map(|app| app.id.clone());
    let (user_id, origin) = (caller.account(), caller.origin);
    app.shared.events.sign_in(SignIn { kind, user_id, app_id, way: None, code, origin });
    answer.map(Json)
}

async fn answered(app: &App, caller: &Caller, request: &LoginRequest) -> Result<LoginAnswer, ApiError> {
    let code = within("code", &request.code, 512)?;
    let mini_program = app.settings().wechat.app(request.app_id.as_deref()).ok_or_else(|| match request.app_id {
        Some(_) => ApiError::invalid("this mini program is not configured"),
        None => ApiError::invalid(
            "the field appId is missing; it may be left out when exactly one mini program is configured",
        ),
    })?;
    refuse_beyond(app.limits.count_app(&mini_program.id).await)?;
    refuse_beyond(app.limits.count_wechat_call(&mini_program.id).await)?;

    let place = app.shared.wechat_gate.enter(&mini_program.id).await?;
    let (identity, session_key) = app.wechat.exchange(mini_program, code).await?;
    drop(place);

    let Some(user) = app.users.find(&identity, app.clock().now()).await? else {
        if mini_program.registration.is_empty() {
            app.shared.sign_ins.count_login(&mini_program.id, Login::RegistrationClosed);
            return Err(ApiError::new(Code::RegistrationClosed, "this mini program takes nobody new"));
        }
        let (ticket, life) = app.tickets.issue(identity, session_key).await?;
        app.shared.sign_ins.count_login(&mini_program.id, Login::RegistrationRequired);
        return Ok(LoginAnswer::RegistrationRequired(RegistrationRequired {
            status: Required::RegistrationRequired,
            ticket: ticket.text(),
            expires_in: life.num_seconds(),
            ways: mini_program.registration.clone(),
        }));
    };
    let signed_in = sign_in(app, caller, user, identity, session_key).await?;
    app.shared.sign_ins.count_login(&mini_program.id, Login::LoggedIn);
    Ok(LoginAnswer::SignedIn(Box::new(signed_in)))
}
