//! `GET /admin/v1/openapi.json`: the admin API's own document.

use super::operator::Operator;
use crate::error::{ApiError, Code, Problem, Retry};
use actix_web::web::{Data, Json};
use serde::Serialize;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "weapp-login admin",
        description = "Looking after accounts, for a company's own back office: the bearer tokens are those of `ADMIN_TOKENS`. \
                       It is served on `INTERNAL_LISTEN` only. Every call leaves an event with the operator's name; of a \
                       change, `reason` goes with it."
    ),
    components(schemas(Problem, Code, Retry)),
    modifiers(&Security)
)]
struct Api;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// The document before anything is described in it.
pub(super) fn empty() -> Document {
    Api::openapi()
}

/// The admin API as OpenAPI 3.1.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct AdminDocument(pub(super) Document);

/// Show this document.
#[utoipa::path(get, path = "/admin/v1/openapi.json", operation_id = "showAdminDocument", tag = "Operations",
    security(("bearer" = [])), responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(super) async fn show_document(
    _: Operator,
    document: Data<AdminDocument>,
) -> Result<Json<Data<AdminDocument>>, ApiError> {
    Ok(Json(document))
}
