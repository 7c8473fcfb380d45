//! Where handlers run.
//!
//! A request is answered on the thread that read it. A read is answered in place. What changes something is a task of its
//! worker: it is not cancelled when its client hangs up, so what it began it ends, a redeemed ticket is used or given back.

use crate::error::{ApiError, Code};
use crate::exchange::Exchange;
use crate::telemetry::metrics::Route;
use crate::telemetry::spans;
use actix_web::body::BoxBody;
use actix_web::web::Payload;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Responder};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

/// Whether an endpoint changes something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It may end with its client.
    Read,
    /// It ends what it began.
    Write,
}

/// A handler with all that surrounds it: it takes its arguments from the request, and makes one answer of what comes of it.
pub(super) struct Endpoint<F, Args> {
    handler: F,
    kind: Kind,
    route: Rc<Route>,
    arguments: PhantomData<fn(Args)>,
}

impl<F, Args> Endpoint<F, Args> {
    /// `handler` at `route`.
    pub(super) fn new(handler: F, kind: Kind, route: Rc<Route>) -> Self {
        Endpoint { handler, kind, route, arguments: PhantomData }
    }
}

impl<F: Clone, Args> Clone for Endpoint<F, Args> {
    fn clone(&self) -> Self {
        Endpoint::new(self.handler.clone(), self.kind, self.route.clone())
    }
}

impl<F, Args, Answer> Handler<(HttpRequest, Payload)> for Endpoint<F, Args>
where
    F: Handler<Args, Output = Result<Answer, ApiError>>,
    Args: FromRequest + 'static,
    Answer: Responder + 'static,
{
    type Output = HttpResponse;
    type Future = LocalBoxFuture<'static, HttpResponse>;

    fn call(&self, (request, payload): (HttpRequest, Payload)) -> Self::Future {
        let exchange = Exchange::of(&request);
        let _ = exchange.route.set(self.route.clone());
        let handler = self.handler.clone();
        let work = async move {
            let answer = spans::below(exchange.span.as_ref(), answer(&exchange, handler, &request, payload));
            let answer = AssertUnwindSafe(answer).catch_unwind().await;
            answer.unwrap_or_else(|_| {
                exchange.refused(&ApiError::new(Code::Internal, "see the log under this request id").because("a panic"))
            })
        };
        match self.kind {
            Kind::Read => Box::pin(work),
            Kind::Write => {
                let task = actix_web::rt::spawn(work);
                Box::pin(async { task.await.expect("a worker ends after its tasks, and this one does not panic") })
            }
        }
    }
}

async fn answer<F, Args, Answer>(
    exchange: &Exchange,
    handler: F,
    request: &HttpRequest,
    payload: Payload,
) -> HttpResponse<BoxBody>
where
    F: Handler<Args, Output = Result<Answer, ApiError>>,
    Args: FromRequest,
    Answer: Responder,
{
    let arguments = match Args::from_request(request, &mut payload.into_inner()).await {
        Ok(arguments) => arguments,
        Err(error) => return refused(exchange, &error.into()),
    };
    match handler.call(arguments).await {
        Ok(answer) => answer.respond_to(request).map_into_boxed_body(),
        Err(error) => exchange.refused(&error),
    }
}

/// The answer to a request whose arguments cannot be taken from it.
fn refused(exchange: &Exchange, error: &actix_web::Error) -> HttpResponse {
    match error.as_error::<ApiError>() {
        Some(error) => exchange.refused(error),
        None => exchange.refused(&ApiError::invalid("the request cannot be read").because(error.to_string())),
    }
}
