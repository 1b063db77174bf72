//! Calls the function behind a route and turns what came of it into an answer.
//! Knows `Lambda::invoke`; nothing of routes, tokens or throttles.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;

use super::response;
use crate::lambda::{InvokeError, Lambda};

/// How long an integration may take unless the template says less; not raisable for HTTP APIs ("Quotas for HTTP APIs").
const TIMEOUT: Duration = Duration::from_secs(30);

/// Calls a function with an event in payload format 2.0 and waits for as long as the integration may take.
pub(super) async fn call(
    function: &str,
    timeout: Option<Duration>,
    lambda: &Lambda,
    event: Bytes,
    trace_id: String,
) -> Response {
    let invocation = lambda.invoke(function, event, trace_id);
    match tokio::time::timeout(timeout.unwrap_or(TIMEOUT), invocation).await {
        Ok(Ok(payload)) => response::read(&payload).unwrap_or_else(super::internal_error),
        Ok(Err(error)) => failed(&error),
        Err(_) => super::message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    }
}

/// What the caller of an HTTP API sees of an invocation without an answer.
fn failed(error: &InvokeError) -> Response {
    match error {
        InvokeError::Building => {
            let mut response = super::message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
            response.headers_mut().insert("x-local-state", HeaderValue::from_static("building"));
            response
        }
        InvokeError::Throttled | InvokeError::Overloaded => {
            super::message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable")
        }
        InvokeError::TooLarge => super::message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
        InvokeError::Reported { .. } | InvokeError::Exited { .. } | InvokeError::TimedOut { .. } => {
            super::internal_error()
        }
    }
}
