//! Rows for somebody new.

use super::lookup::unionid;
use super::{Connection, last_id};
use crate::identity::Identity;
use crate::store::failure::Failure;
use crate::store::row::{ProfileColumns, stored};
use crate::store::schema::{identities, users};
use crate::store::{Newcomer, Outcome, Registered};
use crate::user::{Status, User, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::RunQueryDsl;

/// A new account. The unique keys on pair and unionid refuse it if there is one already.
pub(super) async fn create(
    c: &mut Connection,
    newcomer: Newcomer<'_>,
    now: DateTime<Utc>,
) -> Result<Registered, Failure> {
    let (identity, profile, source) = (newcomer.identity, newcomer.profile, newcomer.profile.source());
    diesel::insert_into(users::table)
        .values((
            users::unionid.eq(unionid(identity)),
            ProfileColumns::new(profile, source),
            users::phone.eq(newcomer.phone.map(|phone| phone.as_str())),
            users::created_at.eq(stored(now)),
            users::updated_at.eq(stored(now)),
            users::last_login_at.eq(stored(now)),
        ))
        .execute(c)
        .await?;
    let id = last_id(c).await?;
    add_identity(c, identity, id, now).await?;
    let user = User {
        id: UserId(id),
        profile: profile.clone(),
        profile_source: source,
        phone: newcomer.phone.cloned(),
        status: Status::Active,
        created_at: now,
    };
    Ok(Registered { user, outcome: Outcome::Created })
}

/// Adds a way into an account; the unique key refuses a pair that leads somewhere already.
pub(super) async fn add_identity(
    c: &mut Connection,
    identity: &Identity,
    id: i64,
    now: DateTime<Utc>,
) -> Result<(), Error> {
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
