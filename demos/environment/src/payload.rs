//! Answers for functions that take their events as they are: a response written down in payload format 2.0.
//! Knows HTTP and JSON.

use axum::{body::to_bytes, http::header::CONTENT_LENGTH, response::Response};
use serde_json::{Map, Value, json};

/// A response in payload format 2.0 (Amazon API Gateway Developer Guide, "Lambda function response for format 2.0"), its body as
/// text of at most `longest` bytes; a longer one is left out.
pub async fn payload(response: Response, longest: usize) -> Value {
    let (head, body) = response.into_parts();
    let mut headers = Map::new();
    for (name, value) in &head.headers {
        if name != CONTENT_LENGTH
            && let Ok(value) = value.to_str()
        {
            headers.insert(name.to_string(), value.into());
        }
    }
    let body = to_bytes(body, longest).await.unwrap_or_default();
    json!({
        "statusCode": head.status.as_u16(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
        "isBase64Encoded": false,
    })
}
