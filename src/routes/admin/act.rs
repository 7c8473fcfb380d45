//! What is done by an operator, and what came of it.

use super::operator::Operator;
use crate::app::App;
use crate::desk::{Desk, Done};
use crate::error::{ApiError, Code};
use crate::store::Act;
use crate::user::UserId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Why something is done.
#[derive(Deserialize, ToSchema)]
pub(super) struct Reason {
    /// For the event, such as the number of a request. It outlives the person's data, so it should hold none of it.
    #[schema(example = "request 4711", min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Why somebody looks.
#[derive(Deserialize, IntoParams)]
pub(super) struct MaybeReason {
    /// For the event, such as the number of a request.
    #[param(min_length = 1, max_length = 200)]
    pub reason: Option<String>,
}

/// A change that took effect.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Changed {
    /// The account that it took effect on; of unlinking, the one that was made.
    #[schema(example = "42")]
    id: String,
    /// Sessions that it ended.
    sessions_ended: usize,
}

/// Where accounts are looked after.
pub(super) fn desk(app: &App) -> Desk {
    Desk { users: app.users.clone(), sessions: app.sessions.clone(), clock: app.clock().clone() }
}

/// What `operator` does now because of `reason`.
pub(super) fn act<'a>(app: &App, operator: &'a Operator, reason: Option<&'a str>) -> Result<Act<'a>, ApiError> {
    let reason = reason.map(within_reason).transpose()?;
    Ok(Act { at: app.clock().now(), by: Some(&operator.name), reason })
}

fn within_reason(reason: &str) -> Result<&str, ApiError> {
    match reason.trim() {
        "" => Err(ApiError::invalid("the field reason is missing")),
        long if long.chars().count() > 200 => Err(ApiError::invalid("the field reason is longer than 200 characters")),
        reason => Ok(reason),
    }
}

/// The answer to a change.
pub(super) fn changed(done: Option<Done>) -> Result<Changed, ApiError> {
    let Done { id, ended } = done.ok_or_else(nobody)?;
    let sessions_ended = ended.map_err(|error| {
        let detail = "it is done, but the sessions could not be ended at once; they end within 60 s";
        ApiError::new(Code::StorageUnavailable, detail).because(error)
    })?;
    Ok(Changed { id: id.to_string(), sessions_ended })
}

/// The number of an account in a path.
pub(super) fn account(text: &str) -> Result<UserId, ApiError> {
    text.parse().map(UserId).map_err(|_| ApiError::invalid("the number of an account is a decimal number"))
}

/// There is no such account.
pub(super) fn nobody() -> ApiError {
    ApiError::new(Code::NotFound, "there is no such account, or it was erased")
}
