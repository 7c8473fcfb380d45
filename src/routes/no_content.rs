//! The answer without a body.

use actix_web::body::BoxBody;
use actix_web::{HttpRequest, HttpResponse, Responder};

/// Done, and nothing to say.
pub(super) struct NoContent;

impl Responder for NoContent {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}
