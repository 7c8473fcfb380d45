//! A request in progress: what is known of it before its answer is, and what its answer's log line will say.

use crate::app::{App, Shared};
use crate::error::{ApiError, Code, told};
use crate::rate_limit::Standing;
use crate::telemetry::Trace;
use crate::telemetry::metrics::Route;
use crate::telemetry::spans::RequestSpan;
use crate::user::UserId;
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use std::cell::{Cell, OnceCell, RefCell};
use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::time::Instant;

/// One request and its answer. It counts as in progress until everything that works for it has let go of it.
pub struct Exchange {
    /// Its place in a trace.
    pub trace: Trace,
    /// Its span, where traces are collected.
    pub span: Option<RequestSpan>,
    /// When its head had been read.
    pub began: Instant,
    /// The method's name, for labels, of which there must be few: a client can send any word for a method.
    pub method: &'static str,
    /// How many requests were in progress when it came, this one included.
    pub in_flight: usize,
    /// The path of the table that it was for.
    pub route: OnceCell<Rc<Route>>,
    /// The account that it turned out to be for.
    pub account: Cell<Option<UserId>>,
    /// How its client stands with the limit that it was counted against.
    pub standing: Cell<Option<Standing>>,
    /// What went wrong, with the causes that only the log sees.
    pub problem: RefCell<Option<(Code, Option<String>)>>,
    shared: Arc<Shared>,
}

impl Exchange {
    /// Begins with a request of which only the head was read.
    pub fn begin(app: &App, method: &Method, traceparent: Option<&str>) -> Rc<Exchange> {
        let shared = app.shared.clone();
        let (trace, span) = RequestSpan::begin(traceparent, &app.random);
        Rc::new(Exchange {
            trace,
            span,
            began: Instant::now(),
            method: label(method),
            in_flight: shared.in_flight.fetch_add(1, Relaxed) + 1,
            route: OnceCell::new(),
            account: Cell::new(None),
            standing: Cell::new(None),
            problem: RefCell::new(None),
            shared,
        })
    }

    /// Lets it not count as in progress until the client has sent the rest of the request.
    #[must_use]
    pub fn wait_for_client(self: &Rc<Exchange>) -> WaitsForClient {
        self.shared.in_flight.fetch_sub(1, Relaxed);
        WaitsForClient(self.clone())
    }

    /// The exchange that `request` belongs to.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Rc<Exchange> {
        request.extensions().get::<Rc<Exchange>>().expect("the server begins an exchange for every request").clone()
    }

    /// The answer that tells of `error`, which the log line will name.
    #[must_use]
    pub fn refused(&self, error: &ApiError) -> HttpResponse {
        // The causes hold no secret by the rules of those who made them.
        self.problem.replace(Some((error.code, error.source().map(told))));
        error.response(self.trace.id())
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.shared.in_flight.fetch_sub(1, Relaxed);
    }
}

/// A request whose rest its client has not sent yet; it counts as in progress again when this is dropped.
pub struct WaitsForClient(Rc<Exchange>);

impl WaitsForClient {
    /// The waiting is over: how many requests are in progress, this one included.
    #[must_use]
    pub fn end(self) -> usize {
        self.0.shared.in_flight.load(Relaxed) + 1
    }
}

impl Drop for WaitsForClient {
    fn drop(&mut self) {
        self.0.shared.in_flight.fetch_add(1, Relaxed);
    }
}

/// The service of the worker that reads `request`.
#[must_use]
pub fn app(request: &HttpRequest) -> &Data<App> {
    request.app_data::<Data<App>>().expect("the server holds the app")
}

/// The name of a method, of which there are few.
pub(crate) fn label(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|name| *name == method.as_str()).unwrap_or("other")
}
