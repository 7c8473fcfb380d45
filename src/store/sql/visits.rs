//! Rows of `visits`: who was where in which part of which day.

use super::{Backend, Connection, ELSE_UPDATE};
use crate::store::Visit;
use crate::store::failure::Failure;
use crate::store::row::stored;
use crate::store::schema::visits;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Text, Timestamp};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use std::collections::{BTreeMap, BTreeSet};

/// Writes down those that are not, and moves last days on and never back.
pub(super) async fn insert(c: &mut Connection, new: &[&Visit]) -> Result<(), Error> {
    if new.is_empty() {
        return Ok(());
    }
    let rows = vec!["(?, ?, ?)"; new.len()].join(", ");
    let text = format!("INSERT INTO visits (at, user_id, app_id) VALUES {rows} {ELSE_UPDATE} user_id = visits.user_id");
    let mut insert = diesel::sql_query(text).into_boxed::<Backend>();
    let mut days: BTreeMap<NaiveDate, BTreeSet<i64>> = BTreeMap::new();
    for visit in new {
        days.entry(visit.at.date_naive()).or_default().insert(visit.user_id.0);
        insert = insert
            .bind::<Timestamp, _>(stored(visit.at))
            .bind::<BigInt, _>(visit.user_id.0)
            .bind::<Text, _>(visit.app_id.as_str());
    }
    insert.execute(c).await?;
    for (day, people) in days {
        // In ascending order, so that two replicas lock rows in the same one.
        let ids = people.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let later = format!("last_seen_on IS NULL OR last_seen_on < '{day}'");
        c.batch_execute(&format!("UPDATE users SET last_seen_on = '{day}' WHERE id IN ({ids}) AND ({later})")).await?;
    }
    Ok(())
}

/// Deletes visits of the oldest part of a day that began before `before`; tells how many.
pub(super) async fn forget(c: &mut Connection, before: DateTime<Utc>, most: i64) -> Result<usize, Failure> {
    let oldest = visits::table.filter(visits::at.lt(stored(before))).order(visits::at).select(visits::at);
    let Some(oldest): Option<NaiveDateTime> = oldest.first(c).await.optional()? else { return Ok(0) };
    let of_part = visits::table.filter(visits::at.eq(oldest));
    let people: Vec<i64> = of_part.order(visits::user_id).limit(most).select(visits::user_id).load(c).await?;
    let Some(last) = people.last() else { return Ok(0) };
    Ok(diesel::delete(of_part.filter(visits::user_id.le(*last))).execute(c).await?)
}
