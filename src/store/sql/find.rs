//! Whose an identity is.

use super::Connection;
use super::lookup::{by_pair, by_unionid, unionid};
use super::merge::settle;
use crate::identity::{AppId, Identity, OpenId};
use crate::store::attempt::transaction;
use crate::store::failure::Failure;
use crate::store::row::Row;
use crate::user::User;
use chrono::{DateTime, Utc};

/// The account of `identity`. One round trip for somebody known, two for somebody unknown whom WeChat gives a unionid; a
/// transaction only where pair and unionid do not lead to the same account yet.
pub(super) async fn find(c: &mut Connection, identity: &Identity, now: DateTime<Utc>) -> Result<Option<User>, Failure> {
    let row = match by_pair(c, &identity.app_id, &identity.openid).await? {
        Some(row) if identity.unionid.is_none() || row.unionid.as_deref() == unionid(identity) => Some(row),
        None if by_unionid(c, identity).await?.is_none() => None,
        _ => transaction(c, async |c| settle(c, identity, now).await).await?,
    };
    Ok(row.map(Row::user).transpose()?)
}

/// The account of a pair.
pub(super) async fn known(c: &mut Connection, app_id: &AppId, openid: &OpenId) -> Result<Option<User>, Failure> {
    Ok(by_pair(c, app_id, openid).await?.map(Row::user).transpose()?)
}
