//! `GET` and `PATCH /v1/me`: what a person shows.

use super::extract::{Body, CurrentUser};
use super::signed_in::UserBody;
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::user::{AvatarUrl, Nickname, User};
use actix_web::web::{Data, Json};
use serde::Deserialize;
use utoipa::ToSchema;

/// What changing it fails with.
pub(super) const FAILURES: &[Code] = &[Code::SessionInvalid, Code::InvalidRequest, Code::PayloadTooLarge];

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateRequest {
    /// 1 to 64 characters. Control characters, characters that turn the direction of text and characters without width
    /// are left out.
    #[schema(example = "Band", min_length = 1)]
    nickname: Option<String>,
    /// An http or https address of 512 bytes at most; what `chooseAvatar` gives must be uploaded first.
    #[schema(
        example = "https://img.example.com/a.png",
        min_length = 1,
        max_length = 512,
        pattern = "^[Hh][Tt][Tt][Pp][Ss]?:"
    )]
    avatar_url: Option<String>,
}

/// Show the person.
#[utoipa::path(get, path = "/v1/me", operation_id = "showMe", tag = "The person", security(("bearer" = [])),
    responses((status = 200, description = "The person as the database has them", body = UserBody)))]
pub(super) async fn show(app: Data<App>, CurrentUser { session, .. }: CurrentUser) -> Result<Json<UserBody>, ApiError> {
    let user = app.users.by_id(session.user.id).await?.ok_or_else(ApiError::no_session)?;
    Ok(Json(user.into()))
}

/// Change nickname and avatar.
///
/// Mini programs, whose `wx.request` has no PATCH, send POST with the header `X-HTTP-Method-Override: PATCH`.
#[utoipa::path(patch, path = "/v1/me", operation_id = "updateMe", tag = "The person", security(("bearer" = [])), request_body = UpdateRequest,
    responses((status = 200, description = "The person after the change", body = UserBody)))]
pub(super) async fn update(
    app: Data<App>,
    current: CurrentUser,
    Body(request): Body<UpdateRequest>,
) -> Result<Json<UserBody>, ApiError> {
    let nickname = request.nickname.as_deref().map(str::parse::<Nickname>).transpose();
    let avatar_url = request.avatar_url.as_deref().map(str::parse::<AvatarUrl>).transpose();
    let nickname = nickname.map_err(|error| ApiError::invalid(error.0))?;
    let avatar_url = avatar_url.map_err(|error| ApiError::invalid(error.0))?;
    if nickname.is_none() && avatar_url.is_none() {
        return show(app, current).await;
    }
    let id = current.session.user.id;
    let user = app.users.update_profile(id, nickname.as_ref(), avatar_url.as_ref(), app.clock().now()).await?;
    changed(&app, &current, user).await
}

/// The answer to a change, which the session at hand is told, too. Nobody is changed whose account was suspended or erased
/// in the meantime.
pub(super) async fn changed(app: &App, current: &CurrentUser, user: Option<User>) -> Result<Json<UserBody>, ApiError> {
    let user = user.ok_or_else(ApiError::no_session)?;
    app.sessions.update(&current.token, &current.session, &user).await?;
    Ok(Json(user.into()))
}
