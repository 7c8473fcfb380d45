//! Where handlers run, and what the methods of a path are.
//!
//! A handler is a task of the main runtime. It is not cancelled when its client hangs up, so what it began it ends: a
//! redeemed ticket is used or given back.

use crate::error::{ApiError, Code};
use crate::telemetry::{TRACE, Trace};
use actix_web::http::Method;
use actix_web::web::{ServiceConfig, method, post, route};
use actix_web::{FromRequest, Handler, Resource, Responder, guard};
use std::future::Future;
use std::pin::Pin;
use tokio::runtime::Handle;

/// A path whose methods are being told.
pub struct Path {
    resource: Resource,
    allowed: Vec<Method>,
    runtime: Handle,
    any: bool,
}

/// The path `pattern`, whose handlers run on `runtime`.
pub fn at(pattern: &str, runtime: &Handle) -> Path {
    Path { resource: Resource::new(pattern), allowed: vec![], runtime: runtime.clone(), any: false }
}

/// A handler whose work can move to another thread.
pub trait Work<Args>: Handler<Args, Output: Responder + Send + 'static, Future: Send + 'static> {}

impl<T, Args> Work<Args> for T where T: Handler<Args, Output: Responder + Send + 'static, Future: Send + 'static> {}

impl Path {
    /// GET, and HEAD, to which the server answers without the body.
    pub fn get<Args: FromRequest + 'static>(self, handler: impl Work<Args>) -> Path {
        self.on(Method::GET, handler.clone()).on(Method::HEAD, handler)
    }

    pub fn post<Args: FromRequest + 'static>(self, handler: impl Work<Args>) -> Path {
        self.on(Method::POST, handler)
    }

    /// PATCH, and POST with the header `X-HTTP-Method-Override: PATCH`, because `wx.request` has no PATCH. Source:
    /// <https://developers.weixin.qq.com/miniprogram/dev/api/network/request/wx.request.html>
    pub fn patch<Args: FromRequest + 'static>(mut self, handler: impl Work<Args>) -> Path {
        let instead = Detached { handler: handler.clone(), runtime: self.runtime.clone() };
        let overridden = guard::fn_guard(|context| {
            let method = context.head().headers().get("x-http-method-override");
            method.is_some_and(|method| method.as_bytes().eq_ignore_ascii_case(b"PATCH"))
        });
        self.resource = self.resource.route(post().guard(overridden).to(instead));
        self.on(Method::PATCH, handler)
    }

    pub fn delete<Args: FromRequest + 'static>(self, handler: impl Work<Args>) -> Path {
        self.on(Method::DELETE, handler)
    }

    /// Whatever the method.
    pub fn any<Args: FromRequest + 'static>(mut self, handler: impl Work<Args>) -> Path {
        self.resource = self.resource.route(route().to(Detached { handler, runtime: self.runtime.clone() }));
        self.any = true;
        self
    }

    /// Puts the path into the table; other methods are answered with those that are allowed.
    pub fn mount(self, routes: &mut ServiceConfig) {
        let Path { mut resource, allowed, any, .. } = self;
        if !any {
            resource = resource.default_service(route().to(move || {
                let allow = allowed.clone();
                async move {
                    let mut error = ApiError::new(Code::MethodNotAllowed, "see the Allow header");
                    error.allow = allow;
                    Err::<String, _>(error)
                }
            }));
        }
        routes.service(resource);
    }

    fn on<Args: FromRequest + 'static>(mut self, name: Method, handler: impl Work<Args>) -> Path {
        let handler = Detached { handler, runtime: self.runtime.clone() };
        self.resource = self.resource.route(method(name.clone()).to(handler));
        self.allowed.push(name);
        self
    }
}

#[derive(Clone)]
struct Detached<F> {
    handler: F,
    runtime: Handle,
}

impl<F: Work<Args>, Args> Handler<Args> for Detached<F> {
    type Output = Result<F::Output, ApiError>;
    type Future = Pin<Box<dyn Future<Output = Self::Output>>>;

    fn call(&self, args: Args) -> Self::Future {
        let work = run(&self.runtime, self.handler.call(args));
        Box::pin(work)
    }
}

/// The outcome of `work`, done on `runtime` as a part of the request at hand.
///
/// # Errors
/// It panicked: a defect, answered as one.
pub fn run<T: Send + 'static>(
    runtime: &Handle,
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = Result<T, ApiError>> + 'static {
    let trace = TRACE.try_with(Trace::clone).unwrap_or_else(|_| Trace::from_header(None));
    let task = runtime.spawn(TRACE.scope(trace, work));
    async {
        task.await.map_err(|panic| ApiError::new(Code::Internal, "see the log under this request id").because(panic))
    }
}
