//! Moving people in and out, many at a time.

use super::{Connection, last_id};
use crate::identity::{AppId, OpenId};
use crate::store::attempt::transaction;
use crate::store::failure::Failure;
use crate::store::row::{ProfileColumns, Row, stored};
use crate::store::schema::{identities, users};
use crate::store::{Imported, Person, StoreError};
use crate::user::{Status, UserId};
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::RunQueryDsl;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Moves people in, all or none.
pub async fn import(c: &mut Connection, people: &[Person]) -> Result<Vec<Imported>, Failure> {
    transaction(c, async |c| Ok(add(c, people).await?)).await
}

/// A page of people, in the order of their pairs.
pub async fn export(c: &mut Connection, after: Option<(&AppId, &OpenId)>, most: i64) -> Result<Vec<Person>, Failure> {
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
    people.map(|(row, app, openid)| person(row, app, openid)).collect()
}

fn person(row: Row, app: &str, openid: &str) -> Result<Person, Failure> {
    let unionid = row.unionid.as_deref().map(str::parse).transpose().map_err(StoreError::broken)?;
    let user = row.user()?;
    Ok(Person {
        id: user.id,
        app_id: app.parse().map_err(StoreError::broken)?,
        openid: openid.parse().map_err(StoreError::broken)?,
        unionid,
        profile: user.profile,
        profile_source: user.profile_source,
        phone: user.phone,
        status: user.status,
        created_at: user.created_at,
    })
}

async fn add(c: &mut Connection, people: &[Person]) -> Result<Vec<Imported>, Error> {
    let mut pairs = pairs(c, people).await?;
    let mut holders = holders(c, people).await?;
    let mut outcomes = Vec::with_capacity(people.len());
    for person in people {
        let pair = (person.app_id.as_str().to_owned(), person.openid.as_str().to_owned());
        if pairs.contains(&pair) {
            outcomes.push(Imported::Known);
            continue;
        }
        let holder = person.unionid.as_ref().and_then(|unionid| holders.get(unionid.as_str()).copied());
        let id = match holder {
            Some(id) => id,
            None => create(c, person).await?,
        };
        diesel::insert_into(identities::table)
            .values((
                identities::app_id.eq(&pair.0),
                identities::openid.eq(&pair.1),
                identities::user_id.eq(id.0),
                identities::created_at.eq(stored(person.created_at)),
            ))
            .execute(c)
            .await?;
        pairs.insert(pair);
        holders.extend(person.unionid.as_ref().map(|unionid| (unionid.as_str().to_owned(), id)));
        outcomes.push(if holder.is_some() { Imported::Known } else { Imported::Created });
    }
    Ok(outcomes)
}

async fn pairs(c: &mut Connection, people: &[Person]) -> Result<HashSet<(String, String)>, Error> {
    let mut by_app: HashMap<&str, Vec<&str>> = HashMap::new();
    for person in people {
        by_app.entry(person.app_id.as_str()).or_default().push(person.openid.as_str());
    }
    let mut found = HashSet::new();
    for (app, openids) in by_app {
        let rows: Vec<(String, String)> = identities::table
            .filter(identities::app_id.eq(app).and(identities::openid.eq_any(openids)))
            .select((identities::app_id, identities::openid))
            .load(c)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

async fn holders(c: &mut Connection, people: &[Person]) -> Result<HashMap<String, UserId>, Error> {
    let unionids: Vec<_> = people.iter().filter_map(|person| person.unionid.as_ref()).map(|id| id.as_str()).collect();
    let rows: Vec<Row> = users::table.filter(users::unionid.eq_any(unionids)).select(Row::as_select()).load(c).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.unionid.clone()?, UserId(row.keeper())))).collect())
}

async fn create(c: &mut Connection, person: &Person) -> Result<UserId, Error> {
    diesel::insert_into(users::table)
        .values((
            users::unionid.eq(person.unionid.as_ref().map(|unionid| unionid.as_str())),
            ProfileColumns::new(&person.profile, person.profile_source),
            users::phone.eq(person.phone.as_ref().map(|phone| phone.as_str())),
            users::status.eq(person.status.as_str()),
            users::created_at.eq(stored(person.created_at)),
            users::updated_at.eq(stored(person.created_at)),
        ))
        .execute(c)
        .await?;
    last_id(c).await.map(UserId)
}
