//! Every answer of a function, good or bad, tells where it came from.

#![allow(clippy::unwrap_used)]

use axum::{
    Extension, Json, Router,
    body::{Body, to_bytes},
    extract::Path,
    http::{HeaderMap, Method, Request, Response, StatusCode, header},
    routing::get,
};
use environment::{Birth, Invocation, Problem, TableUse, method_not_allowed, route_not_found};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;
use tower::{Service, ServiceExt};

async fn read() -> (Extension<TableUse>, &'static str) {
    (Extension(TableUse { db: Duration::from_millis(3), capacity_units: 0.5 }), "text")
}

async fn refuse() -> Problem {
    let refusal =
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "잠시 뒤에 다시 보내면 된다.");
    Problem { retry_after: Some(2), ..refusal }
}

async fn number(Extension(invocation): Extension<Invocation>) -> Json<Value> {
    Json(json!({"id": invocation.environment().id(), "number": invocation.number()}))
}

/// Refused by axum itself when the segment is not a number.
async fn typed(Path(_): Path<u8>) {}

fn function()
-> impl Service<Request<Body>, Response = Response<Body>, Error = std::convert::Infallible, Future: Send> + Clone
{
    let router = Router::new()
        .route("/read", get(read))
        .route("/refuse", get(refuse))
        .route("/number", get(number))
        .route("/typed/{id}", get(typed))
        .fallback(route_not_found)
        .method_not_allowed_fallback(method_not_allowed);
    Birth::now().complete().unwrap().answering(router)
}

fn request(method: &Method, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

fn assert_described(headers: &HeaderMap, cold: bool) {
    let timing = headers["server-timing"].to_str().unwrap();
    assert_eq!(timing.starts_with("init;dur="), cold, "{timing}");
    assert!(timing.contains("handler;dur="), "{timing}");
    assert_eq!(headers["timing-allow-origin"], "*");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["x-cold-start"], if cold { "true" } else { "false" });
    assert_eq!(headers["x-environment-id"].len(), 32);
}

#[tokio::test]
async fn every_answer_carries_the_headers_and_only_the_first_is_cold() {
    let function = function();
    let requests = [
        (Method::GET, "/refuse", 429),
        (Method::GET, "/read", 200),
        (Method::GET, "/nowhere", 404),
        (Method::POST, "/read", 405),
        (Method::GET, "/typed/many", 400),
    ];
    for (index, (method, path, status)) in requests.iter().enumerate() {
        let answer = function.clone().oneshot(request(method, path)).await.unwrap();
        assert_eq!(answer.status(), *status, "{path}");
        assert_described(answer.headers(), index == 0);
        let touched_a_table = *path == "/read" && *status == 200;
        assert_eq!(answer.headers().contains_key("x-consumed-capacity"), touched_a_table, "{path}");
    }
}

#[tokio::test]
async fn what_the_table_cost_becomes_headers() {
    let answer = function().oneshot(request(&Method::GET, "/read")).await.unwrap();
    assert_eq!(answer.headers()["x-consumed-capacity"], "0.5");
    assert!(answer.headers()["server-timing"].to_str().unwrap().ends_with(", db;dur=3"));
}

#[tokio::test]
async fn a_problem_is_json_with_code_message_and_retry_after() {
    let answer = function().oneshot(request(&Method::GET, "/refuse")).await.unwrap();
    assert_eq!(answer.headers()[header::RETRY_AFTER], "2");
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
    let body: Value = serde_json::from_slice(&to_bytes(answer.into_body(), 1024).await.unwrap()).unwrap();
    assert_eq!(
        body,
        json!({"error": {"code": "too_many_requests", "message": "잠시 뒤에 다시 보내면 된다."}})
    );
}

#[tokio::test]
async fn handlers_see_their_invocation() {
    let function = function();
    for expected in 1..=3 {
        let answer = function.clone().oneshot(request(&Method::GET, "/number")).await.unwrap();
        let id = answer.headers()["x-environment-id"].clone();
        let body: Value = serde_json::from_slice(&to_bytes(answer.into_body(), 1024).await.unwrap()).unwrap();
        assert_eq!(body, json!({"id": id.to_str().unwrap(), "number": expected}));
    }
}

proptest! {
    #[test]
    fn no_request_gets_an_answer_without_them(method in "GET|POST|HEAD|OPTIONS|X", path in "/[!$-;=?-Z_a-z~]{0,20}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let request = Request::builder().method(method.as_str()).uri(path).body(Body::empty());
        prop_assume!(request.is_ok());
        let answer = runtime.block_on(function().oneshot(request.unwrap())).unwrap();
        assert_described(answer.headers(), true);
    }
}
