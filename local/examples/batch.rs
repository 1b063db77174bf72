//! A function that takes batches of messages, for the tests of event source mappings. It writes each message it is given as a
//! line to the file named by `SEEN`, and fails those whose body begins with `poison`; `FAILURES` says how: `report` them,
//! `error` for the whole batch, `exit` of the process. It speaks the Runtime API by hand.

#![allow(clippy::unwrap_used, clippy::exit)]

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

fn main() {
    let failures = std::env::var("FAILURES").unwrap_or_default();
    loop {
        let (head, event) = call("GET", "invocation/next", "");
        let id = head.lines().find_map(|line| line.strip_prefix("lambda-runtime-aws-request-id: ")).unwrap();
        let event: Value = serde_json::from_str(&event).unwrap();
        let failed = take(&event);
        let answer =
            |kind: &str, body: Value| call("POST", &format!("invocation/{id}/{kind}"), &body.to_string());
        match (failures.as_str(), failed.is_empty()) {
            ("exit", false) => std::process::exit(3),
            ("error", false) => answer("error", json!({"errorMessage": "poison", "errorType": "Poison"})),
            _ => answer("response", json!({"batchItemFailures": failed})),
        };
    }
}

/// Writes down what came, in one piece for each event, and gives the failures.
fn take(event: &Value) -> Vec<Value> {
    let environment = std::env::var("AWS_LAMBDA_LOG_STREAM_NAME").unwrap();
    let whole = std::slice::from_ref(event);
    let mut lines = String::new();
    let mut failed = Vec::new();
    for one in event["Records"].as_array().map_or(whole, Vec::as_slice) {
        let mut line = one.clone();
        line["environment"] = environment.as_str().into();
        lines.push_str(&format!("{line}\n"));
        if one["body"].as_str().is_some_and(|body| body.starts_with("poison")) {
            failed.push(json!({"itemIdentifier": one["messageId"]}));
        }
    }
    let mut seen = OpenOptions::new().create(true).append(true).open(std::env::var("SEEN").unwrap()).unwrap();
    seen.write_all(lines.as_bytes()).unwrap();
    if event["fail"] == true {
        std::process::exit(3);
    }
    failed
}

/// The answer's head, with header names in lower case, and its body.
fn call(method: &str, path: &str, body: &str) -> (String, String) {
    let base = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let (address, base) = base.strip_prefix("http://").unwrap_or(&base).split_once('/').unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    let head = format!(
        "{method} /{base}/2018-06-01/runtime/{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}
