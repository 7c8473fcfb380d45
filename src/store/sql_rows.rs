//! Rows of `users` and what they mean. Mounted by each SQL backend.

use super::super::StoreError;
use super::super::schema::users;
use super::super::suspicion::Suspicion;
use super::Backend;
use crate::user::{Phone, Profile, User, UserId};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use std::time::Duration;

/// How long one attempt at a query or transaction may take.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// How often the database may ask for a transaction to be repeated.
const ATTEMPTS: u32 = 6;

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(Backend))]
pub struct Row {
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
    pub fn keeper(&self) -> i64 {
        self.merged_into.unwrap_or(self.id)
    }

    pub fn profile(&self) -> Profile {
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
    pub fn user(self) -> Result<User, Failure> {
        Ok(User {
            id: UserId(self.id),
            profile_source: self.profile_source.parse().map_err(StoreError::broken)?,
            status: self.status.parse().map_err(StoreError::broken)?,
            phone: self.phone.as_deref().map(str::parse::<Phone>).transpose().map_err(StoreError::broken)?,
            created_at: self.created_at.and_utc(),
            profile: self.profile(),
        })
    }
}

/// The columns that a profile fills.
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = users)]
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
    pub fn new(profile: &'a Profile, source: &'a str) -> Self {
        ProfileColumns {
            nickname: &profile.nickname,
            avatar_url: &profile.avatar_url,
            gender: profile.gender,
            language: &profile.language,
            city: &profile.city,
            province: &profile.province,
            country: &profile.country,
            profile_source: source,
        }
    }
}

/// Why an attempt gave no answer.
pub enum Failure {
    Query(Error),
    Store(StoreError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Query(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Store(error)
    }
}

impl Failure {
    /// A unique key says that somebody else was first.
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Failure::Query(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
    }

    /// The same transaction may work at once: it met another one, or somebody else was first and is seen by the next.
    fn is_transient(&self) -> bool {
        match self {
            Failure::Query(Error::DatabaseError(
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::UniqueViolation,
                _,
            )) => true,
            Failure::Query(Error::RollbackTransaction) => true,
            // MySQL's 1213 and 1205 and SQLite's SQLITE_BUSY come without a kind of their own.
            Failure::Query(Error::DatabaseError(_, information)) => {
                let message = information.message();
                ["Deadlock found", "Lock wait timeout", "is locked"].iter().any(|text| message.contains(text))
            }
            _ => false,
        }
    }

    fn into_store_error(self) -> StoreError {
        match self {
            Failure::Store(error) => error,
            Failure::Query(error) => match &error {
                Error::NotFound
                | Error::SerializationError(_)
                | Error::DeserializationError(_)
                | Error::QueryBuilderError(_) => StoreError::broken(error),
                // The database's own words repeat the value, which may be an openid.
                Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                    StoreError::broken("a unique key was violated, each time the transaction was made again")
                }
                Error::DatabaseError(kind, information) if is_defect(kind, information.message()) => {
                    StoreError::broken(error)
                }
                _ => StoreError::unavailable(error),
            },
        }
    }
}

/// Whether the database found fault with the statement or the data, and not with the moment.
fn is_defect(kind: &DatabaseErrorKind, message: &str) -> bool {
    match kind {
        DatabaseErrorKind::UniqueViolation
        | DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::NotNullViolation
        | DatabaseErrorKind::CheckViolation => true,
        _ => {
            let faults =
                ["syntax", "Unknown column", "doesn't exist", "no such", "Data too long", "denied", "Incorrect"];
            faults.iter().any(|text| message.contains(text))
        }
    }
}

/// The answer of `attempt`, which is made again while it meets other transactions. An outage raises `suspicion`.
pub async fn retrying<T, F>(suspicion: &Suspicion, attempt: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, Failure>>,
{
    for tries in 1.. {
        let failure = match tokio::time::timeout(TIME_LIMIT, attempt()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(failure)) => failure,
            Err(elapsed) => {
                suspicion.raise();
                return Err(StoreError::unavailable(elapsed));
            }
        };
        if tries >= ATTEMPTS || !failure.is_transient() {
            let error = failure.into_store_error();
            if matches!(error, StoreError::Unavailable(_)) {
                suspicion.raise();
            }
            return Err(error);
        }
        let [chance] = crate::random::Random::system().bytes();
        tokio::time::sleep(Duration::from_millis(u64::from(tries) * u64::from(chance % 16 + 1))).await;
    }
    unreachable!("the loop above ends by returning")
}

/// A time as the database keeps it.
pub fn stored(time: DateTime<Utc>) -> NaiveDateTime {
    time.naive_utc()
}
