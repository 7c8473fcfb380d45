//! The HTTP server: what surrounds every request, and a graceful end.

use crate::app::App;
use crate::error::{ApiError, Code};
use crate::rate_limit::Told;
use crate::routes;
use crate::telemetry::{TRACE, Trace};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App as Routes, HttpMessage, HttpServer};
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::Instant;

/// How long an idle connection stays open: longer than gateways keep theirs (60 seconds), so that none sends a request
/// into a closing one.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves `app`, and whatever `beside` mounts next to it, until the server is told to stop. It takes no signals.
///
/// # Errors
/// The listener cannot be used.
pub fn serve<F>(app: Arc<App>, listener: TcpListener, beside: F) -> io::Result<Server>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let bound = app.settings.server.shutdown.as_secs();
    let data = Data::from(app);
    let server = HttpServer::new(move || {
        let runtime = data.runtime.clone();
        Routes::new()
            .app_data(data.clone())
            .wrap(from_fn(boundary))
            .configure(beside.clone())
            .configure(|table| routes::table(table, &runtime))
    })
    .disable_signals()
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD_TIMEOUT)
    .shutdown_timeout(bound)
    .listen(listener)?;
    Ok(server.run())
}

/// What surrounds every request: its trace, the bound on requests in progress, the one form of errors, its log line and
/// its metrics.
async fn boundary(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let begin = Instant::now();
    let trace = Trace::from_header(request.headers().get("traceparent").and_then(|value| value.to_str().ok()));
    let app = request.app_data::<Data<App>>().expect("the server holds the app").clone();
    let method = known(request.method());
    let in_flight = InFlight::enter(app.clone());
    let answer = if in_flight.number > app.settings.limits.max_in_flight && !is_probe(request.path()) {
        let busy = ApiError::new(Code::Overloaded, "this replica has as many requests in progress as it may");
        request.error_response(busy)
    } else {
        match TRACE.scope(trace.clone(), next.call(request)).await {
            Ok(response) => response.map_into_boxed_body(),
            Err(error) => return Err(error),
        }
    };
    let (request, response) = answer.into_parts();
    let problem = response.error().map(|error| match error.as_error::<ApiError>() {
        Some(problem) => (problem.code, problem.response(trace.id()), cause(problem)),
        None => {
            let foreign = foreign(error.as_response_error().status_code());
            (foreign.code, foreign.response(trace.id()), Some(error.to_string()))
        }
    });
    let (code, mut response, cause) = match problem {
        Some((code, problem, cause)) => (code.name(), problem, cause),
        None if response.status().is_client_error() && response.body().size().is_eof() => {
            let foreign = foreign(response.status());
            (foreign.code.name(), foreign.response(trace.id()), None)
        }
        None => ("", response, None),
    };
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-request-id"), value(trace.id()));
    if let Some(told) = request.extensions().get::<Told>() {
        headers.insert(
            HeaderName::from_static("ratelimit-policy"),
            value(&format!("\"{}\";q={};w=60", told.policy, told.quota)),
        );
        let reset = told.allowance.reset.as_millis().div_ceil(1000);
        let left = format!("\"{}\";r={};t={reset}", told.policy, told.allowance.remaining);
        headers.insert(HeaderName::from_static("ratelimit"), value(&left));
    }
    if request.path().starts_with("/v1/") {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let route = request.match_pattern().unwrap_or_else(|| "none".to_owned());
    let status = response.status().as_u16();
    let seconds = begin.elapsed().as_secs_f64();
    let labels = [
        ("route", route.clone()),
        ("method", method.to_owned()),
        ("status", status.to_string()),
        ("code", code.to_owned()),
    ];
    metrics::counter!("weapp_login_requests_total", &labels).increment(1);
    metrics::histogram!("weapp_login_request_seconds", "route" => route.clone()).record(seconds);
    let milliseconds = (seconds * 1e6).round() / 1e3;
    match cause {
        Some(cause) if status >= 500 => {
            tracing::error!(request_id = trace.id(), method, route, status, milliseconds, code, cause, "request");
        }
        cause => tracing::info!(request_id = trace.id(), method, route, status, milliseconds, code, cause, "request"),
    }
    Ok(ServiceResponse::new(request, response))
}

/// A request in progress; it leaves when dropped, however its handler ended.
struct InFlight {
    app: Data<App>,
    number: usize,
}

impl InFlight {
    fn enter(app: Data<App>) -> InFlight {
        let number = app.in_flight.fetch_add(1, Relaxed) + 1;
        metrics::gauge!("weapp_login_requests_in_flight").increment(1);
        InFlight { app, number }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.app.in_flight.fetch_sub(1, Relaxed);
        metrics::gauge!("weapp_login_requests_in_flight").decrement(1);
    }
}

/// A busy replica is alive and must be able to say so.
fn is_probe(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics")
}

/// A method's name for labels, of which there must be few: a client can send any word for a method.
fn known(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|name| *name == method.as_str()).unwrap_or("other")
}

/// The chain of causes, which hold no secret by the rules of those who made them.
fn cause(problem: &ApiError) -> Option<String> {
    let mut causes = vec![];
    let mut next = std::error::Error::source(problem);
    while let Some(error) = next {
        causes.push(error.to_string());
        next = error.source();
    }
    (!causes.is_empty()).then(|| causes.join(": "))
}

/// A failure that the HTTP library found before any of our code ran.
fn foreign(status: actix_web::http::StatusCode) -> ApiError {
    match status.as_u16() {
        404 => ApiError::new(Code::NotFound, "no such path"),
        413 => ApiError::new(Code::PayloadTooLarge, "the body is above the limit"),
        400..=499 => ApiError::invalid("the request cannot be read"),
        _ => ApiError::new(Code::Internal, "see the log under this request id"),
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("made of visible ASCII")
}
