//! The answer that login and register share, and the person as clients see them.

use super::extract::Caller;
use crate::app::App;
use crate::clock::Rfc3339;
use crate::error::{ApiError, Code};
use crate::identity::{Identity, SessionKey};
use crate::store::StoreError;
use crate::user::{Status, User};
use serde::Serialize;
use utoipa::ToSchema;

/// The one status of [`SignedIn`].
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum LoggedIn {
    /// Somebody is signed in.
    LoggedIn,
}

/// A person who is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignedIn {
    /// Which of a login's two answers it is.
    pub status: LoggedIn,
    /// The bearer token: 43 characters of base64url.
    #[schema(example = "Pk2nGn9WJ1mE3m8w0r1lT3oJ0m2c3bq1Zt6x0w4v7uY")]
    pub token: String,
    /// Seconds until the session ends if it is not used.
    #[schema(example = 604800)]
    pub expires_in: i64,
    /// Who it is.
    pub user: UserBody,
}

/// A person as clients see them. It holds no openid, unionid or session key.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserBody {
    /// A decimal number as text.
    #[schema(example = "42")]
    pub id: String,
    #[schema(example = "Band")]
    pub nickname: String,
    #[schema(example = "https://img.example.com/a.png")]
    pub avatar_url: String,
    /// 0 unknown, 1 male, 2 female.
    #[schema(minimum = 0, maximum = 2)]
    pub gender: i16,
    #[schema(example = "zh_CN")]
    pub language: String,
    pub city: String,
    pub province: String,
    pub country: String,
    /// E.164, or null before the person gave it.
    #[schema(example = "+8613800000000")]
    pub phone: Option<String>,
    /// RFC 3339, UTC.
    #[schema(value_type = String, format = DateTime, example = "2026-11-23T08:00:00.000Z")]
    pub created_at: Rfc3339,
}

impl From<User> for UserBody {
    fn from(user: User) -> UserBody {
        let profile = user.profile;
        UserBody {
            id: user.id.to_string(),
            nickname: profile.nickname,
            avatar_url: profile.avatar_url,
            gender: profile.gender,
            language: profile.language,
            city: profile.city,
            province: profile.province,
            country: profile.country,
            phone: user.phone.map(String::from),
            created_at: Rfc3339::of(user.created_at),
        }
    }
}

/// Why somebody known is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum NotSignedIn {
    /// An administrator said so.
    #[error("the account is suspended")]
    Suspended,
    /// Nothing is opened by half.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NotSignedIn> for ApiError {
    fn from(reason: NotSignedIn) -> ApiError {
        match reason {
            NotSignedIn::Suspended => ApiError::new(Code::UserSuspended, "an administrator suspended this account"),
            NotSignedIn::Store(error) => error.into(),
        }
    }
}

/// Opens a session for somebody known.
///
/// # Errors
/// The account is suspended, or the token store does not answer.
pub(super) async fn sign_in(
    app: &App,
    caller: &Caller,
    user: User,
    identity: Identity,
    session_key: SessionKey,
) -> Result<SignedIn, NotSignedIn> {
    caller.is(user.id);
    if user.status != Status::Active {
        app.shared.events.met_suspended(user.id);
        return Err(NotSignedIn::Suspended);
    }
    let (token, life) = app.sessions.open(&user, identity, session_key, caller.device.clone()).await?;
    Ok(SignedIn { status: LoggedIn::LoggedIn, token: token.text(), expires_in: life.num_seconds(), user: user.into() })
}
