//! One row of an account, by each of the keys that lead to it.

use super::Connection;
use super::written::Written;
use crate::identity::{AppId, Identity, OpenId};
use crate::store::row::Row;
use crate::store::schema::{identities, users};
use crate::user::UserId;
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::RunQueryDsl;

/// The unionid as a column's value.
pub(super) fn unionid(identity: &Identity) -> Option<&str> {
    identity.unionid.as_ref().map(|unionid| unionid.as_str())
}

/// The row that a pair leads to.
pub(super) async fn by_pair(c: &mut Connection, app_id: &AppId, openid: &OpenId) -> Result<Option<Row>, Error> {
    static TEXT: Written = Written::new();
    let query = |[app_id, openid]: [&str; 2]| {
        identities::table
            .inner_join(users::table)
            .filter(identities::app_id.eq(app_id.to_owned()))
            .filter(identities::openid.eq(openid.to_owned()))
            .select(Row::as_select())
    };
    TEXT.query(query, [app_id.as_str(), openid.as_str()]).get_result(c).await.optional()
}

/// The row that holds the unionid; it may be merged into another.
pub(super) async fn by_unionid(c: &mut Connection, identity: &Identity) -> Result<Option<Row>, Error> {
    let Some(unionid) = unionid(identity) else { return Ok(None) };
    static TEXT: Written = Written::new();
    let query =
        |[unionid]: [&str; 1]| users::table.filter(users::unionid.eq(unionid.to_owned())).select(Row::as_select());
    TEXT.query(query, [unionid]).get_result(c).await.optional()
}

/// The row with this number; it may be merged into another.
pub(super) async fn by_id(c: &mut Connection, id: i64) -> Result<Option<Row>, Error> {
    users::table.find(id).select(Row::as_select()).first(c).await.optional()
}

/// Who gave the account its status, and why.
pub(super) async fn why(c: &mut Connection, id: i64) -> Result<(Option<String>, Option<String>), Error> {
    users::table.find(id).select((users::status_by, users::status_reason)).first(c).await
}

/// The row of the account that stays under this number.
pub(super) async fn keeper(c: &mut Connection, id: UserId) -> Result<Option<Row>, Error> {
    let mut row = by_id(c, id.0).await?;
    while let Some(next) = row.as_ref().and_then(|row| row.merged_into) {
        row = by_id(c, next).await?;
    }
    Ok(row)
}
