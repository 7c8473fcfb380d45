//! The bound on requests in progress: beyond it an answer at once is worth more than a late one.

use crate::app::App;
use crate::error::{ApiError, Code};
use crate::exchange::Exchange;
use actix_web::HttpResponse;

/// The refusal of a request that is one too many.
pub(super) fn refused(exchange: &Exchange, app: &App, path: &str) -> Option<HttpResponse> {
    let full = exchange.in_flight > app.settings().limits.max_in_flight;
    if !full || is_probe(path) {
        return None;
    }
    let busy = ApiError::new(Code::Overloaded, "this replica has as many requests in progress as it may");
    Some(exchange.refused(&busy))
}

/// A busy replica is alive and must be able to say so.
fn is_probe(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics")
}
