//! Making pair and unionid lead to one account, and one account of two.
//!
//! Whatever changes which account an identity leads to first locks the rows of the accounts concerned, in the order of
//! their numbers; so two replicas that settle the same people at once do it one after the other.

use super::create::add_identity;
use super::events::append;
use super::lookup::{by_id, by_pair, by_unionid, unionid, why};
use super::slots::lock_accounts;
use super::{Connection, lock};
use crate::identity::Identity;
use crate::store::EventKind;
use crate::store::failure::Failure;
use crate::store::row::{ProfileColumns, Row, stored};
use crate::store::schema::{identities, users};
use crate::user::Status;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::RunQueryDsl;

/// The account that `identity` leads to, after its pair and its unionid were made to lead to the same one.
pub(super) async fn settle(
    c: &mut Connection,
    identity: &Identity,
    now: DateTime<Utc>,
) -> Result<Option<Row>, Failure> {
    let (pair, holder) = (by_pair(c, &identity.app_id, &identity.openid).await?, by_unionid(c, identity).await?);
    let mut accounts: Vec<_> = pair.iter().map(|row| row.id).chain(holder.iter().map(Row::keeper)).collect();
    accounts.sort_unstable();
    accounts.dedup();
    if accounts.is_empty() {
        return Ok(None);
    }
    lock(c, &accounts).await?;
    let found = (pair.map(|row| row.id), holder.map(|row| row.keeper()));
    let (pair, holder) = (by_pair(c, &identity.app_id, &identity.openid).await?, by_unionid(c, identity).await?);
    let holder = match holder {
        Some(row) if row.merged_into.is_some() => by_id(c, row.keeper()).await?,
        row => row,
    };
    if found != (pair.as_ref().map(|row| row.id), holder.as_ref().map(|row| row.id)) {
        // Another transaction changed where they lead; the next attempt sees it.
        return Err(Error::RollbackTransaction.into());
    }
    match (pair, holder) {
        (None, None) => Ok(None),
        (None, Some(holder)) => {
            lock_accounts(c, &[holder.id]).await?;
            add_identity(c, identity, holder.id, now).await?;
            Ok(Some(holder))
        }
        (Some(pair), None) => {
            // A mini program that moved to another Open Platform account gives another unionid: the first one is kept.
            if pair.unionid.is_none() {
                diesel::update(users::table.find(pair.id))
                    .set((users::unionid.eq(unionid(identity)), users::updated_at.eq(stored(now))))
                    .execute(c)
                    .await?;
            }
            Ok(Some(pair))
        }
        (Some(pair), Some(holder)) if pair.id == holder.id => Ok(Some(holder)),
        (Some(pair), Some(holder)) => merge(c, pair, holder, now).await.map(Some),
    }
}

/// One account of two. `holder` holds the unionid and stays; if `pair` holds one too, the older of them stays.
async fn merge(c: &mut Connection, pair: Row, holder: Row, now: DateTime<Utc>) -> Result<Row, Failure> {
    let pair_stays = pair.unionid.is_some() && (pair.created_at, pair.id) < (holder.created_at, holder.id);
    let (mut keeper, leaver) = if pair_stays { (pair, holder) } else { (holder, pair) };
    lock_accounts(c, &[keeper.id, leaver.id]).await?;
    diesel::update(identities::table.filter(identities::user_id.eq(leaver.id)))
        .set(identities::user_id.eq(keeper.id))
        .execute(c)
        .await?;
    diesel::update(users::table.filter(users::id.eq(leaver.id).or(users::merged_into.eq(leaver.id))))
        .set((
            users::merged_into.eq(keeper.id),
            // What is a part of another account has no status of its own: the one that stays has the stricter one.
            users::status.eq(Status::Active.as_str()),
            users::updated_at.eq(stored(now)),
        ))
        .execute(c)
        .await?;
    if leaver.source()?.outranks(keeper.source()?) {
        diesel::update(users::table.find(keeper.id))
            .set(ProfileColumns::new(&leaver.profile(), leaver.source()?))
            .execute(c)
            .await?;
    }
    let strictest = keeper.status()?.strictest(leaver.status()?);
    if strictest != keeper.status()? {
        let (by, reason) = why(c, leaver.id).await?;
        diesel::update(users::table.find(keeper.id))
            .set((users::status_by.eq(by), users::status_reason.eq(reason)))
            .execute(c)
            .await?;
    }
    let phone = keeper.phone.take().or(leaver.phone);
    diesel::update(users::table.find(keeper.id))
        .set((
            users::status.eq(strictest.as_str()),
            users::phone.eq(phone),
            users::updated_at.eq(stored(now)),
            // What is inherited is no suspension of its own.
            users::status_noted_at.eq(stored(now)),
        ))
        .execute(c)
        .await?;
    append(c, Some(leaver.id), None, EventKind::Merge, now.into()).await?;
    by_id(c, keeper.id).await?.ok_or(Failure::Query(Error::NotFound))
}
