//! The JSON body of a request, whatever its content type says: mini programs and proxies do not agree on it.

use crate::error::{ApiError, Code};
use crate::exchange::{Exchange, app};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// Longest body of a request, in bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// Room that is made for a body before it is there; few are longer, and a promise of length costs its sender nothing.
const EXPECTED_BYTES: usize = 4 * 1024;
/// How long a body may take to arrive.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(10);

/// A body that was read as `T`. Fields that `T` does not name are ignored.
pub(crate) struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Body<T>, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = bytes(request, payload);
        Box::pin(async move { parsed(&bytes.await?).map(Body) })
    }
}

/// The same where a request may come without a body, which is as a body that leaves everything out.
pub(crate) struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalBody<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<OptionalBody<T>, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = bytes(request, payload);
        Box::pin(async move {
            let bytes = bytes.await?;
            if bytes.is_empty() { Ok(OptionalBody(T::default())) } else { parsed(&bytes).map(OptionalBody) }
        })
    }
}

/// The bytes of a body within the limit.
///
/// Until they are here the request waits for its client and is none in progress, or those who send a byte a second would
/// take the places of all others. What has arrived of such bodies is bounded instead, by what those places could hold.
pub(crate) fn bytes(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Bytes, ApiError>> + 'static {
    let (exchange, app, payload) = (Exchange::of(request), app(request).clone(), payload.take());
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or_default();
    async move {
        let most = app.settings().limits.max_in_flight;
        let waiting = exchange.wait_for_client();
        let mut room = Room { held: 0, all: &app.shared.arriving_bytes, most: most.saturating_mul(MAX_BODY_BYTES) };
        let body = tokio::time::timeout(ARRIVAL_TIMEOUT, arrived(payload, declared, &mut room)).await;
        let body = body.unwrap_or_else(|_| Err(not_whole()))?;
        drop(room);
        let in_flight = waiting.end();
        if in_flight > most { Err(busy()) } else { Ok(body) }
    }
}

async fn arrived(mut payload: Payload, declared: usize, room: &mut Room<'_>) -> Result<Bytes, ApiError> {
    let too_large = || ApiError::new(Code::PayloadTooLarge, "the body is above 64 KiB");
    if declared > MAX_BODY_BYTES {
        return Err(too_large());
    }
    let mut body = BytesMut::with_capacity(declared.min(EXPECTED_BYTES));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| not_whole().because(error))?;
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(too_large());
        }
        room.take(chunk.len())?;
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn not_whole() -> ApiError {
    ApiError::invalid("the body did not arrive whole")
}

fn busy() -> ApiError {
    ApiError::new(Code::Overloaded, "this replica has as many requests in progress as it may")
}

/// What a body that arrives takes of the memory for all of them.
struct Room<'a> {
    held: usize,
    all: &'a AtomicUsize,
    most: usize,
}

impl Room<'_> {
    fn take(&mut self, bytes: usize) -> Result<(), ApiError> {
        self.held += bytes;
        if self.all.fetch_add(bytes, Relaxed) + bytes > self.most { Err(busy()) } else { Ok(()) }
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.all.fetch_sub(self.held, Relaxed);
    }
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    const NO_OBJECT: &str = "the body is not a JSON object";
    // The parser would take an array for the fields in their order.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(ApiError::invalid(NO_OBJECT));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        if !error.is_data() {
            return ApiError::invalid(NO_OBJECT);
        }
        // Other messages of the parser repeat the value.
        let message = error.to_string();
        match message.split('`').nth(1).filter(|_| message.starts_with("missing field")) {
            Some(field) => ApiError::invalid(format!("the field {field} is missing")),
            None => ApiError::invalid(format!("a field has the wrong type, before column {}", error.column())),
        }
    })
}

/// `text` if it is there and not longer than `most` bytes.
///
/// # Errors
/// It is not; the error names the field and does not repeat the text.
pub(crate) fn within<'a>(name: &str, text: &'a str, most: usize) -> Result<&'a str, ApiError> {
    match text.len() {
        0 => Err(ApiError::invalid(format!("the field {name} is missing"))),
        length if length > most => Err(ApiError::invalid(format!("the field {name} is longer than {most} bytes"))),
        _ => Ok(text),
    }
}

/// What `text`, of `most` bytes at the most, encodes in base64.
///
/// # Errors
/// It does not encode anything; the error names the field.
pub(crate) fn base64(name: &str, text: &str, most: usize) -> Result<Vec<u8>, ApiError> {
    STANDARD.decode(within(name, text, most)?).map_err(|_| {
        ApiError::invalid(format!("the field {name} is not base64; is it URL-encoded, or are its + spaces?"))
    })
}
