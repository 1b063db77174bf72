//! A function that does what well-behaved ones never do, for the tests of the Runtime API. It speaks the API by hand, because
//! no runtime client would send what it sends. Each event says what to do: `{"do": "exit"}`; `AT_INIT` says it for init.

#![allow(clippy::unwrap_used, clippy::exit, clippy::panic, clippy::print_stdout, clippy::print_stderr)]
#![allow(clippy::zombie_processes, reason = "it leaves processes behind on purpose")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

const FOREVER: Duration = Duration::from_secs(3600);

fn main() {
    initialise();
    loop {
        let (_, headers, event) = call("GET", "invocation/next", "", b"");
        let id = header(&headers, "lambda-runtime-aws-request-id");
        let event: Value = serde_json::from_str(&event).unwrap();
        let answer = |answer: &Value| {
            call("POST", &format!("invocation/{id}/response"), "", answer.to_string().as_bytes())
        };
        let number = |name: &str| event[name].as_u64().unwrap_or_default();
        match event["do"].as_str().unwrap() {
            "exit" => std::process::exit(number("status") as i32),
            "abort" => std::process::abort(),
            "sleep" => std::thread::sleep(FOREVER),
            "burn" => loop {
                std::hint::black_box(number("ms"));
            },
            "wait" => {
                std::thread::sleep(Duration::from_millis(number("ms")));
                answer(&json!(std::env::var("AWS_LAMBDA_LOG_STREAM_NAME").unwrap()));
            }
            "error" => {
                let error =
                    json!({"errorMessage": "asked to", "errorType": "Asked", "stackTrace": []}).to_string();
                let (status, ..) = call("POST", &format!("invocation/{id}/error"), "", error.as_bytes());
                assert_eq!(status, 202);
            }
            // A JSON string of so many bytes.
            "huge" => {
                answer(&json!("1".repeat(number("bytes") as usize - 2)));
            }
            // Makes calls of the event's choice and tells what came back.
            "call" => {
                let told = event["calls"].as_array().unwrap().iter().map(|one| {
                    let text = |name: &str| one[name].as_str().unwrap_or_default().replace("{id}", &id);
                    let (status, _, body) =
                        call(&text("method"), &text("path"), &text("header"), text("body").as_bytes());
                    json!({"status": status, "body": body})
                });
                let told = told.collect::<Vec<_>>();
                answer(&json!(told));
            }
            // Answers, then tells with the next event what an answer after the answer got.
            "twice" => {
                answer(&json!("first"));
                let (status, _, body) = answer(&json!("second"));
                let (_, headers, _) = call("GET", "invocation/next", "", b"");
                let id = header(&headers, "lambda-runtime-aws-request-id");
                let told = json!({"status": status, "body": body}).to_string();
                call("POST", &format!("invocation/{id}/response"), "", told.as_bytes());
            }
            "answer-and-exit" => {
                answer(&json!("last words"));
                std::process::exit(5);
            }
            "answer-and-hang" => {
                answer(&json!("last words"));
                std::thread::sleep(FOREVER);
            }
            "truncate" => {
                let mut connection = connect();
                let path = format!("invocation/{id}/response");
                let head = head("POST", &path, "", 1000);
                connection.write_all(head.as_bytes()).unwrap();
                connection.write_all(b"\"the beginning").unwrap();
                connection.shutdown(std::net::Shutdown::Write).unwrap();
                let mut answer = String::new();
                let _ = connection.read_to_string(&mut answer);
                println!("truncated: {}", answer.lines().next().unwrap_or_default());
            }
            "allocate" => {
                let mut memory: Vec<u8> = Vec::new();
                answer(&json!(memory.try_reserve_exact(number("bytes") as usize).is_ok()));
            }
            // Takes memory and writes to it until there is none.
            "devour" => {
                let mut eaten: Vec<Vec<u8>> = Vec::new();
                loop {
                    eaten.push(vec![1; 1024 * 1024]);
                }
            }
            "print" => {
                let line = "x".repeat(number("bytes") as usize);
                (0..number("lines")).for_each(|_| println!("{line}"));
                eprintln!("printed");
                answer(&Value::Null);
            }
            // Starts a process, in its own group or not, that lives on and keeps the output open.
            "child" => {
                let mut child = Command::new("/bin/sleep");
                child.arg(number("seconds").to_string());
                if event["leaves"] == true {
                    child.process_group(0);
                }
                let child = child.spawn().unwrap();
                answer(&json!(child.id()));
            }
            "tell" => {
                let variables: serde_json::Map<_, _> =
                    std::env::vars().map(|(key, value)| (key, value.into())).collect();
                answer(&json!({
                    "variables": variables,
                    "deadline": header(&headers, "lambda-runtime-deadline-ms"),
                    "arn": header(&headers, "lambda-runtime-invoked-function-arn"),
                    "trace": header(&headers, "lambda-runtime-trace-id"),
                    "folder": std::env::current_dir().unwrap(),
                    "pid": std::process::id(),
                    "limits": std::fs::read_to_string("/proc/self/limits").unwrap_or_default(),
                    "status": std::fs::read_to_string("/proc/self/status").unwrap_or_default(),
                    "stat": std::fs::read_to_string("/proc/self/stat").unwrap_or_default(),
                    "input": std::fs::read_link("/proc/self/fd/0").unwrap_or_default(),
                    "files": std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
                }));
            }
            other => {
                answer(&json!(other));
            }
        }
    }
}

fn initialise() {
    let deed = std::env::var("AT_INIT").unwrap_or_default();
    let again = std::env::var("TMPDIR").unwrap().ends_with("-again");
    let report = || {
        let error =
            json!({"errorMessage": "no such module", "errorType": "Runtime.ImportModuleError"}).to_string();
        let (status, ..) = call("POST", "init/error", "", error.as_bytes());
        assert_eq!(status, 202);
    };
    match deed.as_str() {
        "exit" => std::process::exit(7),
        "exit-once" if !again => std::process::exit(7),
        "hang" => std::thread::sleep(FOREVER),
        "hang-once" if !again => std::thread::sleep(FOREVER),
        "report" => {
            report();
            std::process::exit(1);
        }
        "report-and-stay" => {
            report();
            let (status, ..) = call("GET", "invocation/next", "", b"");
            assert_eq!(status, 403);
            std::thread::sleep(FOREVER);
        }
        "slow" => std::thread::sleep(Duration::from_millis(300)),
        _ => {}
    }
}

fn header(headers: &str, name: &str) -> String {
    let found = headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.unwrap_or_default().to_owned()
}

/// Host and base path of the Runtime API; no path when it has a port of its own.
fn address() -> (String, String) {
    let base = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let base = base.strip_prefix("http://").unwrap_or(&base);
    let (host, path) =
        base.split_once('/').map_or((base, String::new()), |(host, path)| (host, format!("/{path}")));
    (host.to_owned(), path)
}

fn connect() -> TcpStream {
    TcpStream::connect(address().0).unwrap()
}

/// The head of a request. A path with a leading `/` is taken as it stands behind the base path.
fn head(method: &str, path: &str, header: &str, length: usize) -> String {
    let (host, base) = address();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/2018-06-01/runtime/{path}") };
    let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
    format!(
        "{method} {base}{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{header}content-length: {length}\r\n\r\n"
    )
}

/// One request on a connection of its own: status, header lines in lower case as sent, body.
fn call(method: &str, path: &str, header: &str, body: &[u8]) -> (u16, String, String) {
    let mut connection = connect();
    connection.write_all(head(method, path, header, body.len()).as_bytes()).unwrap();
    // A refused body may end the connection early.
    let _ = connection.write_all(body);
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, head.to_owned(), body.to_owned())
}
