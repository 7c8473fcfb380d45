//! The log line and the metrics of an answer.

use crate::app::App;
use crate::clock::Rfc3339;
use crate::exchange::Exchange;
use crate::routes::client_address;
use crate::telemetry::log::{self, RequestLine, Weight};
use crate::telemetry::metrics::Route;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use std::rc::Rc;

/// What machines ask every few seconds, and what is of interest only when it fails.
const ROUTINE: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Leaves both.
pub(super) fn record(exchange: &Exchange, app: &App, answer: &ServiceResponse<BoxBody>) {
    let none = answer.request().app_data::<Rc<Route>>().expect("the server holds the route of paths it does not know");
    let route = exchange.route.get().unwrap_or(none);
    let status = answer.status().as_u16();
    let took = exchange.began.elapsed();
    let problem = exchange.problem.borrow();
    let (code, cause) = match &*problem {
        Some((code, cause)) => (code.name(), cause.as_deref()),
        None => ("", None),
    };
    route.count(exchange.method, status, code, took);
    if let Some(span) = &exchange.span {
        span.end(exchange.method, &route.pattern, status, code);
    }
    let line = RequestLine {
        timestamp: Rfc3339::of(app.clock().now()),
        request_id: exchange.trace.id(),
        method: exchange.method,
        route: &route.pattern,
        status,
        milliseconds: took.as_micros() as f64 / 1e3,
        code,
        account: exchange.account.get().map(|id| id.0),
        client: app.settings().log.client_addresses.told(client_address(answer.request())),
        cause,
    };
    let weight = match status {
        500.. if cause.is_some() => Weight::Failure,
        ..400 if ROUTINE.contains(&route.pattern.as_str()) => Weight::Routine,
        _ => Weight::Usual,
    };
    if log::request(&line, weight) {
        actix_web::rt::spawn(async {
            tokio::time::sleep(log::WAIT).await;
            log::flush();
        });
    }
}
