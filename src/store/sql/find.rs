//! Whose an identity is.

use super::{Connection, merge};
use crate::identity::{AppId, Identity, OpenId};
use crate::store::attempt::transaction;
use crate::store::failure::Failure;
use crate::store::row::Row;
use crate::store::schema::{identities, users};
use crate::user::{User, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::RunQueryDsl;

/// The account of `identity`. One round trip for somebody known, two for somebody unknown whom WeChat gives a unionid; a
/// transaction only where pair and unionid do not lead to the same account yet.
pub(super) async fn find(c: &mut Connection, identity: &Identity, now: DateTime<Utc>) -> Result<Option<User>, Failure> {
    let row = match by_pair(c, &identity.app_id, &identity.openid).await? {
        Some(row) if identity.unionid.is_none() || row.unionid.as_deref() == unionid(identity) => Some(row),
        None if by_unionid(c, identity).await?.is_none() => None,
        _ => transaction(c, async |c| merge::settle(c, identity, now).await).await?,
    };
    Ok(row.map(Row::user).transpose()?)
}

/// The account of a pair.
pub(super) async fn known(c: &mut Connection, app_id: &AppId, openid: &OpenId) -> Result<Option<User>, Failure> {
    Ok(by_pair(c, app_id, openid).await?.map(Row::user).transpose()?)
}

/// The unionid as a column's value.
pub(super) fn unionid(identity: &Identity) -> Option<&str> {
    identity.unionid.as_ref().map(|unionid| unionid.as_str())
}

/// The row that a pair leads to.
pub(super) async fn by_pair(c: &mut Connection, app_id: &AppId, openid: &OpenId) -> Result<Option<Row>, Error> {
    identities::table
        .inner_join(users::table)
        .filter(identities::app_id.eq(app_id.as_str()))
        .filter(identities::openid.eq(openid.as_str()))
        .select(Row::as_select())
        .first(c)
        .await
        .optional()
}

/// The row that holds the unionid; it may be merged into another.
pub(super) async fn by_unionid(c: &mut Connection, identity: &Identity) -> Result<Option<Row>, Error> {
    let Some(unionid) = unionid(identity) else { return Ok(None) };
    users::table.filter(users::unionid.eq(unionid)).select(Row::as_select()).first(c).await.optional()
}

/// The row with this number; it may be merged into another.
pub(super) async fn by_id(c: &mut Connection, id: i64) -> Result<Option<Row>, Error> {
    users::table.find(id).select(Row::as_select()).first(c).await.optional()
}

/// The row of the account that stays under this number.
pub(super) async fn keeper(c: &mut Connection, id: UserId) -> Result<Option<Row>, Error> {
    let mut row = by_id(c, id.0).await?;
    while let Some(next) = row.as_ref().and_then(|row| row.merged_into) {
        row = by_id(c, next).await?;
    }
    Ok(row)
}
