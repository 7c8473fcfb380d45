//! `/admin/v1/users/{id}/sessions`: where somebody is signed in, and ending it.

use super::act::{Changed, MaybeReason, Reason, account, act, changed, desk, nobody};
use super::operator::{Operator, Order};
use crate::app::App;
use crate::desk::OpenedSession;
use crate::error::{ApiError, Code};
use crate::routes::no_content::NoContent;
use crate::store::EventKind;
use actix_web::web::{Data, Json, Path, Query};
use serde::Serialize;
use utoipa::ToSchema;

/// Every open session of an account, the last used first.
#[derive(Serialize, ToSchema)]
pub(super) struct OpenedSessions {
    sessions: Vec<OpenedSession>,
}

/// List the open sessions of an account.
#[utoipa::path(get, path = "/admin/v1/users/{id}/sessions", operation_id = "listUserSessions", tag = "Sessions",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "number of the account", pattern = "^[0-9]{1,18}$"), MaybeReason),
    responses((status = 200, description = "The sessions", body = OpenedSessions)))]
pub(super) async fn list(
    app: Data<App>,
    operator: Operator,
    id: Path<String>,
    query: Query<MaybeReason>,
) -> Result<Json<OpenedSessions>, ApiError> {
    let (id, act) = (account(&id)?, act(&app, &operator, query.reason.as_deref())?);
    if app.users.by_id(id).await?.is_none() {
        return Err(nobody());
    }
    let sessions = desk(&app).sessions(id).await?;
    app.users.note(Some(id), EventKind::Look, act).await?;
    Ok(Json(OpenedSessions { sessions }))
}

/// End one session of an account.
#[utoipa::path(post, path = "/admin/v1/users/{id}/sessions/{session}/revoke", operation_id = "revokeUserSession",
    tag = "Sessions", security(("bearer" = [])), request_body = Reason,
    params(("id" = String, Path, description = "number of the account", pattern = "^[0-9]{1,18}$"),
        ("session" = String, Path, description = "as the list names it")),
    responses((status = 204, description = "Its token is of no use from now on")))]
pub(super) async fn revoke_one(
    app: Data<App>,
    path: Path<(String, String)>,
    Order { operator, body: Reason { reason } }: Order<Reason>,
) -> Result<NoContent, ApiError> {
    let (id, act) = (account(&path.0)?, act(&app, &operator, Some(&reason))?);
    match desk(&app).revoke(id, &path.1, act).await? {
        true => Ok(NoContent),
        false => Err(ApiError::new(Code::NotFound, "the account has no such session")),
    }
}

/// End every session of an account.
#[utoipa::path(post, path = "/admin/v1/users/{id}/sessions/revoke", operation_id = "revokeUserSessions",
    tag = "Sessions", security(("bearer" = [])), request_body = Reason,
    params(("id" = String, Path, description = "number of the account", pattern = "^[0-9]{1,18}$")),
    responses((status = 200, description = "No token of the person is of use from now on", body = Changed)))]
pub(super) async fn revoke_all(
    app: Data<App>,
    id: Path<String>,
    Order { operator, body: Reason { reason } }: Order<Reason>,
) -> Result<Json<Changed>, ApiError> {
    let (id, act) = (account(&id)?, act(&app, &operator, Some(&reason))?);
    changed(desk(&app).revoke_all(id, act).await?).map(Json)
}
