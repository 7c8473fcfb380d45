//! The bound on requests in progress: beyond it an answer at once is worth more than a late one.
//!
//! A quarter of it is for session checks alone. They take a millisecond and are what every other service of the operator's
//! waits for; so logins that wait for a silent WeChat, or requests for a slow database, never take all the room.

use crate::app::App;
use crate::error::{ApiError, Code};
use crate::exchange::Exchange;
use actix_web::HttpResponse;

/// The refusal of a request that is one too many.
pub(super) fn refused(exchange: &Exchange, app: &App, path: &str) -> Option<HttpResponse> {
    let all = app.settings().limits.max_in_flight;
    let most = if checks_a_session(path) { all } else { all - all / 4 };
    if exchange.in_flight <= most || is_probe(path) {
        return None;
    }
    let busy = ApiError::new(Code::Overloaded, "this replica has as many requests in progress as it may");
    Some(exchange.refused(&busy))
}

/// A busy replica is alive and must be able to say so.
fn is_probe(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics")
}

fn checks_a_session(path: &str) -> bool {
    matches!(path, "/v1/session" | "/v1/introspect" | "/v1/auth") || path.starts_with("/v1/auth/")
}
