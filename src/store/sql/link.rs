//! Making an account of a phone number's the account of one more identity, and undoing it.

use super::create::{add_identity, create};
use super::events::append;
use super::lookup::{by_id, by_pair, by_unionid, keeper, unionid, why};
use super::renew::{renew, renew_profile};
use super::{Connection, last_id, lock, slots};
use crate::identity::{AppId, OpenId};
use crate::store::attempt::transaction;
use crate::store::failure::Failure;
use crate::store::row::{Row, stored};
use crate::store::schema::{identities, users};
use crate::store::{Act, EventKind, Newcomer, NotUnlinked, Outcome, Registered};
use crate::user::{Phone, Status, User, UserId};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::RunQueryDsl;

/// Whoever has the number, one more identity richer; a new account where nobody has it, or several have.
///
/// Expects a transaction that did nothing yet. A unique key refuses it if the identity leads somewhere by then.
pub(super) async fn link_or_create(
    c: &mut Connection,
    newcomer: Newcomer<'_>,
    phone: &Phone,
    now: DateTime<Utc>,
) -> Result<Registered, Failure> {
    slots::lock_phones(c, [phone]).await?;
    let identity = newcomer.identity;
    let known = by_pair(c, &identity.app_id, &identity.openid).await?.is_some();
    if known || by_unionid(c, identity).await?.is_some() {
        return renew(c, newcomer, now).await;
    }
    let holders: Vec<Row> = users::table
        .filter(users::phone.eq(phone.as_str()).and(users::merged_into.is_null()))
        .filter(users::status.eq(Status::Active.as_str()))
        .order(users::id)
        .limit(2)
        .select(Row::as_select())
        .load(c)
        .await?;
    match <[Row; 1]>::try_from(holders) {
        Ok([holder]) => link(c, newcomer, phone, holder, now).await,
        Err(_) => create(c, newcomer, now).await,
    }
}

async fn link(
    c: &mut Connection,
    newcomer: Newcomer<'_>,
    phone: &Phone,
    holder: Row,
    now: DateTime<Utc>,
) -> Result<Registered, Failure> {
    // The statement itself looks, and locks: nobody is linked to an account that was suspended, erased, merged or given
    // another number a moment ago.
    let account = users::table
        .find(holder.id)
        .filter(users::phone.eq(phone.as_str()).and(users::merged_into.is_null()))
        .filter(users::status.eq(Status::Active.as_str()));
    let changes = (users::updated_at.eq(stored(now)), users::last_login_at.eq(stored(now)));
    if diesel::update(account).set(changes).execute(c).await? == 0 {
        // The next attempt sees what became of it.
        return Err(Error::RollbackTransaction.into());
    }
    slots::lock_accounts(c, &[holder.id]).await?;
    let given = unionid(newcomer.identity);
    let account = users::table.find(holder.id).filter(users::unionid.is_null());
    if given.is_some() {
        diesel::update(account).set(users::unionid.eq(given)).execute(c).await?;
    }
    add_identity(c, newcomer.identity, holder.id, now).await?;
    append(c, Some(holder.id), Some(&newcomer.identity.app_id), EventKind::Link, now.into()).await?;
    let mut user = by_id(c, holder.id).await?.ok_or(Error::NotFound)?.user()?;
    renew_profile(c, &mut user, newcomer.profile, now).await?;
    Ok(Registered { user, outcome: Outcome::Linked })
}

/// An account of its own for an identity.
pub(super) async fn unlink(
    c: &mut Connection,
    id: UserId,
    app_id: &AppId,
    openid: Option<&OpenId>,
    act: Act<'_>,
) -> Result<Result<User, NotUnlinked>, Failure> {
    transaction(c, async |c| {
        let Some(row) = keeper(c, id).await? else { return Ok(Err(NotUnlinked::NoAccount)) };
        lock(c, &[row.id]).await?;
        let Some(row) = by_id(c, row.id).await? else { return Ok(Err(NotUnlinked::NoAccount)) };
        if row.merged_into.is_some() {
            return Err(Error::RollbackTransaction.into());
        }
        let ways: Vec<Way> = identities::table
            .filter(identities::user_id.eq(row.id))
            .select((identities::app_id, identities::openid, identities::last_login_at))
            .load(c)
            .await?;
        let (total, wanted) = (ways.len(), openid.map(OpenId::as_str));
        let mut meant = ways
            .into_iter()
            .filter(|(app, open, _)| app == app_id.as_str() && wanted.is_none_or(|wanted| wanted == open));
        let Some(way) = meant.next() else { return Ok(Err(NotUnlinked::NoIdentity)) };
        if meant.next().is_some() {
            return Ok(Err(NotUnlinked::Several));
        }
        if total == 1 {
            return Ok(Err(NotUnlinked::Only));
        }
        Ok(Ok(take_out(c, &row, way, app_id, act).await?))
    })
    .await
}

/// App, openid and last login of an identity.
type Way = (String, String, Option<NaiveDateTime>);

async fn take_out(
    c: &mut Connection,
    row: &Row,
    (app, open, last_login): Way,
    app_id: &AppId,
    act: Act<'_>,
) -> Result<User, Failure> {
    let now = act.at;
    // A unionid that stayed would lead the identity back at its next login, if it is that one's.
    diesel::update(users::table.filter(users::id.eq(row.id).or(users::merged_into.eq(row.id))))
        .set((
            users::unionid.eq(None::<&str>),
            users::updated_at.eq(stored(now)),
            users::status_noted_at.eq(stored(now)),
        ))
        .execute(c)
        .await?;
    let (status_by, status_reason) = why(c, row.id).await?;
    diesel::insert_into(users::table)
        .values((
            users::status.eq(&row.status),
            (users::status_by.eq(status_by), users::status_reason.eq(status_reason)),
            users::created_at.eq(stored(now)),
            (users::updated_at.eq(stored(now)), users::status_noted_at.eq(stored(now))),
            users::last_login_at.eq(last_login),
        ))
        .execute(c)
        .await?;
    let own = last_id(c).await?;
    diesel::update(identities::table.find((app, open))).set(identities::user_id.eq(own)).execute(c).await?;
    append(c, Some(row.id), Some(app_id), EventKind::Unlink, act).await?;
    Ok(by_id(c, own).await?.ok_or(Error::NotFound)?.user()?)
}
