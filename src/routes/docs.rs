//! `/openapi.json`, made from the code, and `/docs`, the page that renders it with assets from inside the binary.

use super::{auth, health, introspect, login, me, open_data, phone, register, session, sessions};
use crate::error::{ApiError, Code, Problem, Retry};
use actix_web::web::{Html, Json, ServiceConfig, get};
use std::sync::{Arc, OnceLock};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::{Config, SwaggerUi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "weapp-login",
        description = "Signing in to WeChat mini programs in the order that works: the code is exchanged first, and \
                       `wx.getUserInfo` is called after that.\n\nErrors are `application/problem+json`; `code` names the \
                       failure and `retry` tells a client program what to do."
    ),
    paths(
        login::login, register::register,
        session::show, session::close, sessions::list, sessions::close_one, sessions::close_all,
        auth::auth, introspect::introspect,
        me::show, me::update, me::erase, phone::bind, open_data::open,
        health::alive, health::ready, health::metrics, document,
    ),
    components(schemas(Problem, Code, Retry)),
    modifiers(&Security, &Failures)
)]
struct Api;

/// Errors that an operation of the document can be answered with, by the begin of its path.
const FAILURES: &[(&str, &[Code])] = &[
    (
        "/v1/login",
        &[
            Code::CodeInvalid,
            Code::CodeUsed,
            Code::BlockedByWechat,
            Code::UserSuspended,
            Code::WechatRejected,
            Code::WechatQuotaExhausted,
            Code::WechatUnavailable,
            Code::RateLimited,
            Code::InvalidRequest,
            Code::PayloadTooLarge,
        ],
    ),
    (
        "/v1/register",
        &[
            Code::TicketInvalid,
            Code::SignatureMismatch,
            Code::DecryptionFailed,
            Code::WatermarkMismatch,
            Code::IdentityMismatch,
            Code::DataStale,
            Code::UserSuspended,
            Code::RateLimited,
            Code::InvalidRequest,
            Code::PayloadTooLarge,
        ],
    ),
    ("/v1/session", &[Code::SessionInvalid]),
    ("/v1/sessions/{id}", &[Code::NotFound]),
    ("/v1/auth", &[Code::SessionInvalid]),
    ("/v1/introspect", &[Code::InvalidClient, Code::InvalidRequest, Code::RateLimited, Code::PayloadTooLarge]),
    ("/v1/me", &[Code::SessionInvalid, Code::InvalidRequest, Code::PayloadTooLarge]),
    (
        "/v1/me/phone",
        &[
            Code::CodeInvalid,
            Code::CodeUsed,
            Code::DecryptionFailed,
            Code::WatermarkMismatch,
            Code::DataStale,
            Code::WechatRejected,
            Code::WechatQuotaExhausted,
            Code::WechatUnavailable,
            Code::RateLimited,
        ],
    ),
    (
        "/v1/open-data",
        &[
            Code::SessionInvalid,
            Code::InvalidRequest,
            Code::PayloadTooLarge,
            Code::SignatureMismatch,
            Code::DecryptionFailed,
            Code::WatermarkMismatch,
            Code::IdentityMismatch,
            Code::DataStale,
        ],
    ),
    ("/readyz", &[Code::StorageUnavailable, Code::Overloaded]),
];

/// Errors of every endpoint below `/v1`.
const EVERYWHERE: &[Code] = &[Code::MethodNotAllowed, Code::Internal, Code::StorageUnavailable, Code::Overloaded];

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        components.add_security_scheme("basic", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    }
}

struct Failures;

impl Modify for Failures {
    fn modify(&self, document: &mut Document) {
        for (path, item) in &mut document.paths.paths {
            let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                let mut codes: Vec<Code> = FAILURES
                    .iter()
                    .filter(|(begin, _)| path.starts_with(begin))
                    .flat_map(|(_, codes)| codes.iter().copied())
                    .collect();
                if path.starts_with("/v1") {
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
                    let response = ResponseBuilder::new()
                        .description(names.join(", "))
                        .content("application/problem+json", content)
                        .build();
                    let status = same_status[0].status().as_str().to_owned();
                    operation.responses.responses.insert(status, response.into());
                }
            }
        }
    }
}

fn example(code: Code) -> serde_json::Value {
    let error = ApiError::new(code, code.title());
    serde_json::to_value(error.problem("4bf92f3577b34da6a3ce929d0e0e4736")).unwrap_or_default()
}

/// The API as OpenAPI 3.1.
pub fn api() -> &'static Document {
    static API: OnceLock<Document> = OnceLock::new();
    API.get_or_init(Api::openapi)
}

/// Show this document.
#[utoipa::path(get, path = "/openapi.json", tag = "Operations",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub async fn document() -> Json<&'static Document> {
    Json(api())
}

/// The page at `/docs` and what it loads, from below `/docs/`.
pub fn mount_page(routes: &mut ServiceConfig) {
    // Left alone, the page would have another host validate the document.
    let config = Config::new(["/openapi.json"]).validator_url("none");
    routes.route("/docs", get().to(page));
    routes.service(SwaggerUi::new("/docs/{_:.*}").config(config));
}

/// The page itself, told where its assets are.
async fn page() -> Result<Html, ApiError> {
    let file = utoipa_swagger_ui::serve("index.html", Arc::new(Config::new(["/openapi.json"])));
    let file = file.ok().flatten().ok_or_else(|| ApiError::new(Code::NotFound, "no such path"))?;
    let page = String::from_utf8_lossy(&file.bytes).replacen("<head>", "<head><base href=\"/docs/\">", 1);
    Ok(Html::new(page))
}
