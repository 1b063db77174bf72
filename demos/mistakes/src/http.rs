//! The event is a request, and the answer a response, both in payload format 2.0; or what a mistake puts in its place.
//! Knows `lambda_http`'s reading of requests; the route is `app`'s.

use crate::own::{Instead, TOO_MANY_BYTES};
use axum::Router;
use environment::{Answering, payload};
use lambda_http::{Context, RequestExt, request};
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
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
            None => Ok(payload(response, TOO_MANY_BYTES).await),
        },
        Err(never) => match never {},
    }
}
