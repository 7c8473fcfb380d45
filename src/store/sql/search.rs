//! Finding people and everything about them, for whoever looks after accounts.

use super::Connection;
use super::lookup::keeper;
use crate::store::Sought;
use crate::store::failure::Failure;
use crate::store::held::{Held, HeldAccount, HeldEvent, HeldIdentity, HeldVisit};
use crate::store::schema::{identities, login_events, users, visits};
use crate::user::UserId;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// The accounts that stay of those which fit, and the last number that was looked at if there may be more.
pub(super) async fn search(
    c: &mut Connection,
    sought: Sought<'_>,
    after: UserId,
    most: i64,
) -> Result<(Vec<UserId>, Option<UserId>), Failure> {
    let columns = (users::id, users::merged_into);
    let found = users::table.filter(users::id.gt(after.0)).order(users::id).limit(most).select(columns);
    let rows: Vec<(i64, Option<i64>)> = match sought {
        Sought::Phone(phone) => found.filter(users::phone.eq(phone.as_str())).load(c).await?,
        Sought::PhoneEnd(digits) => {
            found.filter(users::phone.like(format!("%{}", literal(digits))).escape('|')).load(c).await?
        }
        Sought::Nickname(begin) => {
            let begins = |text: String| users::nickname.ge(text.clone()).and(users::nickname.lt(text + "\u{10FFFF}"));
            let [written, small, capitals, capital] = spellings(begin).map(begins);
            found.filter(written.or(small).or(capitals).or(capital)).load(c).await?
        }
        Sought::UnionId(unionid) => found.filter(users::unionid.eq(unionid.as_str())).load(c).await?,
        Sought::OpenId(app, openid) => {
            let ways = identities::table
                .filter(identities::app_id.eq(app.as_str()).and(identities::openid.eq(openid.as_str())))
                .select((
                    identities::user_id,
                    None::<i64>.into_sql::<diesel::sql_types::Nullable<diesel::sql_types::BigInt>>(),
                ));
            ways.load(c).await?
        }
    };
    let next = rows.last().filter(|_| rows.len() as i64 == most).map(|(id, _)| UserId(*id));
    let mut ids: Vec<_> = rows.into_iter().map(|(id, keeper)| UserId(keeper.unwrap_or(id))).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok((ids, next))
}

/// `text` as it is, in small letters, in capitals, and with a capital first: names compare byte by byte, by the one collation
/// that all databases share, so whoever asks for `ann` is answered with `Ann` by looking for it, too.
fn spellings(text: &str) -> [String; 4] {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let capital = first.chain(letters.flat_map(char::to_lowercase)).collect();
    [text.to_owned(), text.to_lowercase(), text.to_uppercase(), capital]
}

/// `text` as a pattern that fits itself only.
fn literal(text: &str) -> String {
    text.replace('|', "||").replace('%', "|%").replace('_', "|_")
}

/// Everything about the person whose account has this number.
pub(super) async fn held(c: &mut Connection, id: UserId) -> Result<Option<Held>, Failure> {
    let Some(row) = keeper(c, id).await? else { return Ok(None) };
    let accounts: Vec<HeldAccount> = users::table
        .filter(users::id.eq(row.id).or(users::merged_into.eq(row.id)))
        .order((users::merged_into.is_not_null(), users::id))
        .select(HeldAccount::as_select())
        .load(c)
        .await?;
    let identities: Vec<HeldIdentity> = identities::table
        .filter(identities::user_id.eq(row.id))
        .order(identities::created_at)
        .select(HeldIdentity::as_select())
        .load(c)
        .await?;
    let events: Vec<HeldEvent> = login_events::table
        .filter(login_events::user_id.eq_any(accounts.iter().map(|account| Some(account.id))))
        .order((login_events::at, login_events::id))
        .select(HeldEvent::as_select())
        .load(c)
        .await?;
    let visits: Vec<HeldVisit> = visits::table
        .filter(visits::user_id.eq_any(accounts.iter().map(|account| account.id)))
        .order((visits::at, visits::app_id))
        .select(HeldVisit::as_select())
        .load(c)
        .await?;
    Ok(Some(Held { accounts, identities, events, visits }))
}
