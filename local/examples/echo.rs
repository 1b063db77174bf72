//! A function that answers with the event it got, for the tests that look at what a function is told. It speaks the Runtime
//! API by hand: one request on a connection of its own.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpStream;

fn main() {
    loop {
        let (head, event) = call("GET", "invocation/next", "");
        let id = head.lines().find_map(|line| line.strip_prefix("lambda-runtime-aws-request-id: ")).unwrap();
        call("POST", &format!("invocation/{id}/response"), &event);
    }
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
