//! What happens to an account that is there: its profile, phone, status, erasing; and the events. Mounted by each SQL backend.

use super::super::schema::{identities, login_events, users};
use super::super::{EventKind, LoginEvent, StoreError};
use super::people::by_number;
use super::rows::{Failure, Row, stored};
use super::{Backend, Connection, Users, lock};
use crate::identity::AppId;
use crate::user::{AvatarUrl, Nickname, Phone, ProfileSource, Status, User, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};
use diesel_async::{AsyncConnection, RunQueryDsl};

#[derive(AsChangeset, Default)]
#[diesel(table_name = users)]
struct Changes<'a> {
    nickname: Option<&'a str>,
    avatar_url: Option<&'a str>,
    profile_source: Option<&'a str>,
    phone: Option<&'a str>,
    status: Option<&'a str>,
    updated_at: chrono::NaiveDateTime,
}

/// The account that stays under this number, or nothing if there is none.
async fn keeper(c: &mut Connection, id: UserId) -> Result<Option<Row>, Error> {
    let mut row = by_number(c, id.0).await?;
    while let Some(next) = row.as_ref().and_then(|row| row.merged_into) {
        row = by_number(c, next).await?;
    }
    Ok(row)
}

impl Users {
    pub(super) async fn try_by_id(&self, id: UserId) -> Result<Option<User>, Failure> {
        let mut connection = self.connection().await?;
        keeper(&mut connection, id).await?.map(Row::user).transpose()
    }

    pub(super) async fn try_update_profile(
        &self,
        id: UserId,
        nickname: Option<&Nickname>,
        avatar_url: Option<&AvatarUrl>,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, Failure> {
        let changes = Changes {
            nickname: nickname.map(Nickname::as_str),
            avatar_url: avatar_url.map(AvatarUrl::as_str),
            profile_source: Some(ProfileSource::User.as_str()),
            updated_at: stored(now),
            ..Changes::default()
        };
        self.try_change(id, &changes, None).await
    }

    pub(super) async fn try_set_phone(
        &self,
        id: UserId,
        phone: &Phone,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, Failure> {
        let changes = Changes { phone: Some(phone.as_str()), updated_at: stored(now), ..Changes::default() };
        self.try_change(id, &changes, None).await
    }

    pub(super) async fn try_set_status(
        &self,
        id: UserId,
        status: Status,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, Failure> {
        let changes = Changes { status: Some(status.as_str()), updated_at: stored(now), ..Changes::default() };
        let kind = if status == Status::Active { EventKind::Restore } else { EventKind::Suspend };
        self.try_change(id, &changes, Some(kind)).await
    }

    /// Changes the account that stays; an erased one is left alone.
    async fn try_change(
        &self,
        id: UserId,
        changes: &Changes<'_>,
        event: Option<EventKind>,
    ) -> Result<Option<User>, Failure> {
        let mut connection = self.connection().await?;
        let row = connection
            .transaction::<_, Error, _>(async |c| {
                let Some(row) = keeper(c, id).await? else { return Ok(None) };
                let alive = users::status.ne(Status::Erased.as_str()).and(users::merged_into.is_null());
                let changed = diesel::update(users::table.find(row.id).filter(alive)).set(changes).execute(c).await?;
                if changed == 0 {
                    return Ok(None);
                }
                if let Some(kind) = event {
                    append(c, row.id, kind, changes.updated_at).await?;
                }
                by_number(c, row.id).await
            })
            .await?;
        row.map(Row::user).transpose()
    }

    pub(super) async fn try_erase(&self, id: UserId, now: DateTime<Utc>) -> Result<(), Failure> {
        let mut connection = self.connection().await?;
        connection
            .transaction::<_, Error, _>(async |c| {
                let Some(row) = keeper(c, id).await? else { return Ok(()) };
                lock(c, &[row.id]).await?;
                let Some(row) = by_number(c, row.id).await? else { return Ok(()) };
                if row.merged_into.is_some() {
                    return Err(Error::RollbackTransaction);
                }
                if row.status == Status::Erased.as_str() {
                    return Ok(());
                }
                diesel::update(users::table.filter(users::id.eq(row.id).or(users::merged_into.eq(row.id))))
                    .set((
                        users::unionid.eq(None::<&str>),
                        (users::nickname.eq(""), users::avatar_url.eq(""), users::gender.eq(0), users::language.eq("")),
                        (users::city.eq(""), users::province.eq(""), users::country.eq("")),
                        users::phone.eq(None::<&str>),
                        users::profile_source.eq(ProfileSource::Anonymous.as_str()),
                        users::status.eq(Status::Erased.as_str()),
                        users::updated_at.eq(stored(now)),
                    ))
                    .execute(c)
                    .await?;
                diesel::delete(identities::table.filter(identities::user_id.eq(row.id))).execute(c).await?;
                append(c, row.id, EventKind::Erase, stored(now)).await
            })
            .await?;
        Ok(())
    }

    pub(super) async fn try_merged(&self, id: UserId) -> Result<Vec<UserId>, Failure> {
        let mut connection = self.connection().await?;
        let Some(row) = keeper(&mut connection, id).await? else { return Ok(vec![id]) };
        let ids: Vec<i64> = users::table
            .filter(users::id.eq(row.id).or(users::merged_into.eq(row.id)))
            .order(users::id)
            .select(users::id)
            .load(&mut connection)
            .await?;
        Ok(ids.into_iter().map(UserId).collect())
    }

    pub(super) async fn try_identities(
        &self,
        id: UserId,
    ) -> Result<Vec<(AppId, DateTime<Utc>, Option<DateTime<Utc>>)>, Failure> {
        let mut connection = self.connection().await?;
        let rows: Vec<(String, chrono::NaiveDateTime, Option<chrono::NaiveDateTime>)> = identities::table
            .filter(identities::user_id.eq(id.0))
            .order(identities::created_at)
            .select((identities::app_id, identities::created_at, identities::last_login_at))
            .load(&mut connection)
            .await?;
        rows.into_iter()
            .map(|(app, created, last)| {
                let app = app.parse().map_err(StoreError::broken)?;
                Ok((app, created.and_utc(), last.map(|last| last.and_utc())))
            })
            .collect()
    }

    pub(super) async fn try_record(&self, events: &[LoginEvent]) -> Result<(), Failure> {
        if events.is_empty() {
            return Ok(());
        }
        let mut connection = self.connection().await?;
        connection.transaction::<_, Error, _>(async |c| record(c, events).await).await?;
        Ok(())
    }

    pub(super) async fn try_forget_events(&self, before: DateTime<Utc>, most: i64) -> Result<usize, Failure> {
        let mut connection = self.connection().await?;
        let old: Vec<i64> = login_events::table
            .filter(login_events::at.lt(stored(before)))
            .order(login_events::at)
            .limit(most)
            .select(login_events::id)
            .load(&mut connection)
            .await?;
        Ok(diesel::delete(login_events::table.filter(login_events::id.eq_any(old))).execute(&mut connection).await?)
    }
}

async fn append(c: &mut Connection, id: i64, kind: EventKind, at: chrono::NaiveDateTime) -> Result<(), Error> {
    diesel::insert_into(login_events::table)
        .values((login_events::at.eq(at), login_events::user_id.eq(id), login_events::kind.eq(kind.as_str())))
        .execute(c)
        .await?;
    Ok(())
}

async fn record(c: &mut Connection, events: &[LoginEvent]) -> Result<(), Error> {
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
    let logins = |event: &&LoginEvent| matches!(event.kind, EventKind::Login | EventKind::Register);
    let mut ids: Vec<_> = events.iter().filter(logins).map(|event| event.user_id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(());
    }
    // Numbers only, so they need no binding; one statement each instead of one a login. Events before the batch's first need
    // not be looked at: what they say was written with them.
    let ids = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let since = events.iter().filter(logins).map(|event| event.at).min().map_or_else(Default::default, stored);
    let newest = "SELECT MAX(at) FROM login_events AS e WHERE e.kind IN ('login', 'register') AND e.at >= ?";
    let users = format!(
        "UPDATE users SET last_login_at = COALESCE(({newest} AND e.user_id = users.id), last_login_at) WHERE id IN ({ids})"
    );
    let identities = format!(
        "UPDATE identities SET last_login_at = COALESCE(({newest} AND e.user_id = identities.user_id \
         AND e.app_id = identities.app_id), last_login_at) WHERE user_id IN ({ids})"
    );
    for update in [users, identities] {
        diesel::sql_query(update).bind::<Timestamp, _>(since).execute(c).await?;
    }
    Ok(())
}
