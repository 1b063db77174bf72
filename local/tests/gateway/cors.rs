//! CORS as an HTTP API does it: preflights without a function, decorated answers, and pages the wall lets in because they were named.

use crate::served::{Described, Served};

const ORIGIN: &str = "https://book.example";
const API: &str = "CorsConfiguration:
  AllowOrigins: [\"https://book.example\"]
  AllowMethods: [GET, POST]
  AllowHeaders: [authorization, content-type]
  ExposeHeaders: [apigw-requestid]
  MaxAge: 600";

fn serve(routes: &[&str]) -> Served {
    Described { routes, api: API, ..Described::default() }.serve()
}

fn preflight(path: &str, origin: &str) -> String {
    format!(
        "OPTIONS {path} HTTP/1.1\r\norigin: {origin}\r\naccess-control-request-method: POST\r\n\
         access-control-request-headers: authorization"
    )
}

#[test]
fn a_preflight_needs_no_token_and_calls_no_function() {
    let served = serve(&["POST /api/mine jwt", "POST /api/any"]);
    for path in ["/api/mine", "/api/any", "/api/no-such-path"] {
        let answer = served.send(&preflight(path, ORIGIN), b"");
        assert_eq!((answer.status, answer.text()), (204, ""), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
        assert_eq!(answer.header("access-control-allow-methods"), Some("GET,POST"));
        assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,content-type"));
        assert_eq!(answer.header("access-control-max-age"), Some("600"));
        assert!(answer.header("apigw-requestid").is_some());
    }
    // A page of an origin nobody named does not get past the wall, a page of this machine does and is told nothing.
    assert_eq!(served.send(&preflight("/api/any", "https://evil.example"), b"").status, 403);
    let answer = served.send(&preflight("/api/any", "http://localhost:1"), b"");
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, None));
    let told = served.telemetry.subscribe().0;
    assert!(told.iter().all(|record| record.invoked_ms.is_none()), "{told:?}");
}

#[test]
fn a_page_that_was_named_may_send() {
    let served = serve(&["POST /api/any"]);
    let answer = served.send(&format!("POST /api/any HTTP/1.1\r\norigin: {ORIGIN}"), b"{}");
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(ORIGIN)));
    assert_eq!(answer.header("access-control-expose-headers"), Some("apigw-requestid"));
}

#[test]
fn the_function_s_own_cors_headers_are_dropped() {
    let served = serve(&["POST /api/any"]);
    let payload = r#"{"statusCode":200,"headers":{"access-control-allow-origin":"*","access-control-max-age":"1","x-own":"1"}}"#;
    let head = "POST /api/any?answer=body HTTP/1.1\r\ncontent-type: application/json";
    let answer = served.send(&format!("{head}\r\norigin: {ORIGIN}"), payload.as_bytes());
    let of_cors = answer.headers.iter().filter(|(name, _)| name.starts_with("access-control-"));
    let of_cors = of_cors.map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
    assert!(of_cors.contains(&("access-control-allow-origin", ORIGIN)), "{of_cors:?}");
    assert!(!of_cors.contains(&("access-control-allow-origin", "*")), "{of_cors:?}");
    assert!(!of_cors.contains(&("access-control-max-age", "1")), "{of_cors:?}");
    assert_eq!(answer.header("x-own"), Some("1"));
    // Without an origin there is nobody to tell.
    let answer = served.send(head, payload.as_bytes());
    assert_eq!(answer.header("access-control-allow-origin"), None);
    drop(served);
    // Where the API has no CORS, the function's word counts.
    let without = Described { routes: &["POST /api/any"], ..Described::default() }.serve();
    let answer = without.send(head, payload.as_bytes());
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn a_default_route_with_an_authorizer_takes_preflights_too() {
    let caught = serve(&["$default jwt", "POST /api/any"]);
    let answer = caught.send(&preflight("/api/elsewhere", ORIGIN), b"");
    answer.is_refusal(401, "Unauthorized");
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "an error a page can read");
    let answer = caught.send("GET /api/whatever HTTP/1.1", b"");
    answer.is_refusal(401, "Unauthorized");
    drop(caught);
    // The guide's way out: a route for OPTIONS that asks for no token.
    let free = serve(&["$default jwt", "OPTIONS /{proxy+}"]);
    assert_eq!(free.send(&preflight("/api/elsewhere", ORIGIN), b"").status, 204);
}
