//! `GET /admin/v1/users/{id}` and `/export`: an account as staff need it, and everything as the person may ask for it.

use super::act::{MaybeReason, account, act, desk, nobody};
use super::operator::Operator;
use crate::app::App;
use crate::desk::Account;
use crate::error::ApiError;
use crate::store::EventKind;
use actix_web::web::{Data, Json, Path, Query};
use serde_json::Value;

/// Show an account.
///
/// Without openid and unionid. The number of an account that was merged into another leads to the other one.
#[utoipa::path(get, path = "/admin/v1/users/{id}", operation_id = "showUser", tag = "Users", security(("bearer" = [])),
    params(("id" = String, Path, description = "number of the account", pattern = "^[0-9]{1,18}$"), MaybeReason),
    responses((status = 200, description = "The account", body = Account)))]
pub(super) async fn show(
    app: Data<App>,
    operator: Operator,
    id: Path<String>,
    query: Query<MaybeReason>,
) -> Result<Json<Account>, ApiError> {
    let (id, act) = (account(&id)?, act(&app, &operator, query.reason.as_deref())?);
    let held = desk(&app).held(id).await?.ok_or_else(nobody)?;
    app.users.note(Some(id), EventKind::Look, act).await?;
    Ok(Json(held.into()))
}

/// Export everything that is held about a person.
///
/// For the person themselves: ids of WeChat's, events, visits and open sessions included. Fields are the columns of the
/// database.
#[utoipa::path(get, path = "/admin/v1/users/{id}/export", operation_id = "exportUser", tag = "Users",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "number of the account", pattern = "^[0-9]{1,18}$"), MaybeReason),
    responses((status = 200, description = "Everything", body = Object)))]
pub(super) async fn export(
    app: Data<App>,
    operator: Operator,
    id: Path<String>,
    query: Query<MaybeReason>,
) -> Result<Json<Value>, ApiError> {
    let (id, act) = (account(&id)?, act(&app, &operator, query.reason.as_deref())?);
    let document = desk(&app).export(id).await?.ok_or_else(nobody)?;
    app.users.note(Some(id), EventKind::Export, act).await?;
    Ok(Json(document))
}
