//! `GET` and `DELETE /v1/sessions`, `DELETE /v1/sessions/{id}`: a person's sessions on all their devices.

use super::body::NoContent;
use super::current_user::CurrentUser;
use super::signed_in::rfc3339;
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::store::EventKind;
use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

/// Every open session of a person, the last used first.
#[derive(Serialize, ToSchema)]
pub struct SessionsBody {
    sessions: Vec<Listed>,
}

/// One of a person's sessions.
#[derive(Serialize, ToSchema)]
#[schema(as = ListedSession)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[schema(example = "c2VjcmV0LWZyZWU")]
    id: String,
    app_id: String,
    /// The device, made from its user agent.
    #[schema(example = "iPhone · WeChat 8.0.50")]
    label: String,
    created_at: String,
    /// Exact to 45 seconds.
    last_used_at: String,
    expires_at: String,
    /// Whether this request was made in it.
    current: bool,
}

/// List the person's sessions.
#[utoipa::path(get, path = "/v1/sessions", tag = "Session", security(("bearer" = [])),
    responses((status = 200, description = "The sessions", body = SessionsBody)))]
pub async fn list(app: Data<App>, CurrentUser { session, .. }: CurrentUser) -> Result<Json<SessionsBody>, ApiError> {
    let open = app.sessions.of(session.user.id).await?;
    let sessions = open
        .into_iter()
        .map(|listed| Listed {
            current: listed.entry.id == session.entry.id,
            id: listed.entry.id,
            app_id: listed.entry.app_id.to_string(),
            label: listed.entry.label,
            created_at: rfc3339(listed.entry.created_at),
            last_used_at: rfc3339(listed.used_at),
            expires_at: rfc3339(listed.expires_at),
        })
        .collect();
    Ok(Json(SessionsBody { sessions }))
}

/// End one of the person's sessions.
#[utoipa::path(delete, path = "/v1/sessions/{id}", tag = "Session", security(("bearer" = [])),
    params(("id" = String, Path, description = "as the list names it")),
    responses((status = 204, description = "Its token is of no use from now on")))]
pub async fn close_one(
    app: Data<App>,
    id: Path<String>,
    CurrentUser { session, .. }: CurrentUser,
) -> Result<NoContent, ApiError> {
    if !app.sessions.close_one(session.user.id, &id).await? {
        return Err(ApiError::new(Code::NotFound, "the person has no such session"));
    }
    app.events.note(EventKind::Logout, session.user.id, Some(session.identity.app_id));
    Ok(NoContent)
}

/// End all of the person's sessions, this one too.
#[utoipa::path(delete, path = "/v1/sessions", tag = "Session", security(("bearer" = [])),
    responses((status = 204, description = "No token of the person is of use from now on")))]
pub async fn close_all(app: Data<App>, CurrentUser { session, .. }: CurrentUser) -> Result<NoContent, ApiError> {
    app.sessions.close_all(session.user.id).await?;
    app.events.note(EventKind::Logout, session.user.id, Some(session.identity.app_id));
    Ok(NoContent)
}
