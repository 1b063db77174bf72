//! The event is a request, and the answer a response, both in payload format 2.0; or what a mistake puts in its place.
//! Knows `lambda_http`'s reading of requests; the route is `app`'s.

use crate::own::{Instead, TOO_MANY_BYTES};
use axum::{Router, body::to_bytes, http::header, response::Response};
use environment::Answering;
use lambda_http::{Context, RequestExt, request};
use lambda_runtime::Diagnostic;
use serde_json::{Map, Value, json};
use tower::ServiceExt;

/// Answers a request.
///
/// # Errors
/// Where to fail is the mistake that was asked for.
pub(crate) async fn answer(
    app: &Answering<Router>,
    event: &Value,
    context: Context,
) -> Result<Value, Diagnostic> {
    let Ok(request) = request::from_str(&event.to_string()) else {
        return Ok(json!({"statusCode": 400}));
    };
    match app.clone().oneshot(request.with_lambda_context(context)).await {
        Ok(mut response) => match response.extensions_mut().remove() {
            Some(Instead::Payload(payload)) => Ok(payload),
            Some(Instead::Error(diagnostic)) => Err(diagnostic),
            None => Ok(payload(response).await),
        },
        Err(never) => match never {},
    }
}

/// A response in payload format 2.0. Its body is text: this function has no other.
async fn payload(response: Response) -> Value {
    let (head, body) = response.into_parts();
    let mut headers = Map::new();
    for (name, value) in &head.headers {
        if name != header::CONTENT_LENGTH
            && let Ok(value) = value.to_str()
        {
            headers.insert(name.to_string(), value.into());
        }
    }
    let body = to_bytes(body, TOO_MANY_BYTES).await.unwrap_or_default();
    json!({
        "statusCode": head.status.as_u16(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
        "isBase64Encoded": false,
    })
}
