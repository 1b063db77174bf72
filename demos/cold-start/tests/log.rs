//! What a caller wrote never stands in the log, whatever it was.

#![allow(clippy::unwrap_used)]

use axum::{body::Body, http::Request};
use cold_start::{Preparation, app};
use environment::Birth;
use lambda_http::{aws_lambda_events::apigw::ApiGatewayV2httpRequestContext, request::RequestContext};
use serde_json::Value;
use std::{
    io,
    sync::{Arc, Mutex},
};
use tower::ServiceExt;
use tracing::level_filters::LevelFilter;

/// The log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_is_json_and_tells_nothing_a_visitor_wrote() {
    let log = Log::default();
    let writer = log.clone();
    let lines = environment::log::lines(LevelFilter::TRACE, move || writer.clone());
    tracing::subscriber::set_global_default(lines).unwrap();
    let function = Birth::now().complete().unwrap().answering(app(Preparation::named("none").unwrap()));
    let mut sent = 0;
    for path in [
        "/api/cold-start/plain-128",
        "/api/cold-start/plain-128?work=canary",
        "/api/cold-start/plain-128?canary=1",
        "/api/cold-start/canary",
        "/canary%0d%0a%7B%22message%22:%22canary%22%7D",
    ] {
        for method in ["GET", "POST", "CANARY"] {
            let request = Request::builder().method(method).uri(path).header("user-agent", "canary");
            let request = request.header("x-visitor", "canary").header("x-forwarded-for", "203.0.113.9");
            function.clone().oneshot(request.body(Body::from("canary")).unwrap()).await.unwrap();
            sent += 1;
        }
    }
    let mut context = ApiGatewayV2httpRequestContext::default();
    context.request_id = Some("of-the-api".into());
    let mut through_the_api =
        Request::builder().uri("/api/cold-start/plain-128").body(Body::empty()).unwrap();
    through_the_api.extensions_mut().insert(RequestContext::ApiGatewayV2(context));
    function.clone().oneshot(through_the_api).await.unwrap();
    sent += 1;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(!text.to_ascii_lowercase().contains("canary") && !text.contains("203.0.113.9"), "{text}");
    let answered: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answered.iter().filter(|line| line["message"] == "answered").count(), sent);
    let joined = answered.iter().filter_map(|line| line.get("apiRequestId")).collect::<Vec<_>>();
    assert_eq!(joined, ["of-the-api"], "the id the caller was given");
}
