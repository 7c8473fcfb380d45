//! The one form of errors, also for those that the HTTP library or a page beside the table found.

use crate::error::{ApiError, Code};
use crate::exchange::Exchange;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;

/// `answer`, as a problem of ours if it tells of an error in another form.
pub(super) fn in_our_form(exchange: &Exchange, answer: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    if exchange.problem.borrow().is_some() {
        return answer;
    }
    let status = answer.status();
    let error = match answer.response().error() {
        Some(error) => match error.as_error::<ApiError>() {
            Some(ours) => exchange.refused(ours),
            None => exchange.refused(&foreign(error.as_response_error().status_code()).because(error.to_string())),
        },
        None if status.is_client_error() && answer.response().body().size().is_eof() => {
            exchange.refused(&foreign(status))
        }
        None => return answer,
    };
    answer.into_response(error)
}

/// A failure that was found before any of our code ran.
fn foreign(status: StatusCode) -> ApiError {
    match status.as_u16() {
        404 => ApiError::new(Code::NotFound, "no such path"),
        413 => ApiError::new(Code::PayloadTooLarge, "the body is above 64 KiB"),
        400..=499 => ApiError::invalid("the request cannot be read"),
        _ => ApiError::new(Code::Internal, "see the log under this request id"),
    }
}
