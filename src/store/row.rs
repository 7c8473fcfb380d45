//! Rows of `users`, to people and back. The same for both databases.

use super::error::StoreError;
use super::schema::users;
use crate::user::{Phone, Profile, ProfileSource, Status, User, UserId};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::mysql::Mysql;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;

/// The columns of `users` that say who somebody is.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(Mysql, Sqlite))]
pub(super) struct Row {
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
    pub merged_into: Option<i64>,
    pub created_at: NaiveDateTime,
}

impl Row {
    /// The account that stays: this one, or the one it was merged into.
    pub(super) fn keeper(&self) -> i64 {
        self.merged_into.unwrap_or(self.id)
    }

    /// Where the profile came from.
    ///
    /// # Errors
    /// The column holds what the schema's checks rule out.
    pub(super) fn source(&self) -> Result<ProfileSource, StoreError> {
        self.profile_source.parse().map_err(StoreError::broken)
    }

    /// What may be done with the account.
    ///
    /// # Errors
    /// The column holds what the schema's checks rule out.
    pub(super) fn status(&self) -> Result<Status, StoreError> {
        self.status.parse().map_err(StoreError::broken)
    }

    /// What the person shows.
    pub(super) fn profile(&self) -> Profile {
        Profile {
            nickname: self.nickname.clone(),
            avatar_url: self.avatar_url.clone(),
            gender: self.gender,
            language: self.language.clone(),
            city: self.city.clone(),
            province: self.province.clone(),
            country: self.country.clone(),
        }
    }

    /// The person of this row.
    ///
    /// # Errors
    /// A column holds what the schema's checks rule out.
    pub(super) fn user(self) -> Result<User, StoreError> {
        Ok(User {
            id: UserId(self.id),
            profile_source: self.source()?,
            status: self.status()?,
            phone: self.phone.as_deref().map(str::parse::<Phone>).transpose().map_err(StoreError::broken)?,
            created_at: self.created_at.and_utc(),
            profile: self.profile(),
        })
    }
}

/// The columns that a profile fills. All of them always: a statement whose columns vary would be prepared each time.
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub struct ProfileColumns<'a> {
    pub nickname: &'a str,
    pub avatar_url: &'a str,
    pub gender: i16,
    pub language: &'a str,
    pub city: &'a str,
    pub province: &'a str,
    pub country: &'a str,
    pub profile_source: &'a str,
}

impl<'a> ProfileColumns<'a> {
    /// The columns for `profile`, which came from `source`.
    pub fn new(profile: &'a Profile, source: ProfileSource) -> Self {
        ProfileColumns {
            nickname: &profile.nickname,
            avatar_url: &profile.avatar_url,
            gender: profile.gender,
            language: &profile.language,
            city: &profile.city,
            province: &profile.province,
            country: &profile.country,
            profile_source: source.as_str(),
        }
    }
}

/// A time as the database keeps it.
pub(super) fn stored(time: DateTime<Utc>) -> NaiveDateTime {
    time.naive_utc()
}
