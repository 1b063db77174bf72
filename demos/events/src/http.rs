//! The first source: an HTTP API. The event is a request, and the answer becomes a response, both in payload format 2.0.
//! Knows `lambda_http`'s reading of requests; the routes are `app`'s.

use crate::shown;
use axum::Router;
use environment::{Answering, payload};
use lambda_http::{Context, RequestExt, request};
use serde_json::{Value, json};
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
        Ok(response) => payload(response, LONGEST_ANSWER).await,
        Err(never) => match never {},
    }
}
