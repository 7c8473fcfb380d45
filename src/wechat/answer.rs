//! What comes back from WeChat, or from what stands before it, read with care.

use super::errcode::WechatError;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// No answer of WeChat's is longer.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// WeChat answers 200 with JSON whatever the content type says; a proxy in between answers with what it likes.
pub(super) async fn read(mut response: reqwest::Response) -> Result<Value, WechatError> {
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| WechatError::Unavailable(Box::new(e.without_url())))? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER_BYTES {
            return Err(WechatError::Unavailable("the answer is too long".into()));
        }
    }
    match serde_json::from_slice::<Value>(&body) {
        Ok(value) if value.is_object() => Ok(value),
        // The parser's error could repeat a part of the body.
        _ => Err(WechatError::Unavailable(format!("status {status} without a JSON object").into())),
    }
}

/// `errcode`, which is a number, in places a text, and absent on success. What is none of these is no code that is known.
pub(super) fn errcode(answer: &Value) -> Option<i64> {
    match answer.get("errcode")? {
        Value::Null => None,
        Value::String(text) => text.parse().ok().or(Some(i64::MIN)),
        number => number.as_i64().or(Some(i64::MIN)),
    }
}

/// The answer as a `T`.
pub(super) fn sensible<T: DeserializeOwned>(answer: Value) -> Result<T, WechatError> {
    // The parser's error could repeat what it read.
    serde_json::from_value(answer).map_err(|_| WechatError::Unavailable("the answer lacks what was asked for".into()))
}
