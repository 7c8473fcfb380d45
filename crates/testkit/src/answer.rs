//! Answers of the service and of the simulated WeChat.

use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use std::time::{Duration, Instant};

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Compares with a number: `answer.status == 200`.
    pub status: StatusCode,
    /// By name in lower case: `answer.headers["retry-after"]`.
    pub headers: HeaderMap,
    /// The body as JSON; as one JSON text where it is none.
    pub body: Value,
    /// The body as it came.
    pub raw: String,
    /// From the request to the last byte.
    pub took: Duration,
}

impl Answer {
    /// Sends `request` and reads the answer to it.
    ///
    /// # Errors
    /// Nobody answers, or the answer breaks off.
    pub async fn to(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let begin = Instant::now();
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let raw = response.text().await?;
        Ok(Answer::new(status, headers, raw, begin.elapsed()))
    }

    pub(crate) fn new(status: StatusCode, headers: HeaderMap, raw: String, took: Duration) -> Answer {
        let body = serde_json::from_str(&raw).unwrap_or_else(|_| Value::String(raw.clone()));
        Answer { status, headers, body, raw, took }
    }

    /// A field of the body that is a text.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_else(|| panic!("{name} in {self:?}"))
    }

    /// Every value of a header.
    ///
    /// # Panics
    /// One is no text.
    #[must_use]
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// Status, code and advice of a problem; its form is checked on the way.
    ///
    /// # Panics
    /// It is no problem, or none that every problem of the service looks like.
    #[must_use]
    pub fn problem(&self) -> (u16, &str, &str) {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], self.status.as_u16(), "{self:?}");
        assert_eq!(self.body["requestId"], self.headers["x-request-id"].to_str().unwrap(), "{self:?}");
        assert!(!self.text("title").is_empty() && !self.text("detail").is_empty() && !self.text("type").is_empty());
        assert_eq!(self.headers.contains_key("retry-after"), self.text("retry") == "later", "{self:?}");
        (self.status.as_u16(), self.text("code"), self.text("retry"))
    }

    /// Seconds that the client is asked to wait.
    ///
    /// # Panics
    /// It is asked for something else than whole seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        self.headers.get("retry-after").map(|seconds| seconds.to_str().unwrap().parse().unwrap())
    }
}
