//! `POST /admin/v1/users/{id}/suspend`, `/restore` and `/erase`.

use super::act::{Changed, Reason, account, act, changed, desk};
use super::operator::Order;
use crate::app::App;
use crate::error::ApiError;
use crate::user::Status;
use actix_web::web::{Data, Json, Path};

/// Suspend an account and end its sessions.
#[utoipa::path(post, path = "/admin/v1/users/{id}/suspend", operation_id = "suspendUser", tag = "Users",
    security(("bearer" = [])), request_body = Reason,
    params(("id" = String, Path, description = "number of the account", pattern = "^[0-9]{1,18}$")),
    responses((status = 200, description = "It is suspended", body = Changed)))]
pub(super) async fn suspend(
    app: Data<App>,
    id: Path<String>,
    Order { operator, body: Reason { reason } }: Order<Reason>,
) -> Result<Json<Changed>, ApiError> {
    let (id, act) = (account(&id)?, act(&app, &operator, Some(&reason))?);
    changed(desk(&app).set_status(id, Status::Suspended, act).await?).map(Json)
}

/// Let a suspended account log in again.
#[utoipa::path(post, path = "/admin/v1/users/{id}/restore", operation_id = "restoreUser", tag = "Users",
    security(("bearer" = [])), request_body = Reason,
    params(("id" = String, Path, description = "number of the account", pattern = "^[0-9]{1,18}$")),
    responses((status = 200, description = "It is active", body = Changed)))]
pub(super) async fn restore(
    app: Data<App>,
    id: Path<String>,
    Order { operator, body: Reason { reason } }: Order<Reason>,
) -> Result<Json<Changed>, ApiError> {
    let (id, act) = (account(&id)?, act(&app, &operator, Some(&reason))?);
    changed(desk(&app).set_status(id, Status::Active, act).await?).map(Json)
}

/// Erase a person, for good.
///
/// Every personal field, every way in and every session is gone; the person can register again as somebody new.
#[utoipa::path(post, path = "/admin/v1/users/{id}/erase", operation_id = "eraseUser", tag = "Users",
    security(("bearer" = [])), request_body = Reason,
    params(("id" = String, Path, description = "number of the account", pattern = "^[0-9]{1,18}$")),
    responses((status = 200, description = "Nothing personal is kept", body = Changed)))]
pub(super) async fn erase(
    app: Data<App>,
    id: Path<String>,
    Order { operator, body: Reason { reason } }: Order<Reason>,
) -> Result<Json<Changed>, ApiError> {
    let (id, act) = (account(&id)?, act(&app, &operator, Some(&reason))?);
    changed(desk(&app).erase(id, act).await?).map(Json)
}
