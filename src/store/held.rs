//! Everything that is held about somebody, column by column, as they may ask for it.

use super::schema::{identities, login_events, users, visits};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::mysql::Mysql;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use serde::{Serialize, Serializer};

/// Everything that the database has about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Their account, and behind it those that were merged into it.
    pub accounts: Vec<HeldAccount>,
    /// Their ways in, the oldest first.
    pub identities: Vec<HeldIdentity>,
    /// What happened to these accounts, the oldest first, as far back as events are kept.
    pub events: Vec<HeldEvent>,
    /// When they were where, the oldest first, as far back as visits are kept.
    pub visits: Vec<HeldVisit>,
}

/// A row of `users`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = users, check_for_backend(Mysql, Sqlite))]
#[expect(missing_docs, reason = "the columns, which the schema explains")]
pub struct HeldAccount {
    pub id: i64,
    pub unionid: Option<String>,
    pub nickname: String,
    pub avatar_url: String,
    pub gender: i16,
    pub language: String,
    pub city: String,
    pub province: String,
    pub country: String,
    pub phone: Option<String>,
    pub profile_source: String,
    pub status: String,
    pub status_by: Option<String>,
    pub status_reason: Option<String>,
    pub merged_into: Option<i64>,
    #[serde(serialize_with = "utc")]
    pub created_at: NaiveDateTime,
    #[serde(serialize_with = "utc")]
    pub updated_at: NaiveDateTime,
    #[serde(serialize_with = "maybe_utc")]
    pub last_login_at: Option<NaiveDateTime>,
    #[serde(serialize_with = "maybe_utc")]
    pub erased_at: Option<NaiveDateTime>,
    pub last_seen_on: Option<NaiveDate>,
    #[serde(serialize_with = "maybe_utc")]
    pub status_noted_at: Option<NaiveDateTime>,
}

/// A row of `identities`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = identities, check_for_backend(Mysql, Sqlite))]
#[expect(missing_docs, reason = "the columns, which the schema explains")]
pub struct HeldIdentity {
    pub app_id: String,
    pub openid: String,
    #[serde(serialize_with = "utc")]
    pub created_at: NaiveDateTime,
    #[serde(serialize_with = "maybe_utc")]
    pub last_login_at: Option<NaiveDateTime>,
}

/// A row of `login_events`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = login_events, check_for_backend(Mysql, Sqlite))]
#[expect(missing_docs, reason = "the columns, which the schema explains")]
pub struct HeldEvent {
    #[serde(serialize_with = "utc")]
    pub at: NaiveDateTime,
    pub user_id: Option<i64>,
    pub app_id: Option<String>,
    pub kind: String,
    pub actor: Option<String>,
    pub reason: Option<String>,
    pub way: Option<String>,
    pub device: Option<String>,
    pub client_address: Option<String>,
}

/// A row of `visits`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = visits, check_for_backend(Mysql, Sqlite))]
#[expect(missing_docs, reason = "the columns, which the schema explains")]
pub struct HeldVisit {
    #[serde(serialize_with = "utc")]
    pub at: NaiveDateTime,
    pub user_id: i64,
    pub app_id: String,
}

fn utc<S: Serializer>(time: &NaiveDateTime, to: S) -> Result<S::Ok, S::Error> {
    time.and_utc().serialize(to)
}

fn maybe_utc<S: Serializer>(time: &Option<NaiveDateTime>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.and_utc()).serialize(to)
}
