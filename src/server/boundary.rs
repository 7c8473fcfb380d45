//! The order of the layers around a request, from the outside in and out again.

use super::admission;
use super::audience::Audience;
use super::headers;
use super::problem;
use super::record;
use crate::app::App;
use crate::exchange::Exchange;
use actix_web::HttpMessage;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;

/// What every request passes on its way in, and every answer on its way out.
pub(super) async fn boundary(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let app = request.app_data::<Data<App>>().expect("the server holds the app").clone();
    let traceparent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    let exchange = Exchange::begin(&app, request.method(), traceparent);
    request.extensions_mut().insert(exchange.clone());

    let audience = *request.app_data::<Audience>().expect("the server holds the audience");
    let refused = audience.refused(&exchange, &request);
    let answer = match refused.or_else(|| admission::refused(&exchange, &app, request.path())) {
        Some(response) => request.into_response(response),
        None => next.call(request).await?.map_into_boxed_body(),
    };

    let mut answer = problem::in_our_form(&exchange, answer);
    headers::add(&exchange, &app, &mut answer);
    record::record(&exchange, &app, &answer);
    Ok(answer)
}
