//! What somebody who registers changes in an account that is there.

use super::{Connection, merge};
use crate::store::failure::Failure;
use crate::store::row::{ProfileColumns, stored};
use crate::store::schema::users;
use crate::store::{Newcomer, Outcome, Registered};
use crate::user::{Profile, Status, User};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::RunQueryDsl;

/// Somebody who turned out to be there, with the better of the two profiles and the number that they told.
pub(super) async fn renew(
    c: &mut Connection,
    newcomer: Newcomer<'_>,
    now: DateTime<Utc>,
) -> Result<Registered, Failure> {
    // The account may be gone again by then: erased between the two transactions.
    let row = merge::settle(c, newcomer.identity, now).await?.ok_or(Error::RollbackTransaction)?;
    let mut user = row.user()?;
    renew_profile(c, &mut user, newcomer.profile, now).await?;
    if let Some(phone) = newcomer.phone.filter(|phone| user.phone.as_ref() != Some(phone)) {
        let active = users::table.find(user.id.0).filter(users::status.eq(Status::Active.as_str()));
        let columns = (users::phone.eq(phone.as_str()), users::updated_at.eq(stored(now)));
        if diesel::update(active).set(columns).execute(c).await? > 0 {
            user.phone = Some(phone.clone());
        }
    }
    Ok(Registered { user, outcome: Outcome::Known })
}

/// The better of the two profiles for an account that is there, if it is active.
pub(super) async fn renew_profile(
    c: &mut Connection,
    user: &mut User,
    profile: &Profile,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let source = profile.source();
    if source.replaces(user.profile_source) {
        let active = users::table.find(user.id.0).filter(users::status.eq(Status::Active.as_str()));
        let columns = (ProfileColumns::new(profile, source), users::updated_at.eq(stored(now)));
        if diesel::update(active).set(columns).execute(c).await? > 0 {
            user.profile = profile.clone();
            user.profile_source = source;
        }
    }
    Ok(())
}
