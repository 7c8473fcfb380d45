//! The answer that login and register share, and the person as clients see them.

use crate::app::App;
use crate::error::{ApiError, Code};
use crate::identity::{Identity, SessionKey};
use crate::user::{Status, User};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// A person who is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    /// Always `loggedIn`.
    #[schema(example = "loggedIn")]
    pub status: &'static str,
    /// The bearer token: 43 characters of base64url.
    #[schema(example = "Pk2nGn9WJ1mE3m8w0r1lT3oJ0m2c3bq1Zt6x0w4v7uY")]
    pub token: String,
    /// Seconds until the session ends if it is not used.
    #[schema(example = 604800)]
    pub expires_in: i64,
    pub user: UserBody,
}

/// A person as clients see them. It holds no openid, unionid or session key.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
#[serde(rename_all = "camelCase")]
pub struct UserBody {
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
    #[schema(example = "2026-11-23T08:00:00.000Z")]
    pub created_at: String,
}

impl From<&User> for UserBody {
    fn from(user: &User) -> UserBody {
        let profile = user.profile.clone();
        UserBody {
            id: user.id.to_string(),
            nickname: profile.nickname,
            avatar_url: profile.avatar_url,
            gender: profile.gender,
            language: profile.language,
            city: profile.city,
            province: profile.province,
            country: profile.country,
            phone: user.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            created_at: rfc3339(user.created_at),
        }
    }
}

/// A time as every answer writes it, such as `2026-11-23T08:00:00.000Z`.
pub fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Opens a session for somebody known.
///
/// # Errors
/// The account is suspended, or the token store does not answer.
pub async fn sign_in(
    app: &App,
    user: &User,
    identity: Identity,
    session_key: SessionKey,
    device: String,
) -> Result<SignedIn, ApiError> {
    if user.status != Status::Active {
        return Err(ApiError::new(Code::UserSuspended, "an administrator suspended this account"));
    }
    let (token, life) = app.sessions.open(user, identity, session_key, device).await?;
    Ok(SignedIn { status: "loggedIn", token: token.text(), expires_in: life.num_seconds(), user: user.into() })
}
