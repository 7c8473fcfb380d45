//! `POST /admin/v1/users/{id}/unlink`: an account of its own for an identity that joined the wrong one.

use super::act::{Changed, account, act, changed, desk, nobody};
use super::operator::Order;
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::identity::{AppId, OpenId};
use crate::store::NotUnlinked;
use actix_web::web::{Data, Json, Path};
use serde::Deserialize;
use utoipa::ToSchema;

/// Which identity, and why.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UnlinkRequest {
    /// The mini program.
    #[schema(example = "wx0123456789abcdef", pattern = "^[!-~]{1,64}$")]
    app_id: String,
    /// Needed where the account has several identities in the mini program.
    #[schema(pattern = "^[!-~]{1,64}$")]
    openid: Option<String>,
    /// For the event, such as the number of a request.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Give an identity of an account one of its own.
///
/// Without phone number and profile. The account's sessions in that mini program end.
#[utoipa::path(post, path = "/admin/v1/users/{id}/unlink", operation_id = "unlinkUser", tag = "Users",
    security(("bearer" = [])), request_body = UnlinkRequest,
    params(("id" = String, Path, description = "number of the account", pattern = "^[0-9]{1,18}$")),
    responses((status = 200, description = "It has an account, whose number this is", body = Changed)))]
pub(super) async fn unlink(
    app: Data<App>,
    id: Path<String>,
    Order { operator, body: request }: Order<UnlinkRequest>,
) -> Result<Json<Changed>, ApiError> {
    let (id, act) = (account(&id)?, act(&app, &operator, Some(&request.reason))?);
    let app_id: AppId =
        request.app_id.parse().map_err(|_| ApiError::invalid("the field appId names no mini program"))?;
    let openid: Option<OpenId> = request
        .openid
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|_| ApiError::invalid("the field openid cannot be an openid"))?;
    match desk(&app).unlink(id, &app_id, openid.as_ref(), act).await? {
        Ok(done) => changed(Some(done)).map(Json),
        Err(NotUnlinked::NoAccount) => Err(nobody()),
        Err(reason @ NotUnlinked::NoIdentity) => Err(ApiError::new(Code::NotFound, reason.to_string())),
        Err(reason) => Err(ApiError::invalid(reason.to_string())),
    }
}
