//! The event of a suspension that SQL made.

use super::Connection;
use super::events::append;
use super::lookup::why;
use crate::store::row::stored;
use crate::store::schema::users;
use crate::store::{Act, EventKind};
use crate::user::{Status, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::RunQueryDsl;

/// Writes the event of the account's suspension unless that is done. The statement that looks is the one that marks it: of
/// two replicas that meet the account, one writes.
pub(super) async fn note(c: &mut Connection, id: UserId, at: DateTime<Utc>) -> Result<(), Error> {
    let unnoted = users::status_noted_at.is_null().or(users::status_noted_at.lt(users::updated_at.nullable()));
    let account = users::table.find(id.0).filter(users::status.eq(Status::Suspended.as_str())).filter(unnoted);
    // Whoever suspended it may have a clock that is ahead.
    let until = diesel::dsl::case_when(users::updated_at.gt(stored(at)), users::updated_at).otherwise(stored(at));
    if diesel::update(account).set(users::status_noted_at.eq(until.nullable())).execute(c).await? == 0 {
        return Ok(());
    }
    let (by, reason) = why(c, id.0).await?;
    let act = Act { at, by: by.as_deref(), reason: reason.as_deref() };
    append(c, Some(id.0), None, EventKind::Suspend, act).await
}
