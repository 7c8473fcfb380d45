//! Moving people out, a page at a time.

use super::Connection;
use crate::identity::{AppId, Malformed, OpenId};
use crate::store::failure::Failure;
use crate::store::row::Row;
use crate::store::schema::{identities, users};
use crate::store::{Person, StoreError};
use crate::user::{Status, UserId};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use std::collections::{BTreeSet, HashMap, HashSet};

/// A page of people, in the order of their pairs.
pub(super) async fn export(
    c: &mut Connection,
    after: Option<(&AppId, &OpenId)>,
    most: i64,
) -> Result<Vec<Person>, Failure> {
    let mut query = identities::table
        .order((identities::app_id, identities::openid))
        .limit(most)
        .select((identities::app_id, identities::openid, identities::user_id))
        .into_boxed();
    if let Some((app, openid)) = after {
        let later = identities::app_id.gt(app.as_str());
        let same = identities::app_id.eq(app.as_str()).and(identities::openid.gt(openid.as_str()));
        query = query.filter(identities::app_id.ge(app.as_str())).filter(later.or(same));
    }
    let pairs: Vec<(String, String, i64)> = query.load(c).await?;
    // Asked for apart: joined in one query, a large table makes the database read and sort all accounts for each page.
    let ids: BTreeSet<_> = pairs.iter().map(|(.., id)| *id).collect();
    let alive = users::id.eq_any(ids).and(users::status.ne(Status::Erased.as_str()));
    let rows: Vec<Row> = users::table.filter(alive).select(Row::as_select()).load(c).await?;
    let rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let people = pairs.iter().filter_map(|(app, openid, id)| Some((rows.get(id)?.clone(), app, openid)));
    let pair = |app: &str, openid: &str| Ok((app.parse()?, openid.parse()?));
    people
        .map(|(row, app, openid)| {
            person(row, Some(pair(app, openid).map_err(|malformed: Malformed| StoreError::broken(malformed))?))
        })
        .collect()
}

/// A page of people whom no pair leads to, in the order of their accounts; with it where the next page begins.
pub(super) async fn export_without_pair(
    c: &mut Connection,
    after: UserId,
    most: i64,
) -> Result<(Vec<Person>, Option<UserId>), Failure> {
    let alive = users::merged_into.is_null().and(users::status.ne(Status::Erased.as_str()));
    let mut rows: Vec<Row> = users::table
        .filter(users::id.gt(after.0).and(users::phone.is_not_null()).and(alive))
        .order(users::id)
        .limit(most)
        .select(Row::as_select())
        .load(c)
        .await?;
    let last = rows.last().map(|row| UserId(row.id));
    // Asked for apart, so that a page costs the same however few people are on it.
    let found: Vec<i64> = identities::table
        .filter(identities::user_id.eq_any(rows.iter().map(|row| row.id)))
        .select(identities::user_id)
        .load(c)
        .await?;
    let found: HashSet<_> = found.into_iter().collect();
    rows.retain(|row| !found.contains(&row.id));
    let people: Result<Vec<_>, Failure> = rows.into_iter().map(|row| person(row, None)).collect();
    Ok((people?, last))
}

fn person(row: Row, pair: Option<(AppId, OpenId)>) -> Result<Person, Failure> {
    let unionid = row.unionid.as_deref().map(str::parse).transpose().map_err(StoreError::broken)?;
    let user = row.user()?;
    Ok(Person {
        id: user.id,
        pair,
        unionid,
        profile: user.profile,
        profile_source: user.profile_source,
        phone: user.phone,
        status: user.status,
        created_at: user.created_at,
    })
}
