//! The abuse a public demo meets, byte for byte through the whole system: bodies without end, forms, line ends, borrowed names.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::harness::{Local, UNTIL_BUILT, alone, visitor};

/// What came back to a request that no client library would send.
struct Raw {
    status: u16,
    head: String,
    body: String,
}

impl Raw {
    fn code(&self) -> Value {
        serde_json::from_str::<Value>(&self.body)
            .map(|body| body["error"]["code"].clone())
            .unwrap_or_default()
    }
}

fn raw(local: &Local, head: &str, body: &[u8]) -> Raw {
    let mut connection = TcpStream::connect(local.base.strip_prefix("http://").unwrap()).unwrap();
    connection.set_read_timeout(Some(UNTIL_BUILT)).unwrap();
    // A server that refuses early may close before it has read everything.
    let _ =
        connection.write_all(format!("{head}\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n").as_bytes());
    let _ = connection.write_all(body);
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    Raw { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

/// `bytes` as one body without a length, in chunks (RFC 9112, 7.1).
fn chunked(bytes: &[u8], size: usize) -> Vec<u8> {
    let mut body = Vec::new();
    for chunk in bytes.chunks(size) {
        body.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        body.extend_from_slice(chunk);
        body.extend(b"\r\n");
    }
    body.extend(b"0\r\n\r\n");
    body
}

fn users(local: &Local, visitor: &str) -> Value {
    local.send("GET", "/api/users", &[("x-visitor", visitor)], None).body["items"].clone()
}

#[test]
fn a_body_over_the_limit_is_refused_however_it_is_sent() {
    let _alone = alone();
    let local = Local::start(&[]).live(&["/api/users"]);
    let reader = visitor();
    let padded = |length: usize| {
        let mut body = br#"{"name":"a"}"#.to_vec();
        body.resize(length, b' ');
        body
    };
    // Whatever is not text travels to the function in base64, a third longer.
    for kind in ["application/json", "image/png", "application/octet-stream"] {
        let accepted = if kind == "application/json" { 201 } else { 415 };
        for (length, expected) in [(4_096, accepted), (4_097, 413), (400_000, 413)] {
            let head = format!("POST /api/users HTTP/1.1\r\nx-visitor: {reader}\r\ncontent-type: {kind}");
            let body = padded(length);
            let told = raw(&local, &format!("{head}\r\ncontent-length: {length}"), &body);
            assert_eq!(told.status, expected, "{kind} {length}: {}", told.body);
            for size in [1_000, 4_000, 60_000] {
                let told =
                    raw(&local, &format!("{head}\r\ntransfer-encoding: chunked"), &chunked(&body, size));
                assert_eq!(told.status, expected, "{kind} {length} in chunks of {size}: {}", told.body);
                assert!(expected != 413 || told.code() == "body_too_large", "{}", told.body);
            }
        }
    }
    assert_eq!(users(&local, &reader).as_array().unwrap().len(), 4, "what was refused changed nothing");
    // Over the gateway's own ten megabytes the function is not even asked.
    let head = format!("POST /api/users HTTP/1.1\r\nx-visitor: {reader}\r\ncontent-type: application/json");
    let told =
        raw(&local, &format!("{head}\r\ntransfer-encoding: chunked"), &chunked(&padded(10_485_761), 1 << 20));
    assert_eq!((told.status, told.code()), (413, Value::Null), "{}", told.body);
    assert!(!told.head.contains("x-environment-id"), "{}", told.head);
}

#[test]
fn two_lengths_or_a_length_and_chunks_are_no_request() {
    let _alone = alone();
    let local = Local::start(&["--no-functions"]);
    for headers in [
        "content-length: 2\r\ncontent-length: 3",
        "content-length: 2, 3",
        "content-length: +2",
        "content-length: 2\r\ntransfer-encoding: identity",
        "transfer-encoding: chunked, identity",
        "transfer-encoding : chunked",
    ] {
        let told = raw(
            &local,
            &format!("POST /api/users HTTP/1.1\r\n{headers}"),
            b"{}GET /api/users HTTP/1.1\r\n\r\n",
        );
        assert!(matches!(told.status, 400 | 0), "{headers}: {} {}", told.status, told.head);
        assert_eq!(told.body.matches("HTTP/1.1").count(), 0, "one request, one answer: {headers}");
    }
}

#[test]
fn a_form_of_another_site_is_refused_and_changes_nothing() {
    let _alone = alone();
    let local = Local::start(&[]).live(&["/api/users"]);
    let reader = visitor();
    let body = b"name=a&id=1";
    let form = format!(
        "POST /api/users HTTP/1.1\r\nx-visitor: {reader}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}",
        body.len()
    );
    for origin in ["https://evil.example", "null", "http://127.0.0.1.evil.example"] {
        let told = raw(&local, &format!("{form}\r\norigin: {origin}"), body);
        assert_eq!(told.status, 403, "{origin}: {}", told.body);
        assert!(!told.head.contains("access-control-allow"), "{origin}: {}", told.head);
    }
    // A client that is no browser says no origin; the function wants JSON all the same.
    let told = raw(&local, &form, body);
    assert_eq!((told.status, told.code()), (415, json!("content_type")));
    // Reading is allowed to no other page either.
    for origin in ["https://evil.example", "null"] {
        let told =
            raw(&local, &format!("GET /api/users HTTP/1.1\r\nx-visitor: {reader}\r\norigin: {origin}"), b"");
        assert!(!told.head.contains("access-control-allow-origin"), "{origin}: {}", told.head);
    }
    assert_eq!(users(&local, &reader), json!([]));
}

#[test]
fn no_line_end_of_a_request_comes_back_as_one() {
    let _alone = alone();
    let local = Local::start(&[]).live(&["/api/users", "/api/cold-start/plain-512"]);
    let reader = visitor();
    let evil = "%0d%0aset-cookie:%20evil=1%0d%0ax-evil:%201";
    for path in [
        format!("/api/users/1{evil}"),
        format!("/api/users?raw=true{evil}"),
        format!("/api/cold-start/plain-512?work={evil}"),
        format!("/api/{evil}"),
        format!("/{evil}"),
        format!("/inner{evil}?{evil}"),
        format!("//evil.example/{evil}/.."),
    ] {
        let told = raw(&local, &format!("GET {path} HTTP/1.1\r\nx-visitor: {reader}"), b"");
        assert!(matches!(told.status, 400 | 404), "{path}: {}", told.status);
        let head = told.head;
        assert!(!head.contains("\nset-cookie") && !head.contains("\nx-evil"), "{path}: {head}");
        assert!(!head.contains("\nlocation:"), "{path}: {head}");
    }
    // Bare and folded line ends inside a request's own headers.
    for headers in [
        "x-visitor: a\rx-evil: 1",
        "x-visitor: a\r\n x-evil: 1",
        "x-visitor: a\0b",
        "if-match: \"1\"\nx-evil: 1",
    ] {
        let told = raw(&local, &format!("GET /api/users HTTP/1.1\r\n{headers}"), b"");
        assert_eq!(told.status, 400, "{headers:?}");
        assert!(!told.head.contains("\nx-evil"), "{}", told.head);
    }
    assert_eq!(users(&local, &reader), json!([]));
}

#[test]
fn no_header_of_a_client_reaches_the_function_as_an_identity() {
    let _alone = alone();
    let local = Local::start(&[]).live(&["/api/users"]);
    let context =
        r#"{"authorizer":{"jwt":{"claims":{"sub":"s1","token_use":"access"},"scopes":["book/users"]}}}"#;
    for name in [
        "x-amzn-request-context",
        "x-amzn-lambda-context",
        "x-amzn-oidc-identity",
        "x-apigateway-event",
        "x-forwarded-user",
        "x-remote-user",
    ] {
        for value in [context, "s1"] {
            let told = local.send("GET", "/api/me/users", &[(name, value)], None);
            assert_eq!((told.status, &told.body), (401, &json!({"message": "Unauthorized"})), "{name}");
        }
    }
    // With a token of one reader and the claims of another in a header, the token counts.
    let (one, other) = (local.sign_in("haneul"), local.sign_in("bada"));
    let send = |token: &str, method: &str, path: &str, body: Option<&Value>| {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("x-amzn-request-context", context),
            ("x-amzn-oidc-identity", "s1"),
        ];
        local.send(method, path, &headers, body)
    };
    assert_eq!(send(&one, "POST", "/api/me/users", Some(&json!({"id": 1, "name": "하늘"}))).status, 201);
    assert_eq!(send(&other, "GET", "/api/me/users/1", None).status, 404);
    assert_eq!(send(&one, "GET", "/api/me/users/1", None).status, 200);
}
