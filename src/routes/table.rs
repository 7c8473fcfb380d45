//! What the route table is made of. Path and methods of an endpoint stand once, in the attribute that describes it: the
//! server's routes and the API document are both made from there.

use super::endpoint::{Endpoint, Kind};
use crate::error::{ApiError, Code};
use crate::exchange::{Exchange, label};
use crate::telemetry::metrics::Route;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig, method, post, route};
use actix_web::{FromRequest, Handler, HttpRequest, Resource, Responder, guard};
use std::rc::Rc;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{OpenApi, RefOr};

/// What any endpoint may fail with, besides what it names.
const ANYWHERE: &[Code] = &[Code::Internal, Code::Overloaded, Code::StorageUnavailable];

/// Endpoints as they are added.
#[derive(Default)]
pub(super) struct Table {
    /// In the order in which they are looked through, so the frequent ones stand first: a pattern with a variable in it costs
    /// a regular expression each time that it is passed by.
    paths: Vec<Path>,
    operations: Vec<Described>,
}

struct Path {
    pattern: String,
    resource: Resource,
    allowed: Vec<Method>,
    route: Rc<Route>,
}

/// An operation of the API document.
struct Described {
    path: String,
    methods: Vec<HttpMethod>,
    /// The part of the API that it belongs to.
    tags: Vec<String>,
    operation: Operation,
    schemas: Vec<(String, RefOr<Schema>)>,
    failures: &'static [Code],
}

impl Table {
    /// Adds the endpoint that `D` describes, answered by `handler`, which can fail with `failures`.
    ///
    /// `D` is what the attribute above the handler generates beside it: `__path_login` of `login`.
    pub(super) fn add<D, Args>(mut self, handler: impl Answering<Args>, failures: &'static [Code]) -> Table
    where
        D: utoipa::Path + for<'t> utoipa::__dev::Tags<'t> + utoipa::__dev::SchemaReferences,
        Args: FromRequest + 'static,
    {
        let (path, methods) = (D::path(), D::methods());
        for name in &methods {
            let path = self.path(&path);
            path.answer(named(name), &handler);
            for code in failures.iter().chain(ANYWHERE) {
                path.route.foresee(label(&named(name)), code.status().as_u16(), code.name());
            }
        }
        let mut schemas = vec![];
        D::schemas(&mut schemas);
        let tags = D::tags().into_iter().map(str::to_owned).collect();
        self.operations.push(Described { path, methods, tags, operation: D::operation(), schemas, failures });
        self
    }

    /// Adds a path that is answered whatever the method, and is not described.
    pub(super) fn add_any<Args: FromRequest + 'static>(
        mut self,
        pattern: &str,
        handler: impl Answering<Args>,
    ) -> Table {
        let path = self.path(pattern);
        let endpoint = Endpoint::new(handler, Kind::Read, path.route.clone());
        path.change(|resource| resource.route(route().to(endpoint)));
        path.allowed.clear();
        self
    }

    /// Puts everything in its place, and an answer for every other path.
    pub(super) fn mount(self, config: &mut ServiceConfig) {
        self.mount_paths(config);
        config.default_service(route().to(|request: HttpRequest| {
            std::future::ready(Exchange::of(&request).refused(&ApiError::new(Code::NotFound, "no such path")))
        }));
    }

    /// Puts its paths in their places; a method that a path does not have is told those it has.
    pub(super) fn mount_paths(self, config: &mut ServiceConfig) {
        for Path { resource, allowed, route, .. } in self.paths {
            let resource = match allowed.is_empty() {
                true => resource,
                false => resource.default_service(web::route().to(move |request: HttpRequest| {
                    let exchange = Exchange::of(&request);
                    let _ = exchange.route.set(route.clone());
                    let error = ApiError::new(Code::MethodNotAllowed, "see the Allow header").allowing(&allowed);
                    std::future::ready(exchange.refused(&error))
                })),
            };
            config.service(resource);
        }
    }

    /// Describes everything in `document`; `failing` describes what an operation at a path answers with a code.
    pub(super) fn describe(self, document: &mut OpenApi, failing: impl Fn(&str, &mut Operation, &[Code])) {
        for Described { path, methods, tags, mut operation, schemas, failures } in self.operations {
            operation.tags = Some(tags);
            failing(&path, &mut operation, failures);
            document.paths.add_path_operation(path, methods, operation);
            document.components.get_or_insert_default().schemas.extend(schemas);
        }
    }

    fn path(&mut self, pattern: &str) -> &mut Path {
        let at = self.paths.iter().position(|path| path.pattern == pattern).unwrap_or_else(|| {
            self.paths.push(Path {
                pattern: pattern.to_owned(),
                resource: Resource::new(pattern),
                allowed: vec![],
                route: Rc::new(Route::new(pattern.to_owned())),
            });
            self.paths.len() - 1
        });
        &mut self.paths[at]
    }
}

impl Path {
    fn answer<Args: FromRequest + 'static>(&mut self, name: Method, handler: &impl Answering<Args>) {
        let kind = if name == Method::GET { Kind::Read } else { Kind::Write };
        let endpoint = || Endpoint::new(handler.clone(), kind, self.route.clone());
        let mut routes = vec![method(name.clone()).to(endpoint())];
        self.allowed.push(name.clone());
        if name == Method::GET {
            // The server leaves the body out.
            routes.push(method(Method::HEAD).to(endpoint()));
            self.allowed.push(Method::HEAD);
        }
        if name == Method::PATCH {
            routes.push(post().guard(guard::fn_guard(is_patch_by_post)).to(endpoint()));
        }
        self.change(|resource| routes.into_iter().fold(resource, Resource::route));
    }

    fn change(&mut self, change: impl FnOnce(Resource) -> Resource) {
        let resource = std::mem::replace(&mut self.resource, Resource::new(""));
        self.resource = change(resource);
    }
}

/// What answers a request with arguments taken from it.
pub(super) trait Answering<Args>: Handler<Args, Output = Result<Self::Answer, ApiError>> {
    /// What it answers when all is well.
    type Answer: Responder + 'static;
}

impl<F, Args, Answer> Answering<Args> for F
where
    F: Handler<Args, Output = Result<Answer, ApiError>>,
    Answer: Responder + 'static,
{
    type Answer = Answer;
}

/// `wx.request` has no PATCH, so it is also POST with the header `X-HTTP-Method-Override: PATCH`. Source:
/// <https://developers.weixin.qq.com/miniprogram/dev/api/network/request/wx.request.html>
fn is_patch_by_post(context: &guard::GuardContext<'_>) -> bool {
    let method = context.head().headers().get("x-http-method-override");
    method.is_some_and(|method| method.as_bytes().eq_ignore_ascii_case(b"PATCH"))
}

fn named(name: &HttpMethod) -> Method {
    match name {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    }
}
