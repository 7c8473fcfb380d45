//! What happens to an account that is there: its profile, its phone, its status, its end.

use super::events::append;
use super::lookup::{by_id as row_of, keeper};
use super::slots::lock_accounts;
use super::{Connection, lock};
use crate::store::attempt::transaction;
use crate::store::failure::Failure;
use crate::store::row::{Row, stored};
use crate::store::schema::{identities, users};
use crate::store::{Act, EventKind, StoreError, WayIn};
use crate::user::{AvatarUrl, Nickname, Phone, ProfileSource, Status, User, UserId};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::RunQueryDsl;

#[derive(AsChangeset, Default)]
#[diesel(table_name = users)]
struct Changes<'a> {
    nickname: Option<&'a str>,
    avatar_url: Option<&'a str>,
    profile_source: Option<&'a str>,
    phone: Option<&'a str>,
    status: Option<&'a str>,
    status_by: Option<Option<&'a str>>,
    status_reason: Option<Option<&'a str>>,
    status_noted_at: Option<NaiveDateTime>,
    updated_at: NaiveDateTime,
}

/// The account that stays under this number.
pub(super) async fn by_id(c: &mut Connection, id: UserId) -> Result<Option<User>, Failure> {
    Ok(keeper(c, id).await?.map(Row::user).transpose()?)
}

/// What somebody wrote about themselves.
pub(super) async fn update_profile(
    c: &mut Connection,
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
    transaction(c, async |c| change(c, id, &[Status::Active], &changes).await).await
}

/// The number that WeChat vouches for.
pub(super) async fn set_phone(
    c: &mut Connection,
    id: UserId,
    phone: &Phone,
    now: DateTime<Utc>,
) -> Result<Option<User>, Failure> {
    let changes = Changes { phone: Some(phone.as_str()), updated_at: stored(now), ..Changes::default() };
    transaction(c, async |c| change(c, id, &[Status::Active], &changes).await).await
}

/// Suspends or restores, and says so in an event.
pub(super) async fn set_status(
    c: &mut Connection,
    id: UserId,
    status: Status,
    act: Act<'_>,
) -> Result<Option<User>, Failure> {
    let changes = Changes {
        status: Some(status.as_str()),
        status_by: Some(act.by),
        status_reason: Some(act.reason),
        status_noted_at: Some(stored(act.at)),
        updated_at: stored(act.at),
        ..Changes::default()
    };
    let kind = if status == Status::Active { EventKind::Restore } else { EventKind::Suspend };
    transaction(c, async |c| {
        let user = change(c, id, &[Status::Active, Status::Suspended], &changes).await?;
        if let Some(user) = &user {
            lock_accounts(c, &[user.id.0]).await?;
            append(c, Some(user.id.0), None, kind, act).await?;
        }
        Ok(user)
    })
    .await
}

/// Changes the account that stays, if its status is one of `allowed`; the statement itself looks, so that nobody is
/// changed who was suspended a moment ago.
async fn change(
    c: &mut Connection,
    id: UserId,
    allowed: &[Status],
    changes: &Changes<'_>,
) -> Result<Option<User>, Failure> {
    let Some(row) = keeper(c, id).await? else { return Ok(None) };
    let allowed = users::status.eq_any(allowed.iter().map(|status| status.as_str()));
    let account = users::table.find(row.id).filter(users::merged_into.is_null()).filter(allowed);
    if diesel::update(account).set(changes).execute(c).await? == 0 {
        return Ok(None);
    }
    Ok(row_of(c, row.id).await?.map(Row::user).transpose()?)
}

/// Removes what is personal of the account and of all that were merged into it.
pub(super) async fn erase(c: &mut Connection, id: UserId, act: Act<'_>) -> Result<(), Failure> {
    transaction(c, async |c| {
        let Some(row) = keeper(c, id).await? else { return Ok(()) };
        lock(c, &[row.id]).await?;
        let Some(row) = row_of(c, row.id).await? else { return Ok(()) };
        if row.merged_into.is_some() {
            return Err(Error::RollbackTransaction.into());
        }
        if row.status()? == Status::Erased {
            return Ok(());
        }
        lock_accounts(c, &[row.id]).await?;
        diesel::update(users::table.filter(users::id.eq(row.id).or(users::merged_into.eq(row.id))))
            .set((
                users::unionid.eq(None::<&str>),
                (users::nickname.eq(""), users::avatar_url.eq(""), users::gender.eq(0), users::language.eq("")),
                (users::city.eq(""), users::province.eq(""), users::country.eq("")),
                users::phone.eq(None::<&str>),
                users::profile_source.eq(ProfileSource::Anonymous.as_str()),
                (users::status.eq(Status::Erased.as_str()), users::erased_at.eq(stored(act.at))),
                (users::status_by.eq(act.by), users::status_reason.eq(act.reason)),
                (users::updated_at.eq(stored(act.at)), users::status_noted_at.eq(stored(act.at))),
            ))
            .execute(c)
            .await?;
        diesel::delete(identities::table.filter(identities::user_id.eq(row.id))).execute(c).await?;
        append(c, Some(row.id), None, EventKind::Erase, act).await?;
        Ok(())
    })
    .await
}

/// The account and all that were merged into it.
pub(super) async fn merged(c: &mut Connection, id: UserId) -> Result<Vec<UserId>, Failure> {
    let Some(row) = keeper(c, id).await? else { return Ok(vec![id]) };
    let ids: Vec<i64> = users::table
        .filter(users::id.eq(row.id).or(users::merged_into.eq(row.id)))
        .order(users::id)
        .select(users::id)
        .load(c)
        .await?;
    Ok(ids.into_iter().map(UserId).collect())
}

/// The ways into the account.
pub(super) async fn identities(c: &mut Connection, id: UserId) -> Result<Vec<WayIn>, Failure> {
    let rows: Vec<(String, NaiveDateTime, Option<NaiveDateTime>)> = identities::table
        .filter(identities::user_id.eq(id.0))
        .order(identities::created_at)
        .select((identities::app_id, identities::created_at, identities::last_login_at))
        .load(c)
        .await?;
    let ways = rows.into_iter().map(|(app, created, last)| {
        let app_id = app.parse().map_err(StoreError::broken)?;
        Ok(WayIn { app_id, created_at: created.and_utc(), last_login_at: last.map(|last| last.and_utc()) })
    });
    ways.collect()
}
