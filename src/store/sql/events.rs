//! Rows of `login_events`, one at a time or many.

use super::{Backend, Connection};
use crate::identity::AppId;
use crate::store::failure::Failure;
use crate::store::row::stored;
use crate::store::schema::login_events;
use crate::store::{Act, EventKind, LoginEvent};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};
use diesel_async::RunQueryDsl;

/// Appends one event to those of a transaction.
pub(super) async fn append(
    c: &mut Connection,
    id: Option<i64>,
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

/// Appends an event of one kind for each account, with the mini program that it concerns.
pub(super) async fn append_all(
    c: &mut Connection,
    accounts: &[(i64, Option<&AppId>)],
    kind: EventKind,
    act: Act<'_>,
) -> Result<(), Error> {
    let rows = vec!["(?, ?, ?, ?, ?, ?)"; accounts.len()].join(", ");
    let columns = "at, user_id, app_id, kind, actor, reason";
    let mut insert =
        diesel::sql_query(format!("INSERT INTO login_events ({columns}) VALUES {rows}")).into_boxed::<Backend>();
    for (id, app) in accounts {
        insert = insert
            .bind::<Timestamp, _>(stored(act.at))
            .bind::<BigInt, _>(*id)
            .bind::<Nullable<Text>, _>(app.map(AppId::as_str))
            .bind::<Text, _>(kind.as_str())
            .bind::<Nullable<Text>, _>(act.by)
            .bind::<Nullable<Text>, _>(act.reason);
    }
    insert.execute(c).await?;
    Ok(())
}

/// Appends what sign-ins and tries left.
pub(super) async fn insert(c: &mut Connection, events: &[&LoginEvent]) -> Result<(), Error> {
    let rows = vec!["(?, ?, ?, ?, ?, ?, ?, ?)"; events.len()].join(", ");
    let columns = "at, user_id, app_id, kind, reason, way, device, client_address";
    let mut insert =
        diesel::sql_query(format!("INSERT INTO login_events ({columns}) VALUES {rows}")).into_boxed::<Backend>();
    for event in events {
        let address = event.origin.and_then(|origin| origin.address);
        insert = insert
            .bind::<Timestamp, _>(stored(event.at))
            .bind::<Nullable<BigInt>, _>(event.user_id.map(|id| id.0))
            .bind::<Nullable<Text>, _>(event.app_id.as_ref().map(AppId::as_str))
            .bind::<Text, _>(event.kind.as_str())
            .bind::<Nullable<Text>, _>(event.code)
            .bind::<Nullable<Text>, _>(event.way.map(|way| way.setting()))
            .bind::<Nullable<Text>, _>(event.origin.map(|origin| origin.device.as_str()))
            .bind::<Nullable<Text>, _>(address.map(|address| address.to_string()));
    }
    insert.execute(c).await?;
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
