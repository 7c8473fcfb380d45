//! `GET` and `DELETE /v1/session`: the session at hand.

use super::body::NoContent;
use super::current_user::CurrentUser;
use super::signed_in::{UserBody, rfc3339};
use crate::app::App;
use crate::error::ApiError;
use crate::store::EventKind;
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::ToSchema;

/// The session at hand.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionBody {
    user: UserBody,
    #[schema(example = "wx0123456789abcdef")]
    app_id: String,
    /// RFC 3339, UTC.
    created_at: String,
    /// RFC 3339, UTC: when it ends if it is not used again.
    expires_at: String,
}

/// Show the session at hand.
///
/// The person is shown as they were at most 45 seconds ago.
#[utoipa::path(get, path = "/v1/session", tag = "Session", security(("bearer" = [])),
    responses((status = 200, description = "The session", body = SessionBody)))]
pub async fn show(app: Data<App>, CurrentUser { session, .. }: CurrentUser) -> Json<SessionBody> {
    Json(SessionBody {
        user: (&session.user).into(),
        app_id: session.identity.app_id.to_string(),
        created_at: rfc3339(session.entry.created_at),
        expires_at: rfc3339(app.sessions.expires_at(&session)),
    })
}

/// End the session at hand.
#[utoipa::path(delete, path = "/v1/session", tag = "Session", security(("bearer" = [])),
    responses((status = 204, description = "The token is of no use from now on, on every replica")))]
pub async fn close(app: Data<App>, CurrentUser { session, .. }: CurrentUser) -> Result<NoContent, ApiError> {
    app.sessions.close(&session).await?;
    app.events.note(EventKind::Logout, session.user.id, Some(session.identity.app_id));
    Ok(NoContent)
}
