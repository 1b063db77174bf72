//! The tower layer around every function: counts the invocation, turns away who went around the distribution, adds the
//! headers every answer carries, writes the log line. Errors, fallbacks and refusals pass through it like any other answer.

use crate::{
    Environment, Invocation, TableUse,
    clock::milliseconds,
    problem::{Problem, ProblemCode},
    timing::server_timing,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use lambda_http::{Context, request::RequestContext};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
    time::Duration,
};
use tower::{Layer, Service};

const ENVIRONMENT_ID: HeaderName = HeaderName::from_static("x-environment-id");
const COLD_START: HeaderName = HeaderName::from_static("x-cold-start");
const CONSUMED_CAPACITY: HeaderName = HeaderName::from_static("x-consumed-capacity");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

/// Who asked, as a few hexadecimal digits of a keyed hash: enough to follow one visitor through a log, too little to be anyone.
/// A function that knows its visitor puts it among the response's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitorTag(pub String);

/// Wraps a service in [`Answering`].
#[derive(Clone, Debug)]
pub struct AnsweringLayer {
    environment: Arc<Environment>,
}

/// A service whose every answer tells which environment gave it and how long it took.
#[derive(Clone, Debug)]
pub struct Answering<S> {
    environment: Arc<Environment>,
    inner: S,
}

impl Environment {
    /// Wraps the whole function, fallbacks included.
    pub fn answering<S>(self, inner: S) -> Answering<S> {
        self.layer().layer(inner)
    }

    /// The same as a tower layer.
    #[must_use]
    pub fn layer(self) -> AnsweringLayer {
        AnsweringLayer { environment: Arc::new(self) }
    }
}

impl<S> Answering<S> {
    /// Counts an invocation that is no request: a function may have other event sources beside HTTP.
    pub fn begin(&self) -> Invocation {
        self.environment.invoke()
    }
}

impl<S> Layer<S> for AnsweringLayer {
    type Service = Answering<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Answering { environment: Arc::clone(&self.environment), inner }
    }
}

impl<S, Q, R> Service<Request<Q>> for Answering<S>
where
    S: Service<Request<Q>, Response = Response<R>>,
    S::Future: Send + 'static,
    R: From<String>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        let invocation = self.environment.invoke();
        let origin = Origin::of(request.extensions());
        // Before anything looks at the request: no body is read, no table is asked.
        let admitted = self.environment.admits(request.headers_mut());
        request.extensions_mut().insert(invocation.clone());
        let answer = admitted.then(|| self.inner.call(request));
        Box::pin(async move {
            let mut response = match answer {
                Some(answer) => answer.await?,
                None => went_around().response(),
            };
            let handler = invocation.elapsed();
            let table = response.extensions().get::<TableUse>().copied();
            describe(response.headers_mut(), &invocation, handler, table);
            origin.log(&response, &invocation, handler, table);
            Ok(response)
        })
    }
}

/// The answer to a request without the distribution's secret.
fn went_around() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "origin_bypassed",
        "이 API는 책의 주소로만 부를 수 있다. 책이 있는 주소 뒤에 /api를 붙여 다시 보낸다.",
    )
}

/// Adds what every answer carries.
fn describe(headers: &mut HeaderMap, invocation: &Invocation, handler: Duration, table: Option<TableUse>) {
    let cold = invocation.is_cold();
    let init = cold.then(|| invocation.environment().init());
    headers.insert(SERVER_TIMING, server_timing(init, handler, table.map(|table| table.db)));
    headers.insert(TIMING_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(COLD_START, HeaderValue::from_static(if cold { "true" } else { "false" }));
    if let Ok(id) = HeaderValue::from_str(invocation.environment().id()) {
        headers.insert(ENVIRONMENT_ID, id);
    }
    // Every call that DynamoDB answers consumes something; nothing counted means nothing is known.
    let units = table.map(|table| table.capacity_units).filter(|units| *units > 0.0);
    let units = units.map(|units| HeaderValue::try_from(units.to_string()));
    if let Some(Ok(units)) = units {
        headers.insert(CONSUMED_CAPACITY, units);
    }
}

/// What Lambda and API Gateway say about a request, kept for the log line.
struct Origin {
    request_id: Option<String>,
    /// The id the caller reads in `apigw-requestid` and API Gateway writes into its access log: what joins the two logs.
    api_request_id: Option<String>,
    route: Option<String>,
}

impl Origin {
    fn of(extensions: &http::Extensions) -> Self {
        let (api_request_id, route) = match extensions.get() {
            Some(RequestContext::ApiGatewayV2(context)) => {
                (context.request_id.clone(), context.route_key.clone())
            }
            _ => (None, None),
        };
        let request_id = extensions.get::<Context>().map(|context| context.request_id.clone());
        Self { request_id, api_request_id, route }
    }

    fn log<R>(
        &self,
        response: &Response<R>,
        invocation: &Invocation,
        handler: Duration,
        table: Option<TableUse>,
    ) {
        let environment = invocation.environment();
        // ANCHOR: log-line
        tracing::info!(
            requestId = self.request_id.as_deref(),
            apiRequestId = self.api_request_id.as_deref(),
            route = self.route.as_deref(),
            status = response.status().as_u16(),
            code = response.extensions().get::<ProblemCode>().map(|code| code.0),
            visitor = response.extensions().get::<VisitorTag>().map(|tag| tag.0.as_str()),
            environment = environment.id(),
            invocation = invocation.number(),
            cold = invocation.is_cold(),
            initMs = invocation.is_cold().then(|| milliseconds(environment.init())),
            handlerMs = milliseconds(handler),
            dbMs = table.map(|table| milliseconds(table.db)),
            capacityUnits = table.map(|table| table.capacity_units).filter(|units| *units > 0.0),
            "answered"
        );
        // ANCHOR_END: log-line
    }
}
