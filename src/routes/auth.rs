//! `GET /v1/auth`: the answer to a gateway's sub-request.

use super::extract::CurrentUser;
use crate::error::ApiError;
use crate::identity::UnionId;
use crate::session::Session;
use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, Responder};

/// Who it is, in headers for the program behind the gateway.
pub(super) struct Who {
    user_id: String,
    app_id: String,
    openid: String,
    unionid: Option<UnionId>,
    status: StatusCode,
}

/// Tell a gateway who it is.
///
/// For nginx `auth_request`, Traefik `forwardAuth` and others. Envoy's `ext_authz` appends the path that was asked for, keeps
/// the method, and takes only 200 for a yes: every path below answers so. The gateway must drop headers of these names that
/// a client sent.
#[utoipa::path(get, path = "/v1/auth", operation_id = "authenticate", tag = "For backends", security(("bearer" = [])), responses(
    (status = 204, description = "Signed in", headers(
        ("X-User-Id" = String, description = "number of the account"),
        ("X-App-Id" = String, description = "the mini program"),
        ("X-Open-Id" = String, description = "the person in that mini program"),
        ("X-Union-Id" = String, description = "the person in all mini programs of one Open Platform account, if WeChat gives it")))))]
pub(super) async fn auth(CurrentUser { session, .. }: CurrentUser) -> Result<Who, ApiError> {
    Ok(who(session, StatusCode::NO_CONTENT))
}

/// [`auth`] for Envoy.
pub(super) async fn auth_below(CurrentUser { session, .. }: CurrentUser) -> Result<Who, ApiError> {
    Ok(who(session, StatusCode::OK))
}

fn who(session: Session, status: StatusCode) -> Who {
    Who {
        user_id: session.user.id.to_string(),
        app_id: session.identity.app_id.to_string(),
        openid: session.identity.openid.as_str().to_owned(),
        unionid: session.identity.unionid,
        status,
    }
}

impl Responder for Who {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.insert_header(("X-User-Id", self.user_id));
        response.insert_header(("X-App-Id", self.app_id));
        response.insert_header(("X-Open-Id", self.openid));
        if let Some(unionid) = &self.unionid {
            response.insert_header(("X-Union-Id", unionid.as_str()));
        }
        response.finish()
    }
}
