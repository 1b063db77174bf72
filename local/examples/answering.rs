//! A function whose caller says what it answers, for the tests of what stands in front of functions. It speaks the Runtime API by
//! hand on one connection; the query says what to do: `/path?answer=body`.

#![allow(clippy::unwrap_used, clippy::exit)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

fn main() {
    let mut runtime = Runtime::connect();
    loop {
        let (id, event) = runtime.next();
        let request: Value = serde_json::from_slice(&event).unwrap();
        let asked = |name: &str| request["queryStringParameters"][name].as_str().unwrap_or_default();
        match asked("answer") {
            // The body of the request, byte for byte.
            "body" => {
                let body = request["body"].as_str().unwrap_or_default();
                let is_binary = request["isBase64Encoded"] == true;
                let body = if is_binary { STANDARD.decode(body).unwrap() } else { body.as_bytes().to_vec() };
                runtime.post(&format!("{id}/response"), &body);
            }
            // JSON text of so many bytes.
            "bytes" => {
                let text = "a".repeat(asked("bytes").parse::<usize>().unwrap() - 2);
                runtime.post(&format!("{id}/response"), format!("\"{text}\"").as_bytes());
            }
            "error" => {
                let error = br#"{"errorMessage":"asked to","errorType":"Asked","stackTrace":[]}"#;
                runtime.post(&format!("{id}/error"), error);
            }
            "exit" => std::process::exit(3),
            // The event, a moment later.
            "later" => {
                std::thread::sleep(Duration::from_millis(300));
                runtime.post(&format!("{id}/response"), &event);
            }
            "never" => std::thread::sleep(Duration::from_secs(3600)),
            // How long the text of the event's body is.
            "length" => {
                let length = request["body"].as_str().unwrap_or_default().len();
                runtime.post(&format!("{id}/response"), length.to_string().as_bytes());
            }
            _ => runtime.post(&format!("{id}/response"), &event),
        }
    }
}

struct Runtime {
    connection: BufReader<TcpStream>,
    address: String,
    base: String,
}

impl Runtime {
    fn connect() -> Self {
        let base = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
        let (address, base) = base.strip_prefix("http://").unwrap_or(&base).split_once('/').unwrap();
        let connection = TcpStream::connect(address).unwrap();
        connection.set_nodelay(true).unwrap();
        let connection = BufReader::new(connection);
        Self {
            connection,
            address: address.to_owned(),
            base: format!("/{base}/2018-06-01/runtime/invocation"),
        }
    }

    fn next(&mut self) -> (String, Vec<u8>) {
        let (head, event) = self.call("GET", "next", b"");
        let id = head.lines().find_map(|line| line.strip_prefix("lambda-runtime-aws-request-id: ")).unwrap();
        (id.to_owned(), event)
    }

    fn post(&mut self, path: &str, body: &[u8]) {
        self.call("POST", path, body);
    }

    /// The answer's head, with header names in lower case, and its body.
    fn call(&mut self, method: &str, path: &str, body: &[u8]) -> (String, Vec<u8>) {
        let Self { address, base, .. } = self;
        let mut request = format!(
            "{method} {base}/{path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.connection.get_mut().write_all(&request).unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.connection.read_line(&mut head).unwrap() > 0);
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.connection.read_exact(&mut body).unwrap();
        (head, body)
    }
}
