//! `POST /v1/introspect`: RFC 7662, for other backends.

use super::extract::{ClientAddress, bytes, refuse_beyond};
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::settings::matches_secret;
use crate::token::Token;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, Data, Json};
use actix_web::{FromRequest, HttpRequest};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use std::future::Future;
use std::pin::Pin;
use utoipa::ToSchema;

/// What it fails with.
pub(super) const FAILURES: &[Code] =
    &[Code::InvalidClient, Code::InvalidRequest, Code::RateLimited, Code::PayloadTooLarge];

/// Introspect a token.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form to readers of the API document; it is read by hand")]
pub(super) struct IntrospectRequest {
    token: String,
    /// Ignored: there is one type.
    token_type_hint: Option<String>,
}

/// What the token stands for. For one that stands for nothing, only `active`.
#[derive(Serialize, ToSchema, Default)]
pub(super) struct Introspection {
    active: bool,
    /// Number of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "42")]
    sub: Option<String>,
    /// The mini program.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "wx0123456789abcdef")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Bearer")]
    token_type: Option<&'static str>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    /// Seconds since 1970: when it ends if it is not used again.
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    /// The person in that mini program, as payments need it.
    #[serde(skip_serializing_if = "Option::is_none")]
    openid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unionid: Option<String>,
}

/// The form and who sent it.
pub(super) struct Form {
    credentials: Option<(String, String)>,
    body: Bytes,
}

impl FromRequest for Form {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Form, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (credentials, body) = (basic(request), bytes(request, payload));
        Box::pin(async move { Ok(Form { credentials, body: body.await? }) })
    }
}

/// Introspect a token.
///
/// RFC 7662, for the clients in `INTROSPECTION_CLIENTS`.
#[utoipa::path(post, path = "/v1/introspect", tag = "For backends", security(("basic" = [])),
    request_body(content = IntrospectRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "Whether the token is active, and whose it is", body = Introspection)))]
pub(super) async fn introspect(
    app: Data<App>,
    ClientAddress(address): ClientAddress,
    form: Form,
) -> Result<Json<Introspection>, ApiError> {
    if !is_client(&app, form.credentials.as_ref()) {
        refuse_beyond(app.limits.count_failed_introspection(address).await)?;
        return Err(ApiError::new(Code::InvalidClient, "the client id or secret is wrong"));
    }
    let token = url::form_urlencoded::parse(&form.body).find(|(name, _)| name == "token").map(|(_, token)| token);
    let token = token.ok_or_else(|| ApiError::invalid("the field token is missing"))?;
    let Some(token) = Token::parse(&token) else { return Ok(Json(Introspection::default())) };
    let Some(session) = app.sessions.find(&token).await? else { return Ok(Json(Introspection::default())) };
    Ok(Json(Introspection {
        active: true,
        sub: Some(session.user.id.to_string()),
        client_id: Some(session.identity.app_id.to_string()),
        token_type: Some("Bearer"),
        iat: Some(session.entry.created_at.timestamp()),
        exp: Some(app.sessions.expires_at(&session).timestamp()),
        openid: Some(session.identity.openid.into()),
        unionid: session.identity.unionid.map(String::from),
    }))
}

/// Whether these are a configured client's. Every configured secret is compared, so that time does not tell which ids exist.
fn is_client(app: &App, credentials: Option<&(String, String)>) -> bool {
    let Some((id, secret)) = credentials else { return false };
    // RFC 6749 has both form-encoded before they are joined, which many clients leave out.
    let encoded = |text: &str| url::form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned());
    let decoded = (encoded(id).unwrap_or_default(), encoded(secret).unwrap_or_default());
    app.settings().server.introspection_clients.iter().fold(false, |found, client| {
        let plain = matches_secret(&client.secret, secret.as_bytes()) & (client.id == *id);
        found | plain | (matches_secret(&client.secret, decoded.1.as_bytes()) & (client.id == decoded.0))
    })
}

fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
