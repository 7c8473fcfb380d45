//! Accounts and sessions as staff and their programs read them.

use crate::identity::AppId;
use crate::session::OpenSession;
use crate::store::Held;
use crate::user::User;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// Events that are shown, the last ones.
const EVENTS: usize = 20;

/// Somebody who was found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountRow {
    /// Number of the account, as text.
    #[schema(example = "42")]
    pub id: String,
    /// `active`, `suspended` or `erased`.
    pub status: &'static str,
    /// What they show.
    pub nickname: String,
    /// E.164.
    pub phone: Option<String>,
    /// First registration.
    pub created_at: DateTime<Utc>,
}

impl From<&User> for AccountRow {
    fn from(user: &User) -> AccountRow {
        AccountRow {
            id: user.id.to_string(),
            status: user.status.as_str(),
            nickname: user.profile.nickname.clone(),
            phone: user.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            created_at: user.created_at,
        }
    }
}

/// An account, without openid and unionid.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Number of the account, as text; of one that was merged into another, the other's.
    #[schema(example = "42")]
    pub id: String,
    /// `active`, `suspended` or `erased`.
    pub status: String,
    /// Who of the staff gave it.
    pub status_by: Option<String>,
    /// Why.
    pub status_reason: Option<String>,
    /// What they show.
    pub nickname: String,
    /// Their picture.
    pub avatar_url: String,
    /// Where these came from: `anonymous`, `wechat` or `user`.
    pub profile_source: String,
    /// E.164.
    pub phone: Option<String>,
    /// First registration.
    pub created_at: DateTime<Utc>,
    /// Absent for those who were not erased.
    pub erased_at: Option<DateTime<Utc>>,
    /// The last day, at UTC, on which they signed in or used a session.
    pub last_seen_on: Option<NaiveDate>,
    /// The ways in.
    pub identities: Vec<AccountIdentity>,
    /// Accounts that became a part of it.
    pub merged: Vec<String>,
    /// The last twenty events, the last one first.
    pub events: Vec<AccountEvent>,
}

/// A way into an account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountIdentity {
    /// The mini program.
    pub app_id: String,
    /// When it was first seen.
    pub created_at: DateTime<Utc>,
    /// Absent for somebody who was moved in and never came.
    pub last_login_at: Option<DateTime<Utc>>,
}

/// Something that happened to an account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// What, as `login_events` names it.
    pub kind: String,
    /// The mini program.
    pub app_id: Option<String>,
    /// Who of the staff did it.
    pub by: Option<String>,
    /// Why; of what failed, the error code.
    pub reason: Option<String>,
    /// `ios`, `android`, `devtools` or `other`.
    pub device: Option<String>,
    /// As much of the address as is kept.
    pub client_address: Option<String>,
}

impl From<Held> for Account {
    fn from(held: Held) -> Account {
        let utc = |time: NaiveDateTime| time.and_utc();
        let mut accounts = held.accounts.into_iter();
        let account = accounts.next().expect("whoever is held has an account");
        let identities = held.identities.into_iter().map(|way| AccountIdentity {
            app_id: way.app_id,
            created_at: utc(way.created_at),
            last_login_at: way.last_login_at.map(utc),
        });
        let events = held.events.into_iter().rev().take(EVENTS).map(|event| AccountEvent {
            at: utc(event.at),
            kind: event.kind,
            app_id: event.app_id,
            by: event.actor,
            reason: event.reason,
            device: event.device,
            client_address: event.client_address,
        });
        Account {
            id: account.id.to_string(),
            status: account.status,
            status_by: account.status_by,
            status_reason: account.status_reason,
            nickname: account.nickname,
            avatar_url: account.avatar_url,
            profile_source: account.profile_source,
            phone: account.phone,
            created_at: utc(account.created_at),
            erased_at: account.erased_at.map(utc),
            last_seen_on: account.last_seen_on,
            identities: identities.collect(),
            merged: accounts.map(|merged| merged.id.to_string()).collect(),
            events: events.collect(),
        }
    }
}

/// An open session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenedSession {
    /// Names it; of no use without a token.
    pub id: String,
    /// The mini program.
    #[schema(value_type = String)]
    pub app_id: AppId,
    /// Such as `iPhone · WeChat 8.0.50`.
    pub device: String,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// Exact to 55 seconds.
    pub last_used_at: DateTime<Utc>,
    /// When it ends if it is not used again.
    pub expires_at: DateTime<Utc>,
}

impl From<OpenSession> for OpenedSession {
    fn from(open: OpenSession) -> OpenedSession {
        OpenedSession {
            id: open.entry.id,
            app_id: open.entry.app_id,
            device: open.entry.label,
            created_at: open.entry.created_at,
            last_used_at: open.used_at,
            expires_at: open.expires_at,
        }
    }
}
