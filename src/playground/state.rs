//! What lies in the two stores, as far as it may be seen: rows without ids of WeChat's, sealed values by size only.

use crate::error::{ApiError, Code};
use crate::store::{MemoryTokens, Person, StoreError, UserStore};
use crate::user::{Phone, User, UserId};
use actix_web::web::Json;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many of the youngest accounts are shown.
const MAX_USERS: i64 = 8;
/// How many identities are read at a time.
const PAGE: i64 = 500;

/// The stores that the page looks into.
pub(super) struct Shelves {
    pub users: Arc<dyn UserStore>,
    pub memory: Option<Arc<MemoryTokens>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown {
    apps: Vec<String>,
    users: Vec<UserRow>,
    /// How many accounts have a way in, the ones not shown included.
    user_count: usize,
    identities: Vec<IdentityRow>,
    tokens: Vec<TokenRow>,
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
    pub(super) async fn shown(&self, apps: &[String]) -> Result<Json<Shown>, ApiError> {
        let shown = self.read(apps.to_vec()).await;
        shown
            .map(Json)
            .map_err(|error| ApiError::new(Code::Internal, "see the log under this request id").because(error))
    }

    async fn read(&self, apps: Vec<String>) -> Result<Shown, StoreError> {
        let people = self.everybody().await?;
        let mut accounts: BTreeMap<UserId, Vec<Person>> = BTreeMap::new();
        for person in people {
            accounts.entry(person.id).or_default().push(person);
        }
        let user_count = accounts.len();
        let youngest = accounts.keys().next_back().map_or(0, |id| id.0);
        let (mut users, mut identities) = (vec![], vec![]);
        // An account without a way in was merged into another one, or erased; the youngest of all may be such.
        for id in ((youngest - MAX_USERS + 1).max(1)..=youngest + MAX_USERS).rev().map(UserId) {
            match accounts.remove(&id) {
                Some(ways_in) => {
                    users.push(user_row(&ways_in[0]));
                    identities.extend(ways_in.iter().map(identity_row));
                }
                None => users.extend(self.users.by_id(id).await?.map(|user| gone_row(id, &user))),
            }
        }
        users.truncate(MAX_USERS as usize);
        let tokens = self.memory.as_ref().map(|memory| memory.shown()).unwrap_or_default();
        let tokens = tokens
            .into_iter()
            .map(|(name, bytes, seconds_left)| TokenRow { name: shortened(&name), bytes, seconds_left })
            .collect();
        Ok(Shown { apps, users, user_count, identities, tokens })
    }

    async fn everybody(&self) -> Result<Vec<Person>, StoreError> {
        let mut all: Vec<Person> = vec![];
        loop {
            let after = all.last().and_then(|last| last.pair.clone());
            let page = self.users.export(after.as_ref().map(|(app, openid)| (app, openid)), PAGE).await?;
            let last_page = (page.len() as i64) < PAGE;
            all.extend(page);
            if last_page {
                return Ok(all);
            }
        }
    }
}

fn user_row(person: &Person) -> UserRow {
    UserRow {
        id: person.id.to_string(),
        unionid: person.unionid.as_ref().map(|unionid| fingerprint(unionid.as_str())),
        nickname: person.profile.nickname.clone(),
        profile_source: person.profile_source.as_str(),
        phone: person.phone.as_ref().map(masked),
        status: person.status.as_str(),
        merged_into: None,
    }
}

fn gone_row(id: UserId, leads_to: &User) -> UserRow {
    UserRow {
        id: id.to_string(),
        unionid: None,
        nickname: leads_to.profile.nickname.clone(),
        profile_source: leads_to.profile_source.as_str(),
        phone: None,
        status: leads_to.status.as_str(),
        merged_into: (leads_to.id != id).then(|| leads_to.id.to_string()),
    }
}

fn identity_row(person: &Person) -> IdentityRow {
    IdentityRow {
        user_id: person.id.to_string(),
        app_id: person.pair.as_ref().map(|(app, _)| app.to_string()).unwrap_or_default(),
        openid: person.pair.as_ref().map(|(_, openid)| fingerprint(openid.as_str())).unwrap_or_default(),
    }
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
}
