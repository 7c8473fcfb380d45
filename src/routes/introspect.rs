//! `POST /v1/introspect`: RFC 7662, for other backends.

use super::extract::{bytes, client_address, refuse_beyond};
use crate::app::App;
use crate::error::{ApiError, Code};
use crate::exchange::app;
use crate::settings::matches_secret;
use crate::token::Token;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, Data, Json};
use actix_web::{FromRequest, HttpRequest};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use std::future::Future;
use std::net::IpAddr;
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

/// The form that a configured client sent. Nobody else's is read: first the limit of failures is asked, then the secret is
/// compared, then the body is waited for.
pub(super) struct ClientForm(Bytes);

impl FromRequest for ClientForm {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<ClientForm, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (app, address) = (app(request).clone(), client_address(request));
        let (credentials, body) = (basic(request), bytes(request, payload));
        Box::pin(async move {
            require_client(&app, address, credentials.as_ref()).await?;
            Ok(ClientForm(body.await?))
        })
    }
}

/// Introspect a token.
///
/// RFC 7662, for the clients in `INTROSPECTION_CLIENTS`.
#[utoipa::path(post, path = "/v1/introspect", tag = "For backends", security(("basic" = [])),
    request_body(content = IntrospectRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "Whether the token is active, and whose it is", body = Introspection)))]
pub(super) async fn introspect(app: Data<App>, ClientForm(form): ClientForm) -> Result<Json<Introspection>, ApiError> {
    let token = url::form_urlencoded::parse(&form).find(|(name, _)| name == "token").map(|(_, token)| token);
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

/// Refuses whoever is no configured client, and, where too many failed lately, everybody: asked after the comparison, the
/// limit would tell a right guess from the wrong ones.
async fn require_client(app: &App, address: IpAddr, credentials: Option<&(String, String)>) -> Result<(), ApiError> {
    let id = credentials.and_then(|(id, _)| known_id(app, id));
    refuse_beyond(app.limits.introspection(address, id).await)?;
    if is_client(app, credentials) {
        return Ok(());
    }
    refuse_beyond(app.limits.count_failed_introspection(address, id).await)?;
    Err(ApiError::new(Code::InvalidClient, "the client id or secret is wrong"))
}

/// The configured client that is meant by `id`, as it is or form-encoded. Others are not counted by their names, of which
/// there are any number.
fn known_id<'a>(app: &'a App, id: &str) -> Option<&'a str> {
    let decoded = form_decoded(id);
    let clients = app.settings().server.introspection_clients.iter();
    clients.map(|client| client.id.as_str()).find(|known| *known == id || *known == decoded)
}

/// Whether these are a configured client's. Every configured secret is compared, so that time does not tell which ids exist.
fn is_client(app: &App, credentials: Option<&(String, String)>) -> bool {
    let Some((id, secret)) = credentials else { return false };
    let decoded = (form_decoded(id), form_decoded(secret));
    app.settings().server.introspection_clients.iter().fold(false, |found, client| {
        let plain = matches_secret(&client.secret, secret.as_bytes()) & (client.id == *id);
        found | plain | (matches_secret(&client.secret, decoded.1.as_bytes()) & (client.id == decoded.0))
    })
}

/// RFC 6749 has id and secret form-encoded before they are joined, which many clients leave out.
fn form_decoded(text: &str) -> String {
    url::form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
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
