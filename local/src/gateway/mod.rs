//! API Gateway on one machine: an HTTP API whose routes, authorizers, throttles and CORS come from template.yaml.
//! Knows the template's `Api`, the issuer's public keys, `Lambda::invoke` and SQS; knows no function's types.

mod authorizer;
mod cors;
mod event;
mod integration;
mod parameter;
mod response;
mod routing;
mod send_message;
pub mod throttle;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use time::OffsetDateTime;

use crate::cognito::Issuer;
use crate::events::sqs::Sqs;
use crate::lambda::Lambda;
use template::{Api, Integration};
use throttle::Throttles;

/// Payload limit of an HTTP API: 10 MB ("Quotas for HTTP APIs").
const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// Request line and headers together: 10,240 bytes ("Quotas for HTTP APIs").
const HEADERS_LIMIT: usize = 10_240;

/// An HTTP API in front of Lambda.
#[derive(Debug)]
struct Gateway {
    api: Api,
    throttles: Throttles,
    lambda: Lambda,
    sqs: Arc<Sqs>,
    issuer: Option<Issuer>,
}

/// The API as a router that takes every request it is given, whatever its path. `issuer`: whose tokens its authorizers take.
pub fn router(api: Api, lambda: Lambda, sqs: Arc<Sqs>, issuer: Option<Issuer>) -> Router {
    let throttles = Throttles::new(&api, Instant::now());
    Router::new().fallback(answer).with_state(Arc::new(Gateway { api, throttles, lambda, sqs, issuer }))
}

async fn answer(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(caller): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let request_id = uuid::Uuid::new_v4().to_string();
    let headers = gateway.api.cors.is_some().then(|| request.headers().clone());
    let mut response = gateway.route(request, caller, &request_id).await;
    if let (Some(cors), Some(sent)) = (&gateway.api.cors, &headers) {
        cors::decorate(cors, sent, response.headers_mut());
    }
    if let Ok(id) = HeaderValue::try_from(request_id) {
        response.headers_mut().insert("apigw-requestid", id);
    }
    response
}

impl Gateway {
    async fn route(&self, request: Request, caller: SocketAddr, request_id: &str) -> Response {
        let (parts, body) = request.into_parts();
        if let Some(cors) = &self.api.cors
            && let Some(answer) = cors::preflight(cors, &parts.method, &parts.headers)
        {
            return answer;
        }
        if size(&parts.headers) + parts.uri.path().len() + parts.uri.query().map_or(0, str::len)
            > HEADERS_LIMIT
        {
            return message(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large");
        }
        let Some(found) = routing::find(&self.api.routes, parts.method.as_str(), parts.uri.path()) else {
            return message(StatusCode::NOT_FOUND, "Not Found");
        };
        if !self.throttles.take(found.index, Instant::now()) {
            return message(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests");
        }
        let arrived = OffsetDateTime::now_utc();
        let identity = match &found.route.authorization {
            None => None,
            Some(rule) => {
                let now = arrived.unix_timestamp();
                match authorizer::authorize(rule, self.issuer.as_ref(), &parts.headers, now).await {
                    Ok(identity) => Some(identity),
                    Err(denied) => return denied.into_response(),
                }
            }
        };
        let body = match read(body).await {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        let function = match &found.route.integration {
            Integration::Function(name) => name,
            Integration::SendMessage(send) => {
                return send_message::call(&self.sqs, send, &parts, &found, &body);
            }
        };
        let trace_id = trace_id(arrived);
        let context = event::Context {
            api_id: &self.api.id,
            source_ip: caller.ip(),
            request_id,
            trace_id: &trace_id,
            arrived,
            identity: identity.as_ref(),
        };
        let Ok(event) = event::build(&parts, &body, &found, &context) else { return internal_error() };
        integration::call(function, found.route.timeout, &self.lambda, event.into(), trace_id).await
    }
}

/// `{"message":"…"}`, the body of every error API Gateway makes itself.
fn message(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(serde_json::json!({ "message": text }))).into_response()
}

fn internal_error() -> Response {
    message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

async fn read(body: Body) -> Result<Bytes, Response> {
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"))
        }
        Err(_) => Err(message(StatusCode::BAD_REQUEST, "Bad Request")),
    }
}

fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum()
}

/// `Root=1-8 hex-24 hex` (AWS X-Ray Developer Guide, "Tracing header").
fn trace_id(at: OffsetDateTime) -> String {
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("Root=1-{:08x}-{}", at.unix_timestamp(), &random[..24])
}
