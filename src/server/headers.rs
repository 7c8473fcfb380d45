//! The headers that every answer has.

use crate::app::App;
use crate::exchange::Exchange;
use crate::rate_limit::Standing;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::ConnectionType;
use actix_web::http::header::{self, HeaderName, HeaderValue};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// Adds them; a replica that is ending asks its clients to come back on another connection.
pub(super) fn add(exchange: &Exchange, app: &App, answer: &mut ServiceResponse<BoxBody>) {
    let path = answer.request().path();
    let is_api = path.starts_with("/v1/") || path.starts_with("/admin/");
    let headers = answer.headers_mut();
    headers.insert(REQUEST_ID, value(exchange.trace.id()));
    if let Some(standing) = exchange.standing.get() {
        add_standing(headers, standing);
    }
    if is_api {
        headers.insert(header::CACHE_CONTROL, NO_STORE);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if app.shared.is_draining() {
        answer.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
}

/// As the draft "RateLimit header fields for HTTP" writes it.
fn add_standing(headers: &mut header::HeaderMap, standing: Standing) {
    let Standing { policy, quota, allowance } = standing;
    headers.insert(RATE_LIMIT_POLICY, value(&format!("\"{policy}\";q={quota};w=60")));
    let reset = allowance.reset.as_millis().div_ceil(1000);
    headers.insert(RATE_LIMIT, value(&format!("\"{policy}\";r={};t={reset}", allowance.remaining)));
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("made of visible ASCII")
}
