//! What happened, written many at a time.

use super::{Backend, Connection, NEWER, lock};
use crate::identity::AppId;
use crate::store::attempt::transaction;
use crate::store::failure::Failure;
use crate::store::row::stored;
use crate::store::schema::login_events;
use crate::store::{Act, EventKind, LoginEvent};
use chrono::{DateTime, NaiveDateTime, Timelike, Utc};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write;

/// People in one statement that moves last logins on: the database looks each of them up in the statement's list.
const PEOPLE_AT_ONCE: usize = 100;

/// The newest login of each account; numbers in ascending order, so that two replicas lock rows in the same one.
type Newest = BTreeMap<i64, DateTime<Utc>>;

/// Appends one event to those of a transaction.
pub(super) async fn append(
    c: &mut Connection,
    id: i64,
    app: Option<&AppId>,
    kind: EventKind,
    act: Act<'_>,
) -> Result<(), Error> {
    diesel::insert_into(login_events::table)
        .values((
            login_events::at.eq(stored(act.at)),
            login_events::user_id.eq(id),
            login_events::app_id.eq(app.map(AppId::as_str)),
            login_events::kind.eq(kind.as_str()),
            login_events::actor.eq(act.by),
            login_events::reason.eq(act.reason),
        ))
        .execute(c)
        .await?;
    Ok(())
}

/// Appends events, and moves the last logins on. Registering has written its own.
pub(super) async fn record(c: &mut Connection, events: &[LoginEvent]) -> Result<(), Failure> {
    if events.is_empty() {
        return Ok(());
    }
    transaction(c, async |c| Ok(write(c, events).await?)).await
}

/// The same, unless they are there: the transaction of an earlier call, which wrote all of them or none, may have taken
/// effect although its COMMIT went unanswered. They are looked for, which costs nothing as long as nothing goes wrong; a key
/// for each batch would cost every batch a row and a statement.
///
/// That transaction may even be taking effect still. It has the accounts of those who logged in locked until then, so
/// these are locked first.
pub(super) async fn record_again(c: &mut Connection, events: &[LoginEvent]) -> Result<(), Failure> {
    if events.is_empty() {
        return Ok(());
    }
    let accounts: BTreeSet<_> = events.iter().map(|event| event.user_id.0).collect();
    let accounts: Vec<_> = accounts.into_iter().collect();
    transaction(c, async |c| {
        lock(c, &accounts).await?;
        if are_there(c, &accounts, events).await? {
            return Ok(());
        }
        Ok(write(c, events).await?)
    })
    .await
}

/// Whether every one of `events`, which happened to `accounts`, is written.
async fn are_there(c: &mut Connection, accounts: &[i64], events: &[LoginEvent]) -> Result<bool, Error> {
    let (first, last) = (events.iter().map(|event| event.at).min(), events.iter().map(|event| event.at).max());
    let (Some(first), Some(last)) = (first, last) else { return Ok(true) };
    let rows: Vec<(NaiveDateTime, i64, Option<String>, String)> = login_events::table
        .filter(login_events::user_id.eq_any(accounts))
        .filter(login_events::at.between(stored(first), stored(last)))
        .select((login_events::at, login_events::user_id, login_events::app_id, login_events::kind))
        .load(c)
        .await?;
    let written: HashSet<_> =
        rows.iter().map(|(at, id, app, kind)| (*at, *id, app.as_deref(), kind.as_str())).collect();
    Ok(events.iter().all(|event| {
        let app = event.app_id.as_ref().map(AppId::as_str);
        written.contains(&(stored(event.at), event.user_id.0, app, event.kind.as_str()))
    }))
}

async fn write(c: &mut Connection, events: &[LoginEvent]) -> Result<(), Error> {
    let mut newest = Newest::new();
    let mut newest_in_app: BTreeMap<&str, Newest> = BTreeMap::new();
    for event in events.iter().filter(|event| event.kind == EventKind::Login) {
        note(&mut newest, event);
        if let Some(app) = &event.app_id {
            note(newest_in_app.entry(app.as_str()).or_default(), event);
        }
    }
    insert(c, events).await?;
    for update in updates("users", "id", &newest) {
        // Without anything to bind there is nothing to prepare: one round trip.
        c.batch_execute(&update).await?;
    }
    for (app, newest) in &newest_in_app {
        for update in updates("identities", "user_id", newest) {
            diesel::sql_query(format!("{update} AND app_id = ?")).bind::<Text, _>(*app).execute(c).await?;
        }
    }
    Ok(())
}

/// Deletes old events, the oldest first; tells how many.
pub(super) async fn forget(c: &mut Connection, before: DateTime<Utc>, most: i64) -> Result<usize, Failure> {
    let old: Vec<i64> = login_events::table
        .filter(login_events::at.lt(stored(before)))
        .order(login_events::at)
        .limit(most)
        .select(login_events::id)
        .load(c)
        .await?;
    Ok(diesel::delete(login_events::table.filter(login_events::id.eq_any(old))).execute(c).await?)
}

fn note(newest: &mut Newest, event: &LoginEvent) {
    let at = newest.entry(event.user_id.0).or_insert(event.at);
    *at = event.at.max(*at);
}

async fn insert(c: &mut Connection, events: &[LoginEvent]) -> Result<(), Error> {
    let rows = vec!["(?, ?, ?, ?)"; events.len()].join(", ");
    let mut insert = diesel::sql_query(format!("INSERT INTO login_events (at, user_id, app_id, kind) VALUES {rows}"))
        .into_boxed::<Backend>();
    for event in events {
        insert = insert
            .bind::<Timestamp, _>(stored(event.at))
            .bind::<BigInt, _>(event.user_id.0)
            .bind::<Nullable<Text>, _>(event.app_id.as_ref().map(|app| app.as_str()))
            .bind::<Text, _>(event.kind.as_str());
    }
    insert.execute(c).await?;
    Ok(())
}

/// Statements that move `last_login_at` on and never back. They hold numbers and times only, which need no binding.
fn updates(table: &str, key: &str, newest: &Newest) -> Vec<String> {
    let newest: Vec<_> = newest.iter().collect();
    newest.chunks(PEOPLE_AT_ONCE).map(|people| update(table, key, people)).collect()
}

fn update(table: &str, key: &str, people: &[(&i64, &DateTime<Utc>)]) -> String {
    let kept = "COALESCE(last_login_at, '1970-01-01 00:00:00.000')";
    let mut text = format!("UPDATE {table} SET last_login_at = {NEWER}({kept}, CASE {key}");
    let mut ids = String::new();
    for (id, at) in people {
        let (day, time) = (at.date_naive(), at.time());
        let (hour, minute, second, milli) = (time.hour(), time.minute(), time.second(), at.timestamp_subsec_millis());
        let separator = if ids.is_empty() { "" } else { ", " };
        // chrono reads a format's text anew for each time that it writes.
        write!(text, " WHEN {id} THEN '{day} {hour:02}:{minute:02}:{second:02}.{milli:03}'")
            .expect("memory takes text");
        write!(ids, "{separator}{id}").expect("memory takes text");
    }
    write!(text, " END) WHERE {key} IN ({ids})").expect("memory takes text");
    text
}
