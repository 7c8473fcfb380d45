//! A failure on its way to the client, and the document that it becomes.

use super::code::{Code, Retry};
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// A failure on its way to the client.
///
/// `detail` is for whoever writes the client; `cause` is logged once and never sent.
#[derive(Debug)]
pub struct ApiError {
    /// The row of the error table.
    pub code: Code,
    /// What is wrong here, for whoever writes the client.
    pub detail: Cow<'static, str>,
    /// What a client program should do.
    pub retry: Retry,
    /// When the same may be tried again.
    pub retry_after: Option<Duration>,
    /// Methods for the `Allow` header.
    pub allow: Vec<Method>,
    /// What the `WWW-Authenticate` header asks for.
    pub challenge: Option<&'static str>,
    /// What lies behind it; never sent.
    pub cause: Option<Box<dyn Error + Send + Sync>>,
}

impl ApiError {
    /// A failure of this row, with the row's advice.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> ApiError {
        let retry_after = (code.retry() == Retry::Later).then_some(Duration::from_secs(1));
        let challenge = match code {
            Code::SessionInvalid => Some("Bearer"),
            Code::InvalidClient => Some("Basic realm=\"introspection\""),
            _ => None,
        };
        ApiError {
            code,
            detail: detail.into(),
            retry: code.retry(),
            retry_after,
            allow: vec![],
            challenge,
            cause: None,
        }
    }

    /// The request cannot be used, and why.
    pub fn invalid(detail: impl Into<Cow<'static, str>>) -> ApiError {
        ApiError::new(Code::InvalidRequest, detail)
    }

    /// The one answer to every bearer token that leads nowhere, whatever the reason.
    pub fn no_session() -> ApiError {
        ApiError::new(Code::SessionInvalid, "the token is missing, unknown, expired or revoked")
    }

    /// Keeps what lies behind it for the log.
    pub fn because(self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> ApiError {
        ApiError { cause: Some(cause.into()), ..self }
    }

    /// Other advice than the row's.
    pub fn with_retry(self, retry: Retry) -> ApiError {
        ApiError { retry, ..self }
    }

    /// To be tried again after `wait`.
    pub fn after(self, wait: Duration) -> ApiError {
        ApiError { retry_after: Some(wait), ..self }
    }

    /// Asks for other credentials than the row does.
    #[must_use]
    pub fn challenging(self, challenge: &'static str) -> ApiError {
        ApiError { challenge: Some(challenge), ..self }
    }

    /// Names the methods that a path has.
    #[must_use]
    pub fn allowing(self, methods: &[Method]) -> ApiError {
        ApiError { allow: methods.to_vec(), ..self }
    }

    /// The document for the client.
    pub fn problem<'a>(&'a self, request_id: &'a str) -> Problem<'a> {
        Problem {
            r#type: format!("about:blank#{}", self.code.name()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: &self.detail,
            code: self.code,
            retry: self.retry,
            request_id,
        }
    }

    /// The answer for the client, with the headers that go with it.
    pub fn response(&self, request_id: &str) -> HttpResponse {
        let mut response = HttpResponse::build(self.code.status());
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(wait) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, wait.as_millis().div_ceil(1000).max(1).to_string()));
        }
        if let Some(challenge) = self.challenge {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        if !self.allow.is_empty() {
            let methods: Vec<_> = self.allow.iter().map(Method::as_str).collect();
            response.insert_header((header::ALLOW, methods.join(", ")));
        }
        response.json(self.problem(request_id))
    }
}

/// RFC 9457 problem details, with `code`, `retry` and `requestId` besides.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem<'a> {
    /// A name for the kind of problem, which leads nowhere.
    #[schema(example = "about:blank#ticket_invalid")]
    pub r#type: String,
    /// The same for every problem with this code.
    pub title: &'a str,
    /// The status of the answer, once more.
    #[schema(example = 410)]
    pub status: u16,
    /// What is wrong here, for whoever writes the client.
    pub detail: &'a str,
    /// The row of the error table.
    pub code: Code,
    /// What a client program should do.
    pub retry: Retry,
    /// Under which the log has more.
    #[schema(example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    pub request_id: &'a str,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.detail)
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.response("")
    }
}
