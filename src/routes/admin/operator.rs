//! Token → the operator whose it is.

use crate::app::App;
use crate::error::{ApiError, Code};
use crate::exchange::app;
use crate::routes::extract::{Body, client_address, refuse_beyond};
use crate::settings::matches_secret;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

/// Somebody whom `ADMIN_TOKENS` names, proved by their token.
pub(super) struct Operator {
    /// Under which their events stand.
    pub name: String,
}

impl FromRequest for Operator {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Operator, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (app, address, token) = (app(request).clone(), client_address(request), bearer(request));
        Box::pin(async move { operator(&app, address, token.as_deref()).await })
    }
}

/// What an operator sent. Nobody else's body is waited for.
pub(super) struct Order<T> {
    /// Whose it is.
    pub operator: Operator,
    /// What they want.
    pub body: T,
}

impl<T: DeserializeOwned + 'static> FromRequest for Order<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Order<T>, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (operator, body) = (Operator::extract(request), Body::from_request(request, payload));
        Box::pin(async move { Ok(Order { operator: operator.await?, body: body.await?.0 }) })
    }
}

/// First the limit of failures is asked: asked after the comparison, it would tell a right guess from the wrong ones.
async fn operator(app: &App, address: IpAddr, token: Option<&str>) -> Result<Operator, ApiError> {
    refuse_beyond(app.limits.failed_operator(address).await)?;
    let Some(name) = named(app, token.unwrap_or_default()) else {
        refuse_beyond(app.limits.count_failed_operator(address).await)?;
        return Err(ApiError::new(Code::InvalidClient, "the token is of no operator").challenging("Bearer"));
    };
    refuse_beyond(app.limits.count_operator(&name).await)?;
    Ok(Operator { name })
}

/// Whose token it is. Every configured one is compared, so that time does not tell which exist.
fn named(app: &App, token: &str) -> Option<String> {
    let mut name = None;
    for operator in &app.settings().server.admin_tokens {
        if matches_secret(&operator.token, token.as_bytes()) {
            name = Some(operator.name.clone());
        }
    }
    name
}

fn bearer(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}
