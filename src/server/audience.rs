//! What is for phones and what is for the operator's own network, where these have a listener each.

use crate::error::{ApiError, Code};
use crate::exchange::Exchange;
use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use std::net::SocketAddr;

/// Paths that move to the internal listener, with what is below the last of them and below `/admin`.
const INTERNAL: [&str; 4] = ["/metrics", "/readyz", "/v1/introspect", "/v1/auth"];

/// Who is served where.
#[derive(Clone, Copy)]
pub(super) struct Audience {
    /// The address of the internal listener, if there is one.
    pub(super) internal: Option<SocketAddr>,
}

impl Audience {
    /// The refusal of a request that came to the listener of phones and is not for them.
    pub(super) fn refused(self, exchange: &Exchange, request: &ServiceRequest) -> Option<HttpResponse> {
        let internal = self.internal?;
        let is_internal = |path: &str| {
            INTERNAL.contains(&path) || ["/v1/auth/", "/admin/"].iter().any(|below| path.starts_with(below))
        };
        if request.app_config().local_addr() == internal || !is_internal(request.path()) {
            return None;
        }
        Some(exchange.refused(&ApiError::new(Code::NotFound, "no such path")))
    }
}
