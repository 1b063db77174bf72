//! The first source: an HTTP API. The event is a request, and the answer becomes a response, both in payload format 2.0.
//! Knows `lambda_http`'s reading of requests; the routes are `app`'s.

use crate::shown;
use axum::{Router, body::to_bytes, http::header, response::Response};
use environment::Answering;
use lambda_http::{Context, RequestExt, request};
use serde_json::{Map, Value, json};
use tower::ServiceExt;

/// The event of a request, as it is kept; among the request's extensions.
#[derive(Clone)]
pub struct Received(pub Value);

/// More than any answer of this function has.
const LONGEST_ANSWER: usize = 1 << 20;

/// Answers a request.
pub async fn answer(app: &Answering<Router>, event: Value, context: Context) -> Value {
    let kept = shown::request(&event);
    let Ok(request) = request::from_str(&event.to_string()) else {
        return json!({"statusCode": 400});
    };
    let mut request = request.with_lambda_context(context);
    request.extensions_mut().insert(Received(kept));
    match app.clone().oneshot(request).await {
        Ok(response) => payload(response).await,
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
    let body = to_bytes(body, LONGEST_ANSWER).await.unwrap_or_default();
    json!({
        "statusCode": head.status.as_u16(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
        "isBase64Encoded": false,
    })
}
