//! Who somebody is: finding, registering and merging accounts. Mounted by each SQL backend.
//!
//! Whatever changes which account an identity leads to first locks the rows of the accounts concerned, in the order of
//! their numbers; so two replicas that settle the same people at once do it one after the other.

use super::super::schema::{identities, login_events, users};
use super::super::{EventKind, Registered};
use super::rows::{Failure, ProfileColumns, Row, stored};
use super::{Connection, Users, last_id, lock};
use crate::identity::{AppId, Identity, OpenId};
use crate::user::{Profile, ProfileSource, Status, User, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::{AsyncConnection, RunQueryDsl};

impl Users {
    pub(super) async fn try_find(&self, identity: &Identity, now: DateTime<Utc>) -> Result<Option<User>, Failure> {
        let mut connection = self.connection().await?;
        let row = match by_pair(&mut connection, &identity.app_id, &identity.openid).await? {
            Some(row) if identity.unionid.is_none() || row.unionid.as_deref() == unionid(identity) => Some(row),
            None if by_unionid(&mut connection, identity).await?.is_none() => None,
            _ => connection.transaction(async |c| settle(c, identity, now).await).await?,
        };
        row.map(Row::user).transpose()
    }

    pub(super) async fn try_by_pair(&self, app_id: &AppId, openid: &OpenId) -> Result<Option<User>, Failure> {
        let mut connection = self.connection().await?;
        by_pair(&mut connection, app_id, openid).await?.map(Row::user).transpose()
    }

    pub(super) async fn try_register(
        &self,
        identity: &Identity,
        profile: &Profile,
        now: DateTime<Utc>,
    ) -> Result<Registered, Failure> {
        let mut connection = self.connection().await?;
        match connection.transaction(async |c| create(c, identity, profile, now).await).await {
            Ok(user) => Ok(Registered { user, created: true }),
            Err(failure) if failure.is_duplicate() => {
                connection.transaction(async |c| known(c, identity, profile, now).await).await
            }
            Err(failure) => Err(failure),
        }
    }
}

fn unionid(identity: &Identity) -> Option<&str> {
    identity.unionid.as_ref().map(|unionid| unionid.as_str())
}

async fn by_pair(c: &mut Connection, app_id: &AppId, openid: &OpenId) -> Result<Option<Row>, Error> {
    identities::table
        .inner_join(users::table)
        .filter(identities::app_id.eq(app_id.as_str()))
        .filter(identities::openid.eq(openid.as_str()))
        .select(Row::as_select())
        .first(c)
        .await
        .optional()
}

async fn by_unionid(c: &mut Connection, identity: &Identity) -> Result<Option<Row>, Error> {
    let Some(unionid) = unionid(identity) else { return Ok(None) };
    users::table.filter(users::unionid.eq(unionid)).select(Row::as_select()).first(c).await.optional()
}

pub(super) async fn by_number(c: &mut Connection, id: i64) -> Result<Option<Row>, Error> {
    users::table.find(id).select(Row::as_select()).first(c).await.optional()
}

/// A new account. The unique keys on pair and unionid refuse it if there is one already.
async fn create(
    c: &mut Connection,
    identity: &Identity,
    profile: &Profile,
    now: DateTime<Utc>,
) -> Result<User, Failure> {
    let source = profile.source();
    diesel::insert_into(users::table)
        .values((
            users::unionid.eq(unionid(identity)),
            ProfileColumns::new(profile, source.as_str()),
            users::created_at.eq(stored(now)),
            users::updated_at.eq(stored(now)),
            users::last_login_at.eq(stored(now)),
        ))
        .execute(c)
        .await?;
    let id = last_id(c).await?;
    add_identity(c, identity, id, now).await?;
    Ok(User {
        id: UserId(id),
        profile: profile.clone(),
        profile_source: source,
        phone: None,
        status: Status::Active,
        created_at: now,
    })
}

async fn add_identity(c: &mut Connection, identity: &Identity, id: i64, now: DateTime<Utc>) -> Result<(), Error> {
    diesel::insert_into(identities::table)
        .values((
            identities::app_id.eq(identity.app_id.as_str()),
            identities::openid.eq(identity.openid.as_str()),
            identities::user_id.eq(id),
            identities::created_at.eq(stored(now)),
            identities::last_login_at.eq(stored(now)),
        ))
        .execute(c)
        .await?;
    Ok(())
}

/// Somebody who turned out to be there; their profile is replaced only by one that is worth as much.
async fn known(
    c: &mut Connection,
    identity: &Identity,
    profile: &Profile,
    now: DateTime<Utc>,
) -> Result<Registered, Failure> {
    // The account may be gone again by then: erased between the two transactions.
    let row = settle(c, identity, now).await?.ok_or(Error::RollbackTransaction)?;
    let mut user = row.user()?;
    let source = profile.source();
    if source > ProfileSource::Anonymous && source >= user.profile_source {
        diesel::update(users::table.find(user.id.0))
            .set((ProfileColumns::new(profile, source.as_str()), users::updated_at.eq(stored(now))))
            .execute(c)
            .await?;
        user.profile = profile.clone();
        user.profile_source = source;
    }
    Ok(Registered { user, created: false })
}

/// The account that `identity` leads to, after its pair and its unionid were made to lead to the same one.
async fn settle(c: &mut Connection, identity: &Identity, now: DateTime<Utc>) -> Result<Option<Row>, Failure> {
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
        Some(row) if row.merged_into.is_some() => by_number(c, row.keeper()).await?,
        row => row,
    };
    if found != (pair.as_ref().map(|row| row.id), holder.as_ref().map(|row| row.id)) {
        // Another transaction changed where they lead; the next attempt sees it.
        return Err(Error::RollbackTransaction.into());
    }
    match (pair, holder) {
        (None, None) => Ok(None),
        (None, Some(holder)) => {
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
    diesel::update(identities::table.filter(identities::user_id.eq(leaver.id)))
        .set(identities::user_id.eq(keeper.id))
        .execute(c)
        .await?;
    diesel::update(users::table.filter(users::id.eq(leaver.id).or(users::merged_into.eq(leaver.id))))
        .set((users::merged_into.eq(keeper.id), users::updated_at.eq(stored(now))))
        .execute(c)
        .await?;
    if source(&keeper)? < source(&leaver)? {
        diesel::update(users::table.find(keeper.id))
            .set(ProfileColumns::new(&leaver.profile(), &leaver.profile_source))
            .execute(c)
            .await?;
    }
    let strictest = status(&keeper)?.max(status(&leaver)?);
    let phone = keeper.phone.take().or(leaver.phone);
    diesel::update(users::table.find(keeper.id))
        .set((users::status.eq(strictest.as_str()), users::phone.eq(phone), users::updated_at.eq(stored(now))))
        .execute(c)
        .await?;
    diesel::insert_into(login_events::table)
        .values((
            login_events::at.eq(stored(now)),
            login_events::user_id.eq(leaver.id),
            login_events::kind.eq(EventKind::Merge.as_str()),
        ))
        .execute(c)
        .await?;
    by_number(c, keeper.id).await?.ok_or(Failure::Query(Error::NotFound))
}

fn source(row: &Row) -> Result<ProfileSource, Failure> {
    row.profile_source.parse().map_err(|error| Failure::Store(super::super::StoreError::broken(error)))
}

fn status(row: &Row) -> Result<Status, Failure> {
    row.status.parse().map_err(|error| Failure::Store(super::super::StoreError::broken(error)))
}
