//! Making an account for somebody who has none.

use super::Connection;
use super::create::create;
use super::link::link_or_create;
use super::renew::renew;
use crate::registration::PhoneAccounts;
use crate::store::attempt::transaction;
use crate::store::failure::Failure;
use crate::store::{Newcomer, Registered};
use chrono::{DateTime, Utc};

/// The account of somebody who registers, made if there is none. Five round trips for somebody new: the number that the
/// database gave has to be asked for.
pub(super) async fn register(
    c: &mut Connection,
    newcomer: Newcomer<'_>,
    now: DateTime<Utc>,
) -> Result<Registered, Failure> {
    let first = match (newcomer.phone, newcomer.accounts) {
        (Some(phone), PhoneAccounts::Link) => {
            transaction(c, async |c| link_or_create(c, newcomer, phone, now).await).await
        }
        _ => transaction(c, async |c| create(c, newcomer, now).await).await,
    };
    match first {
        Err(failure) if failure.is_duplicate() => transaction(c, async |c| renew(c, newcomer, now).await).await,
        answer => answer,
    }
}
