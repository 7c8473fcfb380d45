//! `GET` and `DELETE /v1/session`: the session at hand.

use super::extract::CurrentUser;
use super::no_content::NoContent;
use super::signed_in::UserBody;
use crate::app::App;
use crate::clock::Rfc3339;
use crate::error::{ApiError, Code};
use crate::identity::AppId;
use crate::store::EventKind;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

/// What every endpoint fails with whose caller must be signed in.
pub(super) const FAILURES: &[Code] = &[Code::SessionInvalid];

/// The session at hand.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionBody {
    user: UserBody,
    #[schema(value_type = String, example = "wx0123456789abcdef")]
    app_id: AppId,
    /// RFC 3339, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Rfc3339,
    /// RFC 3339, UTC: when it ends if it is not used again.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Rfc3339,
}

/// Show the session at hand.
///
/// The person is shown as they were at most 55 seconds ago.
#[utoipa::path(get, path = "/v1/session", operation_id = "showSession", tag = "Session", security(("bearer" = [])),
    responses((status = 200, description = "The session", body = SessionBody)))]
pub(super) async fn show(
    app: Data<App>,
    CurrentUser { session, .. }: CurrentUser,
) -> Result<Json<SessionBody>, ApiError> {
    let expires_at = Rfc3339::of(app.sessions.expires_at(&session));
    Ok(Json(SessionBody {
        user: session.user.into(),
        app_id: session.identity.app_id,
        created_at: Rfc3339::of(session.entry.created_at),
        expires_at,
    }))
}

/// End the session at hand.
#[utoipa::path(delete, path = "/v1/session", operation_id = "closeSession", tag = "Session", security(("bearer" = [])),
    responses((status = 204, description = "The token is of no use from now on, on every replica")))]
pub(super) async fn close(app: Data<App>, CurrentUser { session, .. }: CurrentUser) -> Result<NoContent, ApiError> {
    app.sessions.close(&session).await?;
    app.shared.events.note(EventKind::Logout, session.user.id, Some(session.identity.app_id));
    Ok(NoContent)
}
