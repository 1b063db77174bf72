//! A function that does what well-behaved ones never do, for the tests of the Runtime API. It speaks the API by hand, because
//! no runtime client would send what it sends. Each event says what to do: `{"do": "exit"}`.

#![allow(clippy::unwrap_used, clippy::exit, clippy::panic)]

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

fn main() {
    if std::env::var("AT_INIT").as_deref() == Ok("exit") {
        std::process::exit(7);
    }
    loop {
        let (_, headers, event) = call("GET", "invocation/next", b"");
        let id = header(&headers, "lambda-runtime-aws-request-id");
        let event: Value = serde_json::from_str(&event).unwrap();
        let answer = |body: &[u8]| call("POST", &format!("invocation/{id}/response"), body);
        match event["do"].as_str().unwrap() {
            "exit" => std::process::exit(3),
            "panic" => panic!("asked to"),
            "sleep" => std::thread::sleep(std::time::Duration::from_secs(3600)),
            "error" => {
                let error =
                    json!({"errorMessage": "asked to", "errorType": "Asked", "stackTrace": []}).to_string();
                let (status, ..) = call("POST", &format!("invocation/{id}/error"), error.as_bytes());
                assert_eq!(status, 202);
            }
            "huge" => {
                answer(&vec![b'1'; event["bytes"].as_u64().unwrap() as usize]);
            }
            "twice" => {
                answer(br#""first""#);
                let (status, _, body) = answer(br#""second""#);
                // What the second got is told with the next event.
                let (_, headers, _) = call("GET", "invocation/next", b"");
                let id = header(&headers, "lambda-runtime-aws-request-id");
                call(
                    "POST",
                    &format!("invocation/{id}/response"),
                    json!({"status": status, "body": body}).to_string().as_bytes(),
                );
            }
            "next-again" => {
                let (status, _, body) = call("GET", "invocation/next", b"");
                answer(json!({"status": status, "body": body}).to_string().as_bytes());
            }
            "allocate" => {
                let bytes = event["bytes"].as_u64().unwrap() as usize;
                let mut memory: Vec<u8> = Vec::new();
                let done = memory.try_reserve_exact(bytes).is_ok();
                answer(json!(done).to_string().as_bytes());
            }
            "tell" => {
                let variables: serde_json::Map<_, _> =
                    std::env::vars().map(|(key, value)| (key, value.into())).collect();
                let deadline = header(&headers, "lambda-runtime-deadline-ms");
                let arn = header(&headers, "lambda-runtime-invoked-function-arn");
                answer(
                    json!({"variables": variables, "deadline": deadline, "arn": arn}).to_string().as_bytes(),
                );
            }
            other => {
                answer(json!(other).to_string().as_bytes());
            }
        }
    }
}

fn header(headers: &str, name: &str) -> String {
    let found = headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.unwrap_or_default().to_owned()
}

/// One request on a connection of its own: status, header lines in lower case as sent, body.
fn call(method: &str, path: &str, body: &[u8]) -> (u16, String, String) {
    let base = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let (address, base) = base.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    let head = format!(
        "{method} /{base}/2018-06-01/runtime/{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    // A refused body may end the connection early.
    let _ = connection.write_all(body);
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, head.to_owned(), body.to_owned())
}
