//! `/openapi.json`, made from the code, and `/docs`, the page that renders it with assets from inside the binary.

use super::table::Table;
use crate::error::{ApiError, Code, Problem, Retry};
use actix_web::guard;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::web::{Data, Html, Json, ServiceConfig, route};
use actix_web::{CustomizeResponder, HttpRequest, Responder, Route};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, ResponseBuilder, Tag};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::SwaggerUi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "weapp-login",
        description = "Signing in to WeChat mini programs in the order that works: the code is exchanged first, and \
                       `wx.getUserInfo` is called after that.\n\nErrors are `application/problem+json`; `code` names the \
                       failure and `retry` tells a client program what to do."
    ),
    components(schemas(Problem, Code, Retry)),
    modifiers(&Security)
)]
struct Api;

/// Errors of every endpoint below `/v1` and `/admin`.
const EVERYWHERE: &[Code] = &[Code::MethodNotAllowed, Code::Internal, Code::StorageUnavailable, Code::Overloaded];

/// The parts of the API in the order in which somebody meets them.
const PARTS: [&str; 5] = ["Signing in", "Session", "The person", "For backends", "Operations"];

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        components.add_security_scheme("basic", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    }
}

/// Adds to an operation the problems it is answered with, by status.
fn add_failures(path: &str, operation: &mut Operation, failures: &[Code]) {
    let mut codes = failures.to_vec();
    if path.starts_with("/v1") || path.starts_with("/admin/") {
        codes.extend(EVERYWHERE);
    }
    codes.sort_by_key(|code| (code.status(), code.name()));
    codes.dedup();
    for same_status in codes.chunk_by(|a, b| a.status() == b.status()) {
        let names: Vec<_> = same_status.iter().map(|code| format!("`{}`", code.name())).collect();
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("Problem")))
            .example(Some(example(same_status[0])))
            .build();
        let response =
            ResponseBuilder::new().description(names.join(", ")).content("application/problem+json", content).build();
        operation.responses.responses.insert(same_status[0].status().as_str().to_owned(), response.into());
    }
}

fn example(code: Code) -> serde_json::Value {
    let error = ApiError::new(code, code.title());
    serde_json::to_value(error.problem("4bf92f3577b34da6a3ce929d0e0e4736")).unwrap_or_default()
}

/// The API as OpenAPI 3.1: every endpoint of `table`.
pub(super) fn described(table: Table) -> Document {
    let mut document = Api::openapi();
    document.tags = Some(PARTS.map(Tag::new).to_vec());
    described_in(document, table)
}

/// `document` with every endpoint of `table`.
pub(super) fn described_in(mut document: Document, table: Table) -> Document {
    table.describe(&mut document, add_failures);
    document
}

/// Show this document.
#[utoipa::path(get, path = "/openapi.json", operation_id = "showDocument", tag = "Operations",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(super) async fn document(document: Data<Document>) -> Result<Json<Data<Document>>, ApiError> {
    Ok(Json(document))
}

/// The page at `/docs` and what it loads, from below `/docs/`.
pub(super) fn mount_page(routes: &mut ServiceConfig) {
    for path in ["/docs", "/docs/", "/docs/index.html"] {
        routes.route(path, read().to(page));
    }
    for (path, media_type, text) in ASSETS {
        routes.route(
            path,
            read().to(move || std::future::ready(text.customize().insert_header((CONTENT_TYPE, media_type)))),
        );
    }
    routes.service(SwaggerUi::new("/docs/{_:.*}"));
}

fn read() -> Route {
    route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// Where WeChat is simulated beside the service: the mini program with which a reader of the page can try everything out.
pub(crate) struct Simulated(pub(crate) String);

/// What the page may load and run: its own assets, the pictures inside its style sheet and the styles that its script sets.
/// Nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/// The page itself, told where its assets are.
const PAGE: &str = include_str!("docs.html");

/// What is ours of its assets: path, media type and text.
const ASSETS: [(&str, &str, &str); 3] = [
    ("/docs/page.css", "text/css; charset=utf-8", include_str!("docs.css")),
    ("/docs/page.js", "text/javascript; charset=utf-8", include_str!("docs.js")),
    ("/docs/icon.svg", "image/svg+xml", include_str!("../playground/assets/icon.svg")),
];

async fn page(request: HttpRequest) -> CustomizeResponder<Html> {
    let app = request.app_data::<Data<Simulated>>().map_or("", |simulated| &simulated.0);
    // A mini program's name is any printable ASCII, which a developer chose.
    let quoted = app.replace('&', "&amp;").replace('"', "&quot;");
    let page = PAGE.replace("{{simulated}}", &quoted);
    Html::new(page).customize().insert_header((CONTENT_SECURITY_POLICY, POLICY))
}
