//! Moving people in, many in one transaction: however many they are, a dozen round trips.

use super::{Backend, Connection, events, first_id, slots};
use crate::store::attempt::transaction;
use crate::store::failure::Failure;
use crate::store::placing::{Account, Placement, Present};
use crate::store::row::{Row, stored};
use crate::store::schema::{identities, users};
use crate::store::{Act, EventKind, Imported, Person, StoreError};
use crate::user::{Status, UserId};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text, Timestamp};
use diesel_async::RunQueryDsl;
use std::collections::HashMap;

/// Rows in one statement. SQLite binds 32,766 values at the most, MySQL 65,535.
const ROWS: usize = 1000;
/// Values in one list that a column is compared with. MariaDB makes a table of a list of a thousand.
const LISTED: usize = 900;

/// Moves people in, all or none.
pub(super) async fn import(c: &mut Connection, people: &[Person], act: Act<'_>) -> Result<Vec<Imported>, Failure> {
    transaction(c, async |c| {
        slots::lock_phones(c, by_number(people).filter_map(|person| person.phone.as_ref())).await?;
        let placements = present(c, people).await?.place(people);
        let made = created(c, people, &placements).await?;
        let mut ways = Vec::with_capacity(people.len());
        let mut moved = Vec::with_capacity(people.len());
        for (nth, (person, placement)) in people.iter().zip(&placements).enumerate() {
            let account = match placement {
                Placement::Known => continue,
                Placement::New => made[&nth],
                Placement::Joins(Account::MadeFor(nth)) => made[nth],
                Placement::Joins(Account::There(id)) => id.0,
            };
            moved.push((account, person.pair.as_ref().map(|(app, _)| app)));
            ways.extend(person.pair.as_ref().map(|_| (person, account)));
        }
        // In the order of their key, so that neighbours in it are written one after the other.
        ways.sort_by_key(|(person, _)| person.pair.as_ref().map(|(app, openid)| (app.as_str(), openid.as_str())));
        for ways in ways.chunks(ROWS) {
            add_ways(c, ways).await?;
        }
        for moved in moved.chunks(ROWS) {
            events::append_all(c, moved, EventKind::Import, act).await?;
        }
        Ok(placements.into_iter().map(Placement::outcome).collect())
    })
    .await
}

/// What is there of `people`.
pub(super) async fn present(c: &mut Connection, people: &[Person]) -> Result<Present, Error> {
    let mut present = Present::default();
    let mut by_app: HashMap<&str, Vec<&str>> = HashMap::new();
    for (app, openid) in people.iter().filter_map(|person| person.pair.as_ref()) {
        by_app.entry(app.as_str()).or_default().push(openid.as_str());
    }
    for (app, openids) in by_app {
        for openids in openids.chunks(LISTED) {
            let rows: Vec<(String, String)> = identities::table
                .filter(identities::app_id.eq(app).and(identities::openid.eq_any(openids)))
                .select((identities::app_id, identities::openid))
                .load(c)
                .await?;
            present.pairs.extend(rows);
        }
    }
    let unionids: Vec<_> = people.iter().filter_map(|person| person.unionid.as_ref()).map(|id| id.as_str()).collect();
    for unionids in unionids.chunks(LISTED) {
        let rows: Vec<Row> =
            users::table.filter(users::unionid.eq_any(unionids)).select(Row::as_select()).load(c).await?;
        let there = |row: Row| Some((row.unionid.clone()?, Account::There(UserId(row.keeper()))));
        present.unionids.extend(rows.into_iter().filter_map(there));
    }
    let numbers: Vec<_> = by_number(people).filter_map(|person| person.phone.as_ref()).map(|id| id.as_str()).collect();
    let alive = users::merged_into.is_null().and(users::status.ne(Status::Erased.as_str()));
    for numbers in numbers.chunks(LISTED) {
        let rows: Vec<(Option<String>, String)> = users::table
            .filter(users::phone.eq_any(numbers).and(alive))
            .select((users::phone, users::status))
            .load(c)
            .await?;
        // A status that the schema's checks rule out is nobody's.
        present.numbers.extend(rows.into_iter().filter_map(|(phone, status)| Some((phone?, status.parse().ok()?))));
    }
    Ok(present)
}

/// Those who are known by their number only.
fn by_number(people: &[Person]) -> impl Iterator<Item = &Person> {
    people.iter().filter(|person| person.pair.is_none())
}

/// Makes the accounts of those who get one; tells their numbers by the place of their holders among `people`.
async fn created(
    c: &mut Connection,
    people: &[Person],
    placements: &[Placement],
) -> Result<HashMap<usize, i64>, Failure> {
    let new: Vec<_> = (0..people.len()).filter(|nth| placements[*nth] == Placement::New).collect();
    let mut made = HashMap::with_capacity(new.len());
    for new in new.chunks(ROWS) {
        let rows: Vec<_> = new.iter().map(|nth| &people[*nth]).collect();
        insert(c, &rows).await?;
        made.extend(new.iter().copied().zip(numbers(c, &rows).await?));
    }
    Ok(made)
}

async fn insert(c: &mut Connection, people: &[&Person]) -> Result<(), Error> {
    let rows = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"; people.len()].join(", ");
    let columns = "unionid, nickname, avatar_url, gender, language, city, province, country, profile_source, phone, \
         status, created_at, updated_at";
    let mut insert = diesel::sql_query(format!("INSERT INTO users ({columns}) VALUES {rows}")).into_boxed::<Backend>();
    for person in people {
        let profile = &person.profile;
        insert = insert
            .bind::<Nullable<Text>, _>(person.unionid.as_ref().map(|unionid| unionid.as_str()))
            .bind::<Text, _>(&profile.nickname)
            .bind::<Text, _>(&profile.avatar_url)
            .bind::<SmallInt, _>(profile.gender)
            .bind::<Text, _>(&profile.language)
            .bind::<Text, _>(&profile.city)
            .bind::<Text, _>(&profile.province)
            .bind::<Text, _>(&profile.country)
            .bind::<Text, _>(person.profile_source.as_str())
            .bind::<Nullable<Text>, _>(person.phone.as_ref().map(|phone| phone.as_str()))
            .bind::<Text, _>(person.status.as_str())
            .bind::<Timestamp, _>(stored(person.created_at))
            .bind::<Timestamp, _>(stored(person.created_at));
    }
    insert.execute(c).await?;
    Ok(())
}

/// The numbers of the accounts that the last statement made, in the order of its rows.
///
/// No database but MariaDB and SQLite tells more than one of them, so the rows are read: those from that one on into which
/// nothing leads yet. What other transactions made at the same time has a way in or, being somebody else's number, differs.
async fn numbers(c: &mut Connection, people: &[&Person]) -> Result<Vec<i64>, Failure> {
    let first = first_id(c, people.len()).await?;
    let rows: Vec<(i64, Option<String>, Option<String>, String)> = users::table
        .left_join(identities::table)
        .filter(users::id.ge(first).and(identities::user_id.nullable().is_null()))
        .order(users::id)
        .limit(2 * people.len() as i64)
        .select((users::id, users::unionid, users::phone, users::nickname))
        .load(c)
        .await?;
    let mut rows = rows.into_iter();
    let number = |person: &&Person| {
        let unionid = person.unionid.as_ref().map(|unionid| unionid.as_str());
        let phone = person.phone.as_ref().map(|phone| phone.as_str());
        let is_theirs = |row: &(i64, Option<String>, Option<String>, String)| {
            (row.1.as_deref(), row.2.as_deref(), &row.3) == (unionid, phone, &person.profile.nickname)
        };
        let row = rows.find(is_theirs);
        row.map(|row| row.0).ok_or_else(|| StoreError::broken("the database numbers accounts in no ascending order"))
    };
    Ok(people.iter().map(number).collect::<Result<_, _>>()?)
}

async fn add_ways(c: &mut Connection, ways: &[(&Person, i64)]) -> Result<(), Error> {
    let rows = vec!["(?, ?, ?, ?)"; ways.len()].join(", ");
    let columns = "app_id, openid, user_id, created_at";
    let mut insert =
        diesel::sql_query(format!("INSERT INTO identities ({columns}) VALUES {rows}")).into_boxed::<Backend>();
    for (person, account) in ways {
        let (app, openid) = person.pair.as_ref().expect("whoever has a way in has a pair");
        insert = insert
            .bind::<Text, _>(app.as_str())
            .bind::<Text, _>(openid.as_str())
            .bind::<BigInt, _>(*account)
            .bind::<Timestamp, _>(stored(person.created_at));
    }
    insert.execute(c).await?;
    Ok(())
}
