//! The accounts made last, for a page that shows them.

use super::Connection;
use crate::identity::{AppId, OpenId};
use crate::store::failure::Failure;
use crate::store::row::Row;
use crate::store::schema::{identities, users};
use crate::store::{Account, StoreError};
use crate::user::UserId;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::HashMap;

/// Accounts beyond `after`, the youngest first.
pub(super) async fn youngest(c: &mut Connection, after: UserId, most: i64) -> Result<Vec<Account>, Failure> {
    let rows: Vec<Row> = users::table
        .filter(users::id.gt(after.0))
        .order(users::id.desc())
        .limit(most)
        .select(Row::as_select())
        .load(c)
        .await?;
    // Asked for apart, so that the limit is one of accounts, whatever the number of their pairs.
    let pairs: Vec<(i64, String, String)> = identities::table
        .filter(identities::user_id.eq_any(rows.iter().map(|row| row.id)))
        .order((identities::app_id, identities::openid))
        .select((identities::user_id, identities::app_id, identities::openid))
        .load(c)
        .await?;
    let mut pairs_of: HashMap<i64, Vec<(AppId, OpenId)>> = HashMap::new();
    for (id, app, openid) in pairs {
        let app = app.parse().map_err(StoreError::broken)?;
        pairs_of.entry(id).or_default().push((app, openid.parse().map_err(StoreError::broken)?));
    }
    rows.into_iter().map(|row| account(row, &mut pairs_of)).collect()
}

fn account(row: Row, pairs_of: &mut HashMap<i64, Vec<(AppId, OpenId)>>) -> Result<Account, Failure> {
    let unionid = row.unionid.as_deref().map(str::parse).transpose().map_err(StoreError::broken)?;
    let merged_into = row.merged_into.map(UserId);
    let pairs = pairs_of.remove(&row.id).unwrap_or_default();
    Ok(Account { user: row.user()?, unionid, merged_into, pairs })
}
