//! The JSON body of a request, whatever its content type says: mini programs and proxies do not agree on it.

use crate::error::{ApiError, Code};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// How long a body may take to arrive. Whoever sends one slowly holds a place among the requests in progress.
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
pub(crate) fn bytes(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Bytes, ApiError>> + 'static {
    let bytes = Bytes::from_request(request, payload);
    async move {
        match tokio::time::timeout(ARRIVAL_TIMEOUT, bytes).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) if matches!(error.as_error(), Some(PayloadError::Overflow)) => {
                Err(ApiError::new(Code::PayloadTooLarge, "the body is above 64 KiB"))
            }
            Ok(Err(_)) | Err(_) => Err(ApiError::invalid("the body did not arrive whole")),
        }
    }
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        if !error.is_data() {
            return ApiError::invalid("the body is not a JSON object");
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
