//! `GET` and `DELETE /v1/sessions`, `DELETE /v1/sessions/{id}`: a person's sessions on all their devices.

use super::extract::CurrentUser;
use super::no_content::NoContent;
use crate::app::App;
use crate::clock::Rfc3339;
use crate::error::{ApiError, Code};
use crate::identity::AppId;
use crate::store::EventKind;
use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

/// What ending one of them fails with.
pub(super) const FAILURES: &[Code] = &[Code::SessionInvalid, Code::NotFound];

/// Every open session of a person, the last used first.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionsBody {
    sessions: Vec<ListedSession>,
}

/// One of a person's sessions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ListedSession {
    #[schema(example = "c2VjcmV0LWZyZWU")]
    id: String,
    #[schema(value_type = String)]
    app_id: AppId,
    /// The device, made from its user agent.
    #[schema(example = "iPhone · WeChat 8.0.50")]
    label: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Rfc3339,
    /// Exact to 55 seconds.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Rfc3339,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Rfc3339,
    /// Whether this request was made in it.
    current: bool,
}

/// List the person's sessions.
#[utoipa::path(get, path = "/v1/sessions", operation_id = "listSessions", tag = "Session", security(("bearer" = [])),
    responses((status = 200, description = "The sessions", body = SessionsBody)))]
pub(super) async fn list(
    app: Data<App>,
    CurrentUser { session, .. }: CurrentUser,
) -> Result<Json<SessionsBody>, ApiError> {
    let open = app.sessions.of(session.user.id).await?;
    let sessions = open
        .into_iter()
        .map(|open| ListedSession {
            current: open.entry.id == session.entry.id,
            id: open.entry.id,
            app_id: open.entry.app_id,
            label: open.entry.label,
            created_at: Rfc3339::of(open.entry.created_at),
            last_used_at: Rfc3339::of(open.used_at),
            expires_at: Rfc3339::of(open.expires_at),
        })
        .collect();
    Ok(Json(SessionsBody { sessions }))
}

/// End one of the person's sessions.
#[utoipa::path(delete, path = "/v1/sessions/{id}", operation_id = "closeOneSession", tag = "Session", security(("bearer" = [])),
    params(("id" = String, Path, description = "as the list names it")),
    responses((status = 204, description = "Its token is of no use from now on")))]
pub(super) async fn close_one(
    app: Data<App>,
    id: Path<String>,
    CurrentUser { session, .. }: CurrentUser,
) -> Result<NoContent, ApiError> {
    if !app.sessions.close_one(session.user.id, &id).await? {
        return Err(ApiError::new(Code::NotFound, "the person has no such session"));
    }
    app.shared.events.note(EventKind::Logout, session.user.id, Some(session.identity.app_id));
    Ok(NoContent)
}

/// End all of the person's sessions, this one too.
#[utoipa::path(delete, path = "/v1/sessions", operation_id = "closeAllSessions", tag = "Session", security(("bearer" = [])),
    responses((status = 204, description = "No token of the person is of use from now on")))]
pub(super) async fn close_all(app: Data<App>, CurrentUser { session, .. }: CurrentUser) -> Result<NoContent, ApiError> {
    app.sessions.close_all(session.user.id).await?;
    app.shared.events.note(EventKind::Logout, session.user.id, Some(session.identity.app_id));
    Ok(NoContent)
}
