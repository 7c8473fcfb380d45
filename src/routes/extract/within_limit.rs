//! Whether whoever asks may ask again.

use super::client_address::address;
use crate::error::{ApiError, Code};
use crate::exchange::{Exchange, app};
use crate::rate_limit::Standing;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use std::future::Future;
use std::pin::Pin;

/// What `T` extracts from a request whose address was counted, and was below its limit. Beyond the limit nothing is
/// looked at.
pub(crate) struct WithinLimit<T>(pub T);

impl<T: FromRequest<Error = ApiError> + 'static> FromRequest for WithinLimit<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<WithinLimit<T>, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (app, exchange) = (app(request).clone(), Exchange::of(request));
        let address = address(request);
        let inner = T::from_request(request, payload);
        Box::pin(async move {
            let standing = app.limits.count_address(address).await;
            exchange.standing.set(standing);
            refuse_beyond(standing)?;
            inner.await.map(WithinLimit)
        })
    }
}

/// The error of a limit that is reached.
///
/// # Errors
/// It is reached.
pub(crate) fn refuse_beyond(standing: Option<Standing>) -> Result<(), ApiError> {
    match standing.and_then(|standing| standing.allowance.wait) {
        None => Ok(()),
        Some(wait) => Err(ApiError::new(Code::RateLimited, "too many requests; see Retry-After").after(wait)),
    }
}
