//! The errors an HTTP API makes itself, each with its status, body and headers.

use serde_json::json;

use crate::served::Described;

const CORS: &str =
    "CorsConfiguration: {AllowOrigins: [\"https://book.example\"], ExposeHeaders: [apigw-requestid]}";

#[test]
fn every_situation_has_its_answer() {
    let routes = &[
        "ANY /api/any",
        "GET /api/impatient short",
        "GET /api/mine jwt",
        "GET /api/small",
        "GET /api/users/{id}",
    ];
    let stage = "RouteSettings: {GET /api/small: {ThrottlingRateLimit: 0.01, ThrottlingBurstLimit: 1}}";
    let served = Described { routes, stage, api: CORS, function: "Timeout: 2" }.serve();
    assert_eq!(served.get("/api/small").status, 200);
    let large = vec![b'a'; 10_485_761];
    let filler = "a".repeat(10_240);
    for (head, body, status, message) in [
        ("GET /api HTTP/1.1", &b""[..], 404, "Not Found"),
        ("GET /api/none HTTP/1.1", b"", 404, "Not Found"),
        ("GET /api/any/ HTTP/1.1", b"", 404, "Not Found"),
        ("POST /api/users/1 HTTP/1.1", b"", 404, "Not Found"),
        ("GET /api/%FF%ZZ HTTP/1.1", b"", 400, "Bad Request"),
        ("GET /api/mine HTTP/1.1", b"", 401, "Unauthorized"),
        ("GET /api/mine HTTP/1.1\r\nauthorization: Bearer x.y.z", b"", 401, "Unauthorized"),
        ("POST /api/any HTTP/1.1", &large, 413, "Request Entity Too Large"),
        ("GET /api/small HTTP/1.1", b"", 429, "Too Many Requests"),
        (&format!("GET /api/any?{filler} HTTP/1.1"), b"", 431, "Request Header Fields Too Large"),
        ("GET /api/any?answer=error HTTP/1.1", b"", 500, "Internal Server Error"),
        ("GET /api/any?answer=exit HTTP/1.1", b"", 500, "Internal Server Error"),
        ("GET /api/any?answer=never HTTP/1.1", b"", 500, "Internal Server Error"),
        ("GET /api/impatient?answer=never HTTP/1.1", b"", 503, "Service Unavailable"),
    ] {
        let shown = head.get(..60).unwrap_or(head);
        let answer = served.send(&format!("{head}\r\norigin: https://book.example"), body);
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("https://book.example"),
            "{shown}: {answer:?}"
        );
        assert_eq!(answer.header("access-control-expose-headers"), Some("apigw-requestid"), "{shown}");
        answer.is_refusal(status, message);
        let challenge = answer.header("www-authenticate");
        match (status, head.contains("Bearer")) {
            (401, false) => assert_eq!(challenge, Some("Bearer")),
            (401, true) => assert!(
                challenge
                    .unwrap()
                    .starts_with(r#"Bearer scope="" error="invalid_token" error_description=""#),
                "{challenge:?}"
            ),
            _ => assert_eq!(challenge, None, "{shown}"),
        }
        // The same to HEAD, without the body.
        let to_head = head.replacen("GET ", "HEAD ", 1);
        if to_head != head && status == 404 {
            let answer = served.send(&to_head, b"");
            assert_eq!((answer.status, answer.header("content-length")), (404, Some("23")), "{shown}");
        }
    }
    served.is_alive();
}

#[test]
fn a_function_that_is_used_up_is_not_available() {
    let routes = &["ANY /api/any"];
    let function = "ReservedConcurrentExecutions: 1\nTimeout: 3";
    let served = Described { routes, function, ..Described::default() }.serve();
    served.is_alive();
    served.works_on(0);
    let mut first = served.connect();
    first.request("GET /api/any?answer=never HTTP/1.1", b"");
    served.works_on(1);
    served.get("/api/any").is_refusal(503, "Service Unavailable");
    first.answer().is_refusal(500, "Internal Server Error");
    served.is_alive();
}

#[test]
fn what_only_the_wall_refuses_is_no_api_s_answer() {
    let served = Described { routes: &["ANY /api/any"], ..Described::default() }.serve();
    let mut connection = served.connect();
    connection.write(b"GET /api/any HTTP/1.1\r\nhost: book.example\r\n\r\n");
    let answer = connection.answer();
    assert_eq!((answer.status, answer.header("apigw-requestid")), (421, None));
    let answer = served.send("POST /api/any HTTP/1.1\r\norigin: https://evil.example", b"{}");
    assert_eq!((answer.status, answer.header("apigw-requestid")), (403, None));
    let answer = served.send("GET /elsewhere HTTP/1.1", b"");
    assert_eq!((answer.status, answer.header("apigw-requestid")), (404, None), "not below /api");
    assert_eq!(served.get("/api/any").json()["version"], json!("2.0"));
}
