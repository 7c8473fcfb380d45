//! Moving people in and out, many at a time.

use super::{Connection, last_id, phone_lock};
use crate::identity::{AppId, Malformed, OpenId};
use crate::store::attempt::transaction;
use crate::store::failure::Failure;
use crate::store::row::{ProfileColumns, Row, stored};
use crate::store::schema::{identities, users};
use crate::store::{Imported, Person, StoreError};
use crate::user::{Phone, Status, UserId};
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::RunQueryDsl;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Moves people in, all or none.
pub(super) async fn import(c: &mut Connection, people: &[Person]) -> Result<Vec<Imported>, Failure> {
    transaction(c, async |c| Ok(add(c, people).await?)).await
}

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

async fn add(c: &mut Connection, people: &[Person]) -> Result<Vec<Imported>, Error> {
    let by_phone = people.iter().filter(|person| person.pair.is_none()).filter_map(|person| person.phone.as_ref());
    phone_lock::lock(c, by_phone).await?;
    let mut pairs = pairs(c, people).await?;
    let mut holders = holders(c, people).await?;
    let mut numbers = numbers(c, people).await?;
    let mut outcomes = Vec::with_capacity(people.len());
    for person in people {
        let pair = person.pair.as_ref().map(|(app, openid)| (app.as_str().to_owned(), openid.as_str().to_owned()));
        let here = match &pair {
            Some(pair) => pairs.contains(pair),
            None => person.phone.as_ref().is_some_and(|phone| has(&numbers, phone, person.status)),
        };
        if here {
            outcomes.push(Imported::Known);
            continue;
        }
        let holder = person.unionid.as_ref().and_then(|unionid| holders.get(unionid.as_str()).copied());
        let id = match holder {
            Some(id) => id,
            None => {
                numbers.extend(person.phone.as_ref().map(|phone| (phone.as_str().to_owned(), person.status)));
                create(c, person).await?
            }
        };
        if let Some((app, openid)) = &pair {
            diesel::insert_into(identities::table)
                .values((
                    identities::app_id.eq(app),
                    identities::openid.eq(openid),
                    identities::user_id.eq(id.0),
                    identities::created_at.eq(stored(person.created_at)),
                ))
                .execute(c)
                .await?;
        }
        pairs.extend(pair);
        holders.extend(person.unionid.as_ref().map(|unionid| (unionid.as_str().to_owned(), id)));
        outcomes.push(if holder.is_some() { Imported::Known } else { Imported::Created });
    }
    Ok(outcomes)
}

/// Numbers of accounts, with what may be done with these.
type Numbers = HashSet<(String, Status)>;

/// Whether an account with this number makes that somebody who has only a number is there: an active one, or one that is
/// as suspended as they are, so that moving people in twice is moving them in once.
fn has(numbers: &Numbers, phone: &Phone, status: Status) -> bool {
    [Status::Active, status].into_iter().any(|status| numbers.contains(&(phone.as_str().to_owned(), status)))
}

async fn numbers(c: &mut Connection, people: &[Person]) -> Result<Numbers, Error> {
    let by_phone = people.iter().filter(|person| person.pair.is_none());
    let phones: Vec<_> = by_phone.filter_map(|person| person.phone.as_ref()).map(|phone| phone.as_str()).collect();
    let alive = users::merged_into.is_null().and(users::status.ne(Status::Erased.as_str()));
    let rows: Vec<(Option<String>, String)> = users::table
        .filter(users::phone.eq_any(phones).and(alive))
        .select((users::phone, users::status))
        .load(c)
        .await?;
    // A status that the schema's checks rule out is nobody's.
    Ok(rows.into_iter().filter_map(|(phone, status)| Some((phone?, status.parse().ok()?))).collect())
}

async fn pairs(c: &mut Connection, people: &[Person]) -> Result<HashSet<(String, String)>, Error> {
    let mut by_app: HashMap<&str, Vec<&str>> = HashMap::new();
    for (app, openid) in people.iter().filter_map(|person| person.pair.as_ref()) {
        by_app.entry(app.as_str()).or_default().push(openid.as_str());
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
