//! Thousands of requests nobody should send: each gets a documented answer, none a 500, and the log keeps their contents to itself.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "support/log.rs"]
mod log;
mod support;

use axum::{body::Body, http::Request};
use log::Log;
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::Value;
use std::sync::OnceLock;
use support::{Function, answer, engine, function, runtime, visitor};
use tracing::level_filters::LevelFilter;

/// Planted in everything a reader can send; must not come back in an error, nor appear in any log line.
const CANARY: &str = "canary";

/// Starts logging into memory, the way the function logs to standard output.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        tracing::subscriber::set_global_default(environment::log::lines(LevelFilter::INFO, move || {
            writer.clone()
        }))
        .unwrap();
        log
    })
}

fn shared_function() -> Function {
    static FUNCTION: OnceLock<Function> = OnceLock::new();
    engine();
    FUNCTION.get_or_init(|| runtime().block_on(function())).clone()
}

fn visitor_header() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        8 => Just(()).prop_map(|()| Some(visitor())),
        1 => Just(None),
        1 => "[0-9a-fA-F]{30,34}|canary|\\PC{0,8}".prop_map(Some),
    ]
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("/api/users".to_owned()),
        4 => "(0|1|2|20|21|007|1e1|1\\.0|-1|%31|%EF%BC%91|%22%31%22|%20|canary|[0-9]{1,40})".prop_map(|id| format!("/api/users/{id}")),
        1 => "[-a-zA-Z0-9/._~%!$&'()*+,;=:@]{0,20}".prop_map(|rest| format!("/api/users/{rest}")),
    ]
}

fn query() -> impl Strategy<Value = String> {
    prop_oneof![4 => Just(String::new()), 1 => Just("?raw=true".to_owned()), 1 => "\\?[a-z=&%0-9]{0,12}|\\?raw=canary".boxed()]
}

fn json_value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,3}|1e1|1\\.0|-1|007|１",
        "\"(canary|[가-힣]{1,3}|\\PC{0,50}|a@b\\.kr|[\u{202E}\u{0}\u{200D}\u{E000}a]{1,4}|(\\\\u[0-9a-f]{4}){1,3})\"",
        "null|true|\\[\\]|\\{\\}|\\[1,\\[2\\]\\]|(\\[){1,300}",
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let field = ("id|name|email|version|canary|\\PC{0,3}", json_value())
        .prop_map(|(name, value)| format!("\"{name}\":{value}"));
    let object = proptest::collection::vec(field, 0..4)
        .prop_map(|fields| format!("{{{}}}", fields.join(",")).into_bytes());
    prop_oneof![
        6 => object,
        1 => proptest::collection::vec(any::<u8>(), 0..60),
        1 => "(canary|\\PC{0,30}|\\[1\\]|null)".prop_map(String::into_bytes),
        1 => (4_090..4_100_usize).prop_map(|length| format!("{:<length$}", r#"{"name":"a"}"#).into_bytes()),
        1 => Just(Vec::new()),
    ]
}

fn request() -> impl Strategy<Value = Request<Body>> {
    let method = prop_oneof![3 => "GET|DELETE", 4 => "POST|PUT", 1 => "PATCH|HEAD|OPTIONS|TRACE|CANARY"];
    let content_type = prop_oneof![
        6 => Just(Some("application/json".to_owned())),
        1 => Just(None),
        1 => "text/plain|application/x-www-form-urlencoded|canary|application/json;charset=utf-8|[ -~]{0,10}".prop_map(Some),
    ];
    let if_match =
        prop_oneof![4 => Just(None), 1 => "\"[0-9]{1,3}\"|\\*|canary|W/\"1\"|[ -~]{0,8}".prop_map(Some)];
    (method, path(), query(), visitor_header(), content_type, if_match, body()).prop_filter_map(
        "what no HTTP server would hand on",
        |(method, path, query, visitor, content_type, if_match, body)| {
            let mut request = Request::builder().method(method.as_str()).uri(format!("{path}{query}"));
            for (name, value) in
                [("x-visitor", visitor), ("content-type", content_type), ("if-match", if_match)]
            {
                if let Some(value) = value {
                    request = request.header(name, value);
                }
            }
            request.body(Body::from(body)).ok()
        },
    )
}

/// Every code this function documents, except those that need trouble or many requests.
const DOCUMENTED: [(u16, &[&str]); 6] = [
    (
        400,
        &[
            "visitor_missing",
            "visitor_invalid",
            "query_unknown",
            "id_type",
            "id_notation",
            "id_out_of_range",
            "id_mismatch",
            "if_match_invalid",
            "body_missing",
            "json_invalid",
            "body_not_object",
            "field_unknown",
            "field_repeated",
            "field_read_only",
            "field_type",
            "name_missing",
            "name_length",
            "name_characters",
            "email_invalid",
        ],
    ),
    (404, &["user_not_found", "route_not_found"]),
    (405, &["method_not_allowed"]),
    (412, &["version_mismatch"]),
    (413, &["body_too_large"]),
    (415, &["content_type"]),
];

#[test]
fn every_request_gets_a_documented_answer() {
    log();
    let function = shared_function();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(5_000));
    let judged = runner.run(&request(), |request| {
        let head = *request.method() == axum::http::Method::HEAD;
        let answer = runtime().block_on(answer(&function, request));
        let status = answer.status.as_u16();
        prop_assert!(answer.header("server-timing").contains("handler;dur="));
        prop_assert_eq!(answer.header("cache-control"), "no-store");
        prop_assert_eq!(answer.header("x-environment-id").len(), 32);
        match status {
            200 | 201 if !head => prop_assert!(answer.body.is_object(), "{}", answer.text),
            200 | 204 => prop_assert_eq!(answer.text.as_str(), ""),
            _ if head => prop_assert!((400..500).contains(&status)),
            _ => {
                let codes = DOCUMENTED.iter().find(|(known, _)| *known == status).map(|(_, codes)| *codes);
                prop_assert!(
                    codes.is_some_and(|codes| codes.contains(&answer.code())),
                    "{status} {}",
                    answer.text
                );
                let message = answer.body["error"]["message"].as_str().unwrap_or_default();
                prop_assert!(message.chars().any(|c| ('가'..='힣').contains(&c)), "{}", answer.text);
                prop_assert!(!answer.text.contains(CANARY), "{}", answer.text);
            }
        }
        Ok(())
    });
    judged.unwrap_or_else(|error| panic!("{error}"));
    // Each of these requests has left a line.
    assert!(lines().len() >= 5_000);
}

/// Every line logged so far, each of them JSON and without anything a visitor wrote.
fn lines() -> Vec<Value> {
    let text = log().text();
    assert!(!text.to_ascii_lowercase().contains(CANARY));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn the_log_is_json_and_tells_nothing_a_visitor_wrote() {
    log();
    let function = shared_function();
    let secret = visitor();
    runtime().block_on(async {
        for (method, path, body) in [
            ("POST", "/api/users", r#"{"id":1,"name":"canary","email":"canary@example.com"}"#),
            ("GET", "/api/users/1?raw=true", ""),
            ("PUT", "/api/users/1", r#"{"name":"canary canary"}"#),
            ("POST", "/api/users", r#"{"canary":1}"#),
            ("GET", "/api/users/canary", ""),
            ("DELETE", "/api/users/1", "canary"),
        ] {
            let request = Request::builder().method(method).uri(path).header("x-visitor", &secret);
            let request = request.header("content-type", "application/json").header("user-agent", CANARY);
            answer(&function, request.body(Body::from(body)).unwrap()).await;
        }
    });
    let lines = lines();
    let answered = lines.iter().filter(|line| {
        line["message"] == "answered" && line["status"].is_u64() && line["handlerMs"].is_number()
    });
    assert!(answered.count() >= 6);
    assert!(lines.iter().any(|line| line["code"] == "field_unknown"));
    assert!(lines.iter().all(|line| !line.to_string().contains(&secret)));
    let mut tags = lines.iter().filter_map(|line| line["visitor"].as_str());
    assert!(tags.all(|tag| tag.len() == 8));
}
