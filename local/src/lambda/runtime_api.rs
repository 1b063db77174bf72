//! The Lambda Runtime API, version 2018-06-01, spoken to the functions' processes.
//! Knows HTTP and the functions by name; every environment has a secret base path, or a port, of its own.
//!
//! Contract: AWS Lambda Developer Guide, "Using the Lambda runtime API", and its OpenAPI file.

mod body;
mod refusal;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::environment::{Event, ReportedError, Token};
use super::function::{Function, Refused};
use super::invocation::{Answer, InvokeError};
use refusal::Refusal;

/// All functions by name.
pub type Functions = Arc<BTreeMap<String, Arc<Function>>>;

const REQUEST_ID: HeaderName = HeaderName::from_static("lambda-runtime-aws-request-id");
const DEADLINE: HeaderName = HeaderName::from_static("lambda-runtime-deadline-ms");
const ARN: HeaderName = HeaderName::from_static("lambda-runtime-invoked-function-arn");
const TRACE: HeaderName = HeaderName::from_static("lambda-runtime-trace-id");
const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const RESPONSE_MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A poll of an environment that is being ended is held open: the Rust runtime panics on an answer without a request id. The
/// end takes milliseconds; whoever polls longer is no environment.
const UNTIL_ENDED: Duration = Duration::from_secs(10);

/// The Runtime API of all environments with a base path: `/{function}/{token}/2018-06-01/…`.
pub fn router(functions: Functions) -> Router {
    Router::new().fallback(by_path).with_state(functions)
}

async fn by_path(State(functions): State<Functions>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let caller = || {
        let (name, rest) = parts.uri.path().strip_prefix('/')?.split_once('/')?;
        let (token, _) = rest.split_once('/')?;
        Some((functions.get(name)?, Token::try_parse(token).ok()?, rest.get(token.len()..)?))
    };
    match caller() {
        Some((function, token, path)) => answer(function, token, &parts, path, body).await,
        None => Refusal::Unknown.into_response(),
    }
}

/// Answers a request of the environment with this token. `path` is what follows its base path.
pub async fn answer(
    function: &Arc<Function>,
    token: Token,
    parts: &Parts,
    path: &str,
    body: Body,
) -> Response {
    let Some(call) = path.strip_prefix("/2018-06-01") else {
        return refusal::unsupported(path).into_response();
    };
    let (get, post) = (parts.method == Method::GET, parts.method == Method::POST);
    if let Some(invocation) = call.strip_prefix("/runtime/invocation/") {
        return match invocation.split_once('/') {
            None if get && invocation == "next" => next(function, token).await,
            Some((id, "response")) if post => response(function, token, id, &parts.headers, body).await,
            Some((id, "error")) if post => error(function, token, id, &parts.headers, body).await,
            _ => Refusal::NoSuchCall.into_response(),
        };
    }
    match call {
        "/runtime/init/error" if post => init_error(function, token, &parts.headers, body).await,
        "/ping" if get => "pong".into_response(),
        _ => refusal::unsupported(path).into_response(),
    }
}

async fn next(function: &Arc<Function>, token: Token) -> Response {
    let Event { request_id, trace, body, deadline_ms } = match function.next(token).await {
        Ok(event) => event,
        Err(refused) => {
            if refused == Refused::Unknown {
                tokio::time::sleep(UNTIL_ENDED).await;
            }
            return Refusal::from(refused).into_response();
        }
    };
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, JSON);
    let value = |text: &str| HeaderValue::from_str(text);
    // UUIDs, numbers and names of a template: they are all text that a header takes.
    for (name, value) in [
        (REQUEST_ID, value(&request_id)),
        (DEADLINE, value(&deadline_ms.to_string())),
        (ARN, HeaderValue::from_maybe_shared(function.arn.clone())),
        (TRACE, value(&trace)),
    ] {
        if let Ok(value) = value {
            headers.insert(name, value);
        }
    }
    response
}

async fn response(
    function: &Arc<Function>,
    token: Token,
    id: &str,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    if headers.contains_key(RESPONSE_MODE) {
        return respond(function, token, id, Err(Refusal::ResponseMode)).await;
    }
    respond(function, token, id, body::read(body).await).await
}

/// An answer that cannot be taken ends the invocation all the same.
async fn respond(
    function: &Arc<Function>,
    token: Token,
    id: &str,
    answer: Result<Bytes, Refusal>,
) -> Response {
    let (answer, accepted): (Answer, _) = match answer {
        Ok(body) => (Ok(body), accepted()),
        Err(refusal) => {
            let (error_type, message) = refusal.as_error();
            (Err(InvokeError::Reported { error_type, message }), refusal.into_response())
        }
    };
    match function.respond(token, id, answer).await {
        Ok(()) => accepted,
        Err(refused) => Refusal::from(refused).into_response(),
    }
}

async fn error(
    function: &Arc<Function>,
    token: Token,
    id: &str,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    let ReportedError { error_type, message } = body::error(headers.get(ERROR_TYPE), body).await;
    match function.respond(token, id, Err(InvokeError::Reported { error_type, message })).await {
        Ok(()) => accepted(),
        Err(refused) => Refusal::from(refused).into_response(),
    }
}

/// The process must exit after this call; its exit is what the pool acts on.
async fn init_error(function: &Arc<Function>, token: Token, headers: &HeaderMap, body: Body) -> Response {
    let error = body::error(headers.get(ERROR_TYPE), body).await;
    match function.init_error(token, error) {
        Ok(()) => accepted(),
        Err(refused) => Refusal::from(refused).into_response(),
    }
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, [(header::CONTENT_TYPE, JSON)], r#"{"status":"OK"}"#).into_response()
}
