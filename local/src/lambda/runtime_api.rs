//! The Lambda Runtime API, version 2018-06-01, spoken to the functions' processes.
//! Knows HTTP and the functions by name; every environment has a secret base path of its own.
//!
//! Contract: AWS Lambda Developer Guide, "Using the Lambda runtime API", and its OpenAPI file.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;

use super::function::{Function, Refused};
use super::invocation::{InvokeError, PAYLOAD_LIMIT};
use template::{ACCOUNT, REGION};

/// All functions by name.
pub type Functions = Arc<BTreeMap<String, Arc<Function>>>;

/// The Runtime API of all environments: `/{function}/{token}/2018-06-01/…`.
pub fn router(functions: Functions) -> Router {
    const BASE: &str = "/{function}/{token}/2018-06-01/runtime";
    Router::new()
        .route(&format!("{BASE}/invocation/next"), get(next))
        .route(&format!("{BASE}/invocation/{{id}}/response"), post(response))
        .route(&format!("{BASE}/invocation/{{id}}/error"), post(error))
        .route(&format!("{BASE}/init/error"), post(init_error))
        .with_state(functions)
}

async fn next(State(functions): State<Functions>, Path((name, token)): Path<(String, String)>) -> Response {
    let Some(function) = functions.get(&name) else { return refuse(&Refused::Unknown) };
    let event = match function.next(&token).await {
        Ok(event) => event,
        // The Rust runtime panics on any answer without a request id; an environment that is being ended must never get one.
        Err(Refused::Unknown) => std::future::pending().await,
        Err(refused) => return refuse(&refused),
    };
    let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}");
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", &event.id.request_id),
        ("lambda-runtime-deadline-ms", &event.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", &arn),
        ("lambda-runtime-trace-id", &event.id.trace_id),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    (headers, event.body).into_response()
}

async fn response(
    State(functions): State<Functions>,
    Path((name, token, id)): Path<(String, String, String)>,
    body: Body,
) -> Response {
    let Some(function) = functions.get(&name) else { return refuse(&Refused::Unknown) };
    let (answer, accepted) = match read(body).await {
        Ok(body) => (Ok(body), accepted()),
        Err(refusal) => {
            let error_type = "Function.ResponseSizeTooLarge".to_owned();
            (Err(InvokeError::Reported { error_type }), refusal)
        }
    };
    match function.respond(&token, &id, answer).await {
        Ok(()) => accepted,
        Err(refused) => refuse(&refused),
    }
}

/// What a runtime posts when a handler fails.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReportedError {
    error_type: String,
}

async fn error(
    State(functions): State<Functions>,
    Path((name, token, id)): Path<(String, String, String)>,
    body: Body,
) -> Response {
    let Some(function) = functions.get(&name) else { return refuse(&Refused::Unknown) };
    let reported = match read(body).await {
        Ok(body) => serde_json::from_slice::<ReportedError>(&body).ok(),
        Err(_) => None,
    };
    let error_type =
        reported.map_or_else(|| "Runtime.UnknownReason".to_owned(), |reported| reported.error_type);
    match function.respond(&token, &id, Err(InvokeError::Reported { error_type })).await {
        Ok(()) => accepted(),
        Err(refused) => refuse(&refused),
    }
}

/// The process must exit after this call; its exit is what the pool acts on.
async fn init_error(State(functions): State<Functions>, Path((name, _)): Path<(String, String)>) -> Response {
    if functions.contains_key(&name) { accepted() } else { refuse(&Refused::Unknown) }
}

async fn read(body: Body) -> Result<Bytes, Response> {
    match Limited::new(body, PAYLOAD_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(failure(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            "Exceeded maximum allowed payload size (6291556 bytes).",
        )),
        Err(_) => Err(failure(StatusCode::BAD_REQUEST, "TruncatedHTTPRequest", "The body ended too early")),
    }
}

fn accepted() -> Response {
    let json = HeaderValue::from_static("application/json");
    (StatusCode::ACCEPTED, [("content-type", json)], r#"{"status":"OK"}"#).into_response()
}

fn refuse(refused: &Refused) -> Response {
    match refused {
        Refused::Unknown => {
            failure(StatusCode::FORBIDDEN, "UnknownEnvironment", "No environment has this address")
        }
        Refused::InvalidStateTransition => {
            failure(StatusCode::FORBIDDEN, "InvalidStateTransition", "State transition is not allowed")
        }
        Refused::InvalidRequestId => failure(
            StatusCode::BAD_REQUEST,
            "InvalidRequestID",
            "Not the invocation at hand, or answered already",
        ),
    }
}

fn failure(status: StatusCode, error_type: &str, message: &str) -> Response {
    let body = serde_json::json!({ "errorMessage": message, "errorType": error_type });
    (status, axum::Json(body)).into_response()
}
