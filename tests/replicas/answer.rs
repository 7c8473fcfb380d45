//! An answer of the service.

use reqwest::{Response, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// An answer, read whole, and how long it took.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
    pub took: Duration,
}

impl Answer {
    pub async fn of(response: Response) -> Result<Answer, reqwest::Error> {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status, headers, body, took: Duration::ZERO })
    }

    /// A field of the body that is a text.
    pub fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_else(|| panic!("{name} in {self:?}"))
    }

    /// Status, code and advice of a problem.
    pub fn problem(&self) -> (u16, &str, &str) {
        (self.status.as_u16(), self.text("code"), self.text("retry"))
    }

    /// Seconds that the client is asked to wait.
    pub fn retry_after(&self) -> Option<u64> {
        self.headers.get("retry-after").map(|seconds| seconds.to_str().unwrap().parse().unwrap())
    }
}
