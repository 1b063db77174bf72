//! The function as its callers see it, through the same layer as deployed.

#![allow(clippy::unwrap_used)]

use axum::{
    body::{Body, to_bytes},
    http::{Request, Response},
};
use cold_start::{Preparation, app};
use environment::{Answering, Birth};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

fn function(prepare: &str) -> Answering<axum::Router> {
    Birth::now().complete().unwrap().answering(app(Preparation::named(prepare).unwrap()))
}

async fn call(function: &Answering<axum::Router>, path: &str) -> (Response<()>, Value) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (parts, body) = function.clone().oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, 100_000).await.unwrap();
    (Response::from_parts(parts, ()), serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn an_answer_has_every_documented_field() {
    let function = function("none");
    let (head, body) = call(&function, "/api/cold-start/plain-128?work=5&wait=10").await;
    assert_eq!(head.status(), 200);
    let mut fields: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    let documented = [
        "ageMs",
        "background",
        "cold",
        "cpuMs",
        "environmentId",
        "handlerMs",
        "index",
        "initMs",
        "initializationType",
        "invocation",
        "memoryMB",
    ];
    assert_eq!(fields, documented);
    assert_eq!(body["environmentId"], head.headers()["x-environment-id"].to_str().unwrap());
    assert_eq!((&body["invocation"], &body["cold"]), (&json!(1), &json!(true)));
    assert!(body["cpuMs"].as_f64().unwrap() >= 5.0, "{body}");
    assert!(body["handlerMs"].as_f64().unwrap() >= 15.0, "{body}");
    assert_eq!((&body["background"], &body["index"]), (&json!([]), &Value::Null));

    let (head, body) = call(&function, "/api/cold-start/plain-128").await;
    assert_eq!((&body["invocation"], &body["cold"]), (&json!(2), &json!(false)));
    assert_eq!(head.headers()["x-cold-start"], "false");
    assert_eq!(body["cpuMs"], 0.0);
}

#[tokio::test]
async fn a_lazy_function_pays_in_its_first_call() {
    let function = function("first-call");
    let (_, first) = call(&function, "/api/cold-start/lazy-128").await;
    let (_, second) = call(&function, "/api/cold-start/lazy-128").await;
    assert!(first["cpuMs"].as_f64().unwrap() > 10.0, "{first}");
    assert_eq!(first["cpuMs"], first["index"]["buildCpuMs"]);
    assert_eq!(second["cpuMs"], 0.0);
    assert_eq!(first["index"], second["index"]);
    assert!(first["index"]["search"]["found"].as_u64().unwrap() > 0, "{first}");
}

#[tokio::test]
async fn ticks_are_reported_by_the_next_answer_of_the_environment() {
    let function = function("none");
    call(&function, "/api/cold-start/plain-128?after=300").await;
    let (_, next) = call(&function, "/api/cold-start/plain-128?wait=350").await;
    let mut ticks = next["background"].as_array().unwrap().clone();
    let (_, next) = call(&function, "/api/cold-start/plain-128").await;
    ticks.extend(next["background"].as_array().unwrap().clone());
    let due: Vec<_> = ticks.iter().map(|tick| tick["dueMs"].as_u64().unwrap()).collect();
    assert_eq!(due, [100, 200, 300]);
    let (_, next) = call(&function, "/api/cold-start/plain-128").await;
    assert_eq!(next["background"], json!([]), "each is reported once");
}

#[tokio::test]
async fn computing_does_not_hold_up_another_answer() {
    let function = function("none");
    let finished = std::sync::Mutex::new(Vec::new());
    let busy = async {
        call(&function, "/api/cold-start/plain-128?work=200").await;
        finished.lock().unwrap().push("busy");
    };
    let idle = async {
        call(&function, "/api/cold-start/plain-128").await;
        finished.lock().unwrap().push("idle");
    };
    tokio::join!(busy, idle);
    assert_eq!(*finished.lock().unwrap(), ["idle", "busy"], "the busy one was asked first");
}

#[tokio::test]
async fn a_refused_call_starts_nothing_and_takes_no_report() {
    let function = function("none");
    call(&function, "/api/cold-start/plain-128?after=100").await;
    tokio::time::sleep(Duration::from_millis(120)).await;
    let (head, body) = call(&function, "/api/cold-start/plain-128?after=2001").await;
    assert_eq!((head.status().as_u16(), &body["error"]["code"]), (400, &json!("parameter_too_large")));
    let (_, next) = call(&function, "/api/cold-start/plain-128").await;
    assert_eq!(next["background"].as_array().unwrap().len(), 1);
}

fn query() -> impl Strategy<Value = String> {
    let name = prop_oneof!["work|wait|after", "[a-z]{0,6}"];
    let value = prop_oneof!["[0-2]?[0-9]?", "[0-9]{0,25}", "[!$'()*+,./:;=?@_%~a-zA-Z0-9-]{0,12}"];
    proptest::collection::vec((name, value).prop_map(|(name, value)| format!("{name}={value}")), 0..4)
        .prop_map(|pairs| pairs.join("&"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_query_gets_200_or_an_explained_400(query in query()) {
        // Paused time: a legal wait passes at once.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let path = format!("/api/cold-start/plain-128?{query}");
        let (head, body) = runtime.block_on(call(&function("none"), &path));
        match head.status().as_u16() {
            200 => prop_assert!(body["environmentId"].is_string()),
            400 => {
                let code = body["error"]["code"].as_str().unwrap();
                prop_assert!(code.starts_with("parameter_"), "{}", code);
                prop_assert!(body["error"]["message"].as_str().unwrap().ends_with('.'));
            }
            other => prop_assert!(false, "{} {}", other, path),
        }
        prop_assert!(head.headers().contains_key("server-timing"));
    }
}
