//! What the service noted, written many at a time.

use super::{Connection, NEWER, events, lock, suspension, visits};
use crate::identity::AppId;
use crate::store::attempt::transaction;
use crate::store::failure::Failure;
use crate::store::row::stored;
use crate::store::schema::login_events;
use crate::store::{EventKind, LoginEvent, Noted, Visit};
use crate::user::UserId;
use chrono::{DateTime, NaiveDateTime, Timelike, Utc};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write;

/// People in one statement that moves last logins on: the database looks each of them up in the statement's list.
const PEOPLE_AT_ONCE: usize = 100;

/// The newest login of each account; numbers in ascending order, so that two replicas lock rows in the same one.
type Newest = BTreeMap<i64, DateTime<Utc>>;

/// What was noted, by what it is.
#[derive(Default)]
struct Batch<'a> {
    events: Vec<&'a LoginEvent>,
    visits: Vec<&'a Visit>,
    suspensions: Vec<(UserId, DateTime<Utc>)>,
}

impl<'a> Batch<'a> {
    fn of(noted: &'a [Noted]) -> Batch<'a> {
        let mut batch = Batch::default();
        for one in noted {
            match one {
                Noted::Event(event) => batch.events.push(event),
                Noted::Visit(visit) => batch.visits.push(visit),
                Noted::Suspension { at, user_id } => batch.suspensions.push((*user_id, *at)),
            }
        }
        batch
    }
}

/// Appends what was noted, and moves last logins and last days on. Registering has written its own login.
pub(super) async fn record(c: &mut Connection, noted: &[Noted]) -> Result<(), Failure> {
    if noted.is_empty() {
        return Ok(());
    }
    let batch = Batch::of(noted);
    transaction(c, async |c| Ok(write(c, &batch).await?)).await
}

/// The same, unless they are there: the transaction of an earlier call, which wrote all of them or none, may have taken
/// effect although its COMMIT went unanswered. They are looked for, which costs nothing as long as nothing goes wrong; a key
/// for each batch would cost every batch a row and a statement. What is no event may be written twice without harm.
///
/// That transaction may even be taking effect still. It has the accounts of those who logged in locked until then, so
/// these are locked first.
pub(super) async fn record_again(c: &mut Connection, noted: &[Noted]) -> Result<(), Failure> {
    if noted.is_empty() {
        return Ok(());
    }
    let batch = Batch::of(noted);
    let accounts: BTreeSet<_> = noted.iter().filter_map(|one| one.user_id()).map(|id| id.0).collect();
    let accounts: Vec<_> = accounts.into_iter().collect();
    transaction(c, async |c| {
        if !accounts.is_empty() {
            lock(c, &accounts).await?;
        }
        if !batch.events.is_empty() && are_there(c, &accounts, &batch.events).await? {
            return Ok(());
        }
        Ok(write(c, &batch).await?)
    })
    .await
}

/// Whether every one of `events`, which happened to `accounts` or to nobody known, is written.
async fn are_there(c: &mut Connection, accounts: &[i64], events: &[&LoginEvent]) -> Result<bool, Error> {
    let (first, last) = (events.iter().map(|event| event.at).min(), events.iter().map(|event| event.at).max());
    let (Some(first), Some(last)) = (first, last) else { return Ok(true) };
    let rows: Vec<(NaiveDateTime, Option<i64>, Option<String>, String)> = login_events::table
        .filter(login_events::user_id.eq_any(accounts).or(login_events::user_id.is_null()))
        .filter(login_events::at.between(stored(first), stored(last)))
        .select((login_events::at, login_events::user_id, login_events::app_id, login_events::kind))
        .load(c)
        .await?;
    let written: HashSet<_> =
        rows.iter().map(|(at, id, app, kind)| (*at, *id, app.as_deref(), kind.as_str())).collect();
    Ok(events.iter().all(|event| {
        let (id, app) = (event.user_id.map(|id| id.0), event.app_id.as_ref().map(AppId::as_str));
        written.contains(&(stored(event.at), id, app, event.kind.as_str()))
    }))
}

async fn write(c: &mut Connection, batch: &Batch<'_>) -> Result<(), Error> {
    let mut newest = Newest::new();
    let mut newest_in_app: BTreeMap<&str, Newest> = BTreeMap::new();
    for event in batch.events.iter().filter(|event| event.kind == EventKind::Login) {
        let Some(id) = event.user_id else { continue };
        note(&mut newest, id, event.at);
        if let Some(app) = &event.app_id {
            note(newest_in_app.entry(app.as_str()).or_default(), id, event.at);
        }
    }
    if !batch.events.is_empty() {
        events::insert(c, &batch.events).await?;
    }
    for update in updates("users", "id", &newest) {
        // Without anything to bind there is nothing to prepare: one round trip.
        c.batch_execute(&update).await?;
    }
    for (app, newest) in &newest_in_app {
        for update in updates("identities", "user_id", newest) {
            diesel::sql_query(format!("{update} AND app_id = ?")).bind::<Text, _>(*app).execute(c).await?;
        }
    }
    visits::insert(c, &batch.visits).await?;
    for (id, at) in &batch.suspensions {
        suspension::note(c, *id, *at).await?;
    }
    Ok(())
}

fn note(newest: &mut Newest, id: UserId, login: DateTime<Utc>) {
    let at = newest.entry(id.0).or_insert(login);
    *at = login.max(*at);
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
