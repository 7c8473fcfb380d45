//! What lies in the two stores, as far as it may be seen: rows without ids of WeChat's, sealed values by size only.

use crate::error::{ApiError, Code};
use crate::identity::{AppId, OpenId};
use crate::store::{Account, MemoryTokens, StoreError, UserStore};
use crate::user::{Phone, UserId};
use actix_web::HttpResponse;
use actix_web::web::Json;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many of the youngest accounts are shown.
const MAX_USERS: usize = 8;
/// How many stored things of one kind are shown.
const MAX_TOKENS: usize = 4;

/// The stores that the page looks into.
pub(super) struct Shelves {
    pub users: Arc<dyn UserStore>,
    pub memory: Option<Arc<MemoryTokens>>,
}

/// What the page wants to see.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Accounts above this number; all of them without it.
    #[serde(default)]
    after: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown {
    apps: Vec<String>,
    users: Vec<UserRow>,
    /// Whether there are older accounts than the ones shown.
    more_users: bool,
    identities: Vec<IdentityRow>,
    tokens: Vec<TokenRow>,
    /// How many stored things are not shown.
    more_tokens: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserRow {
    id: String,
    unionid: Option<String>,
    nickname: String,
    profile_source: &'static str,
    phone: Option<String>,
    status: &'static str,
    merged_into: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IdentityRow {
    user_id: String,
    app_id: String,
    openid: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenRow {
    name: String,
    bytes: usize,
    seconds_left: i64,
}

impl Shelves {
    /// What lies there at this moment.
    pub(super) async fn shown(&self, apps: &[String], wanted: &Wanted) -> Result<Json<Shown>, ApiError> {
        let shown = self.read(apps.to_vec(), UserId(wanted.after)).await;
        shown
            .map(Json)
            .map_err(|error| ApiError::new(Code::Internal, "see the log under this request id").because(error))
    }

    /// Empties the token store; accounts stay.
    pub(super) fn forget_tokens(&self) -> HttpResponse {
        if let Some(memory) = &self.memory {
            memory.clear();
        }
        HttpResponse::NoContent().finish()
    }

    async fn read(&self, apps: Vec<String>, after: UserId) -> Result<Shown, StoreError> {
        // One more than is shown tells whether there are others.
        let mut accounts = self.users.youngest(after, MAX_USERS as i64 + 1).await?;
        let more_users = accounts.len() > MAX_USERS;
        accounts.truncate(MAX_USERS);
        let users = accounts.iter().map(user_row).collect();
        let identities = accounts.iter().flat_map(|account| {
            let id = account.user.id;
            account.pairs.iter().map(move |pair| identity_row(id, pair))
        });
        let identities = identities.collect();
        let (tokens, more_tokens) = youngest(self.memory.as_ref().map(|memory| memory.shown()).unwrap_or_default());
        Ok(Shown { apps, users, more_users, identities, tokens, more_tokens })
    }
}

/// The youngest things of each kind, and how many others there are. What counts requests or guards a moment is nobody's.
fn youngest(stored: Vec<(String, usize, TimeDelta)>) -> (Vec<TokenRow>, usize) {
    let mut kinds: BTreeMap<String, Vec<(String, usize, TimeDelta)>> = BTreeMap::new();
    for thing in stored {
        let kind = thing.0.split(':').next().unwrap_or_default();
        if !["rate", "lock"].contains(&kind) {
            kinds.entry(kind.to_owned()).or_default().push(thing);
        }
    }
    let others = kinds.values().map(|things| things.len().saturating_sub(MAX_TOKENS)).sum();
    let shown = kinds.into_values().flat_map(|mut things| {
        // Of one kind, what was kept last lives longest.
        things.sort_by_key(|(.., left)| Reverse(*left));
        things.into_iter().take(MAX_TOKENS)
    });
    let row = |(name, bytes, left): (String, usize, TimeDelta)| TokenRow {
        name: shortened(&name),
        bytes,
        seconds_left: left.num_seconds(),
    };
    (shown.map(row).collect(), others)
}

fn user_row(account: &Account) -> UserRow {
    let user = &account.user;
    UserRow {
        id: user.id.to_string(),
        unionid: account.unionid.as_ref().map(|unionid| fingerprint(unionid.as_str())),
        nickname: user.profile.nickname.clone(),
        profile_source: user.profile_source.as_str(),
        phone: user.phone.as_ref().map(masked),
        status: user.status.as_str(),
        merged_into: account.merged_into.map(|id| id.to_string()),
    }
}

fn identity_row(id: UserId, (app_id, openid): &(AppId, OpenId)) -> IdentityRow {
    IdentityRow { user_id: id.to_string(), app_id: app_id.to_string(), openid: fingerprint(openid.as_str()) }
}

/// Enough to see that two are the same, too little to be of use: four hexadecimal digits of a SHA-256.
fn fingerprint(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    format!("{:02x}{:02x}", digest[0], digest[1])
}

fn masked(phone: &Phone) -> String {
    let (start, end) = phone.as_str().split_at(phone.as_str().len() - 2);
    let shown: String = start.chars().take(6.min(start.len() - 1)).collect();
    format!("{shown}••••{end}")
}

/// The name of a stored thing, with what is long in it cut to its beginning.
fn shortened(name: &str) -> String {
    let part = |part: &str| match part.char_indices().nth(4) {
        Some((four, _)) if part.len() > 16 => format!("{}…", &part[..four]),
        _ => part.to_owned(),
    };
    name.split(':').map(part).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_keeps_its_country_and_two_digits() {
        assert_eq!(masked(&"+8613800000012".parse().unwrap()), "+86138••••12");
        assert_eq!(masked(&"+12345".parse().unwrap()), "+12••••45");
    }

    #[test]
    fn a_stored_name_keeps_its_kind_and_loses_what_is_long() {
        assert_eq!(shortened("ticket:0123456789abcdefghij"), "ticket:0123…");
        assert_eq!(shortened("sessions:17"), "sessions:17");
    }

    #[test]
    fn the_youngest_of_each_kind_are_shown_and_the_others_counted() {
        let thing = |name: &str, seconds| (name.to_owned(), 8, TimeDelta::seconds(seconds));
        let sessions = (0..6).map(|number| thing(&format!("session:{number}"), 100 + number));
        let stored = sessions.chain([thing("ticket:a", 5), thing("rate:x", 9), thing("lock:y", 9)]).collect();

        let (shown, others) = youngest(stored);

        let names: Vec<_> = shown.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["session:5", "session:4", "session:3", "session:2", "ticket:a"]);
        assert_eq!(others, 2);
    }
}
