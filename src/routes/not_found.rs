//! Everything that is no endpoint.

use crate::error::{ApiError, Code};
use actix_web::web::{ServiceConfig, route};

/// Answers whatever no other route does.
pub fn mount(routes: &mut ServiceConfig) {
    routes.default_service(route().to(nothing));
}

async fn nothing() -> Result<String, ApiError> {
    Err(ApiError::new(Code::NotFound, "no such path"))
}
