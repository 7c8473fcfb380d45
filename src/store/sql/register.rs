//! Making an account for somebody who has none.

use super::find::unionid;
use super::{Connection, last_id, merge};
use crate::identity::Identity;
use crate::store::Registered;
use crate::store::attempt::transaction;
use crate::store::failure::Failure;
use crate::store::row::{ProfileColumns, stored};
use crate::store::schema::{identities, users};
use crate::user::{Profile, Status, User, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::RunQueryDsl;

/// The account of `identity`, made if there is none. Five round trips for somebody new: the number that the database gave
/// has to be asked for.
pub async fn register(
    c: &mut Connection,
    identity: &Identity,
    profile: &Profile,
    now: DateTime<Utc>,
) -> Result<Registered, Failure> {
    match transaction(c, async |c| create(c, identity, profile, now).await).await {
        Ok(user) => Ok(Registered { user, created: true }),
        Err(failure) if failure.is_duplicate() => {
            transaction(c, async |c| renew(c, identity, profile, now).await).await
        }
        Err(failure) => Err(failure),
    }
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
            ProfileColumns::new(profile, source),
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

/// Adds a way into an account; the unique key refuses a pair that leads somewhere already.
pub async fn add_identity(c: &mut Connection, identity: &Identity, id: i64, now: DateTime<Utc>) -> Result<(), Error> {
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

/// Somebody who turned out to be there, with the better of the two profiles.
async fn renew(
    c: &mut Connection,
    identity: &Identity,
    profile: &Profile,
    now: DateTime<Utc>,
) -> Result<Registered, Failure> {
    // The account may be gone again by then: erased between the two transactions.
    let row = merge::settle(c, identity, now).await?.ok_or(Error::RollbackTransaction)?;
    let mut user = row.user()?;
    let source = profile.source();
    if source.replaces(user.profile_source) {
        let active = users::table.find(user.id.0).filter(users::status.eq(Status::Active.as_str()));
        let columns = (ProfileColumns::new(profile, source), users::updated_at.eq(stored(now)));
        if diesel::update(active).set(columns).execute(c).await? > 0 {
            user.profile = profile.clone();
            user.profile_source = source;
        }
    }
    Ok(Registered { user, created: false })
}
