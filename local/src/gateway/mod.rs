//! API Gateway on one machine: an HTTP API whose routes, authorizers, throttles, CORS and access log come from template.yaml.
//! Knows the template's `Api`, `Lambda::invoke` and SQS; knows no function's types and asks issuers for keys as anybody would.

mod access_log;
mod arrival;
mod authorizer;
mod body;
mod cors;
mod event;
mod integration;
mod parameter;
mod path;
mod progress;
mod refusal;
mod response;
mod routing;
mod send_message;
pub mod telemetry;
pub mod throttle;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use self::arrival::Arrival;
use self::authorizer::Authorizers;
use self::progress::{Passage, Progress};
use self::refusal::Refusal;
use self::telemetry::Telemetry;
use crate::events::sqs::Sqs;
use crate::lambda::Lambda;
use template::{Api, Authorization, Integration};
use throttle::Throttles;

/// Request line and header values together: 10,240 bytes ("Quotas for HTTP APIs").
const HEAD_LIMIT: usize = 10_240;

/// An HTTP API in front of Lambda. Clones are one API.
#[derive(Debug, Clone)]
pub struct HttpApi(Arc<Gateway>);

#[derive(Debug)]
struct Gateway {
    api: Api,
    routes: routing::Table,
    throttles: Throttles,
    authorizers: Authorizers,
    lambda: Lambda,
    sqs: Arc<Sqs>,
    telemetry: Telemetry,
}

impl HttpApi {
    /// The API of a template; its buckets are full.
    pub fn new(api: Api, lambda: Lambda, sqs: Arc<Sqs>) -> Self {
        let routes = routing::Table::new(&api.routes);
        let throttles = Throttles::new(&api, Instant::now());
        let authorizers = Authorizers::new(&api);
        let telemetry = Telemetry::default();
        Self(Arc::new(Gateway { api, routes, throttles, authorizers, lambda, sqs, telemetry }))
    }

    /// Answers a request, whatever its path.
    pub async fn answer(&self, request: Request, caller: SocketAddr) -> Response {
        let gateway = &*self.0;
        let (parts, mut body) = request.into_parts();
        let mut passage = Passage {
            api: &gateway.api,
            telemetry: &gateway.telemetry,
            arrival: Arrival::new(parts, caller.ip()),
            progress: Progress::default(),
        };
        let response = gateway.respond(&passage.arrival, &mut passage.progress, &mut body).await;
        body::drain(body, &passage.arrival.parts.headers);
        let sent = response.body().size_hint().exact().unwrap_or_default();
        passage.progress.answered = Some((response.status().as_u16(), sent));
        response
    }

    /// The API as a router that takes every request it is given, whatever its path.
    pub fn router(&self) -> Router {
        let answer = |State(api): State<Self>,
                      ConnectInfo(caller): ConnectInfo<SocketAddr>,
                      request: Request| async move { api.answer(request, caller).await };
        Router::new().fallback(answer).with_state(self.clone())
    }

    /// The live feed of its requests.
    pub fn telemetry(&self) -> Telemetry {
        self.0.telemetry.clone()
    }
}

impl Gateway {
    /// The answer as it goes out.
    async fn respond(&self, arrival: &Arrival, progress: &mut Progress, body: &mut Body) -> Response {
        let cors = self.api.cors.as_ref();
        let preflight = cors.filter(|_| cors::is_preflight(&arrival.parts));
        let answer = match preflight {
            Some(cors) => self.preflight(cors, arrival, progress).await,
            None => self.route(arrival, progress, body).await,
        };
        let is_decorated = preflight.is_some() && answer.is_ok();
        let mut response = answer.unwrap_or_else(|refusal| {
            progress.refusal = Some(refusal);
            refusal.into_response()
        });
        let headers = response.headers_mut();
        if let Some(cors) = cors.filter(|_| !is_decorated) {
            cors::decorate(cors, &arrival.parts.headers, headers);
        }
        if let Ok(id) = HeaderValue::try_from(arrival.id.as_str()) {
            headers.insert("apigw-requestid", id);
        }
        response
    }

    /// A preflight is answered by the gateway itself, on any path. But where `ANY` or `$default` takes it and has an authorizer,
    /// that is asked first, and a browser sends no token with a preflight: the guide's "special considerations".
    async fn preflight(
        &self,
        cors: &template::Cors,
        arrival: &Arrival,
        progress: &mut Progress,
    ) -> Result<Response, Refusal> {
        check_head(&arrival.parts)?;
        let path = path::decode(arrival.parts.uri.path()).map_err(|_| Refusal::BadRequest)?;
        if let Some(found) = self.routes.find(arrival.parts.method.as_str(), &path) {
            progress.route = Some(found.index);
            if let Some(rule) = &self.api.routes[found.index].authorization {
                self.authorize(rule, arrival, progress).await?;
            }
        }
        Ok(cors::preflight(cors, &arrival.parts.headers))
    }

    /// The way of every other request: route, bucket, authorizer, body, integration.
    async fn route(
        &self,
        arrival: &Arrival,
        progress: &mut Progress,
        body: &mut Body,
    ) -> Result<Response, Refusal> {
        check_head(&arrival.parts)?;
        let path = path::decode(arrival.parts.uri.path()).map_err(|_| Refusal::BadRequest)?;
        let found = self.routes.find(arrival.parts.method.as_str(), &path).ok_or(Refusal::NotFound)?;
        progress.route = Some(found.index);
        if !self.throttles.take(found.index, Instant::now()) {
            return Err(Refusal::TooManyRequests);
        }
        let route = &self.api.routes[found.index];
        if let Some(rule) = &route.authorization {
            self.authorize(rule, arrival, progress).await?;
        }
        let body = body::read(body, body::PATIENCE).await?;
        progress.received = body.len();
        let function = match &route.integration {
            Integration::Function(name) => name,
            Integration::SendMessage(send) => {
                let request = parameter::Request {
                    parts: &arrival.parts,
                    path: &path,
                    variables: &found.variables,
                    body: &body,
                };
                return send_message::call(&self.sqs, send, &request, arrival, progress);
            }
        };
        let context = event::Context {
            api: &self.api,
            route,
            path: &path,
            variables: &found.variables,
            identity: progress.identity.as_ref(),
        };
        let event = event::build(arrival, &body, &context).map_err(|_| Refusal::InternalError)?;
        integration::call(function, route.timeout, &self.lambda, event.into(), arrival, progress).await
    }

    async fn authorize(
        &self,
        rule: &Authorization,
        arrival: &Arrival,
        progress: &mut Progress,
    ) -> Result<(), Refusal> {
        let now = arrival.at.unix_timestamp();
        match self.authorizers.authorize(rule, &arrival.parts, now).await {
            Ok(identity) => {
                progress.identity = Some(identity);
                progress.authorized = Some(arrival.elapsed_ms());
                Ok(())
            }
            Err(denied) => {
                progress.authorizer_error = Some(denied.error());
                Err(denied.refusal())
            }
        }
    }
}

/// The quota names the request line and the values of headers, not their names.
fn check_head(parts: &Parts) -> Result<(), Refusal> {
    let target = parts.uri.path_and_query().map_or(1, |target| target.as_str().len());
    let line = parts.method.as_str().len() + " ".len() + target + " HTTP/1.1\r\n".len();
    let values: usize = parts.headers.values().map(HeaderValue::len).sum();
    if line + values > HEAD_LIMIT { Err(Refusal::HeadersTooLarge) } else { Ok(()) }
}
