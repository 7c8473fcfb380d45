//! `GET /admin/v1/users`: whose account it is.

use super::act::{act, desk};
use super::operator::Operator;
use crate::app::App;
use crate::desk::AccountRow;
use crate::error::ApiError;
use crate::identity::{AppId, OpenId, UnionId};
use crate::store::{EventKind, Sought};
use crate::user::{Phone, UserId};
use actix_web::web::{Data, Json, Query};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

/// People on a page at the most, and where nobody says.
const MAX_PAGE: i64 = 1000;
const PAGE: i64 = 50;

/// One thing that is known of somebody.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    /// A whole number, as E.164 writes it.
    #[param(example = "+8613800000000")]
    phone: Option<String>,
    /// The last digits of a number, four or more. The database reads every number.
    #[param(pattern = "^[0-9]{4,15}$")]
    phone_end: Option<String>,
    /// The beginning of a name: as written, in small letters, in capitals, or with a capital first.
    #[param(min_length = 1, max_length = 64)]
    nickname: Option<String>,
    /// WeChat's id of the person in the mini program `appId`.
    openid: Option<String>,
    /// The mini program of `openid`.
    app_id: Option<String>,
    /// WeChat's id of the person everywhere.
    unionid: Option<String>,
    /// `next` of the page before.
    #[param(pattern = "^[0-9]{1,18}$")]
    after: Option<String>,
    /// Rows to look at.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
    /// For the event, such as the number of a request.
    #[param(min_length = 1, max_length = 200)]
    reason: Option<String>,
}

/// A page of people.
#[derive(Serialize, ToSchema)]
pub(super) struct Found {
    users: Vec<AccountRow>,
    /// To be sent as `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "4711")]
    next: Option<String>,
}

/// Find accounts by what is known of a person.
///
/// Exactly one of `phone`, `phoneEnd`, `nickname`, `openid` with `appId`, and `unionid`. Pages are in the order of accounts.
#[utoipa::path(get, path = "/admin/v1/users", operation_id = "findUsers", tag = "Users", security(("bearer" = [])),
    params(Wanted), responses((status = 200, description = "Whoever fits", body = Found)))]
pub(super) async fn find(app: Data<App>, operator: Operator, wanted: Query<Wanted>) -> Result<Json<Found>, ApiError> {
    let limit = wanted.limit.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(ApiError::invalid("the field limit must be from 1 to 1000"));
    }
    let after = wanted.after.as_deref().map_or(Ok(UserId(0)), |text| field("after", text).map(UserId))?;
    let act = act(&app, &operator, wanted.reason.as_deref())?;
    let known = Known::of(&wanted)?;
    let (found, next) = desk(&app).find(known.sought(), after, limit).await?;
    app.users.note(None, EventKind::Look, act).await?;
    let users = found.iter().map(AccountRow::from).collect();
    Ok(Json(Found { users, next: next.map(|id| id.to_string()) }))
}

/// What is known of somebody, parsed.
enum Known {
    Phone(Phone),
    PhoneEnd(String),
    Nickname(String),
    OpenId(AppId, OpenId),
    UnionId(UnionId),
}

impl Known {
    fn of(wanted: &Wanted) -> Result<Known, ApiError> {
        let Wanted { phone, phone_end, nickname, openid, app_id, unionid, .. } = wanted;
        match (phone, phone_end, nickname, openid, app_id, unionid) {
            (Some(phone), None, None, None, None, None) => Ok(Known::Phone(field("phone", phone)?)),
            (None, Some(end), None, None, None, None) if is_end(end) => Ok(Known::PhoneEnd(end.clone())),
            (None, Some(_), None, None, None, None) => {
                Err(ApiError::invalid("the field phoneEnd is not 4 to 15 digits"))
            }
            (None, None, Some(name), None, None, None) if (1..=64).contains(&name.chars().count()) => {
                Ok(Known::Nickname(name.clone()))
            }
            (None, None, Some(_), None, None, None) => {
                Err(ApiError::invalid("the field nickname is not 1 to 64 characters"))
            }
            (None, None, None, Some(openid), Some(app), None) => {
                Ok(Known::OpenId(field("appId", app)?, field("openid", openid)?))
            }
            (None, None, None, None, None, Some(unionid)) => Ok(Known::UnionId(field("unionid", unionid)?)),
            _ => Err(ApiError::invalid(
                "exactly one is needed of phone, phoneEnd, nickname, openid with appId, and unionid",
            )),
        }
    }

    fn sought(&self) -> Sought<'_> {
        match self {
            Known::Phone(phone) => Sought::Phone(phone),
            Known::PhoneEnd(digits) => Sought::PhoneEnd(digits),
            Known::Nickname(begin) => Sought::Nickname(begin),
            Known::OpenId(app, openid) => Sought::OpenId(app, openid),
            Known::UnionId(unionid) => Sought::UnionId(unionid),
        }
    }
}

fn is_end(text: &str) -> bool {
    (4..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What `text` says; an error names the field and does not repeat the text.
fn field<T: FromStr>(name: &str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError::invalid(format!("the field {name} cannot be what it should be")))
}
