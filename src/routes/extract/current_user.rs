//! Bearer token → the person who is signed in. Having this parameter is the access rule.

use crate::error::ApiError;
use crate::exchange::{Exchange, app};
use crate::session::Session;
use crate::token::Token;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use std::future::Future;
use std::pin::Pin;

/// Whoever sent the request, proved by their token.
pub(crate) struct CurrentUser {
    /// What they sent.
    pub token: Token,
    /// What it stands for.
    pub session: Session,
}

impl FromRequest for CurrentUser {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<CurrentUser, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(token) = bearer(request) else { return Box::pin(async { Err(ApiError::no_session()) }) };
        let (app, exchange) = (app(request).clone(), Exchange::of(request));
        Box::pin(async move {
            let session = app.sessions.find(&token).await?.ok_or_else(ApiError::no_session)?;
            exchange.account.set(Some(session.user.id));
            Ok(CurrentUser { token, session })
        })
    }
}

fn bearer(request: &HttpRequest) -> Option<Token> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { Token::parse(token.trim()) } else { None }
}
