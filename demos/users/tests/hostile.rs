//! Requests made to break something: another site's form, identities in headers, line ends, bodies that are dear to read.

#![allow(clippy::unwrap_used)]

mod support;
#[path = "support/trouble.rs"]
#[allow(dead_code)] // no trouble here: what is counted are the calls
mod trouble;

use axum::{body::Body, http::Request};
use environment::clock::thread_cpu;
use std::time::Duration;
use support::{Answer, Function, Reader, TABLE, answer, engine, function_at, runtime, unlimited, visitor};
use trouble::Trouble;

/// A function and what its table is asked.
async fn counted() -> (Function, Trouble) {
    let (address, trouble) = Trouble::start(engine(), []).await;
    (function_at(address, TABLE, unlimited()).await, trouble)
}

async fn send(function: &Function, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer(function, request.body(Body::from(body.to_owned())).unwrap()).await
}

#[test]
fn a_form_of_another_site_changes_nothing() {
    engine();
    runtime().block_on(async {
        let (function, trouble) = counted().await;
        let own = visitor();
        // What a form can send without a preflight (Fetch Standard, "CORS-safelisted request-header").
        for kind in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"] {
            for body in ["id=1&name=a", r#"{"id":1,"name":"a"}"#, r#"{"name":"a","x":"=""}"#] {
                let origin = ("origin", "https://evil.example");
                // The visitor is a header that no form can send, so this already ends here.
                let form =
                    send(&function, "POST", "/api/users", &[("content-type", kind), origin], body).await;
                assert_eq!((form.status.as_u16(), form.code()), (400, "visitor_missing"), "{kind}");
                // Even a page that knew the visitor's key must say what it sends.
                let headers = [("content-type", kind), ("x-visitor", &own), origin];
                for (method, path) in [("POST", "/api/users"), ("PUT", "/api/users/1")] {
                    let refused = send(&function, method, path, &headers, body).await;
                    assert_eq!(
                        (refused.status.as_u16(), refused.code()),
                        (415, "content_type"),
                        "{method} {kind}"
                    );
                    assert!(
                        !refused.headers.contains_key("access-control-allow-origin"),
                        "the gateway's business"
                    );
                }
            }
        }
        assert_eq!(trouble.calls(), [""; 0], "no table is asked");
    });
}

/// Headers by which some proxy or framework passes on who somebody is.
const IDENTITIES: [&str; 12] = [
    "authorization",
    "cookie",
    "x-amzn-oidc-data",
    "x-amzn-oidc-identity",
    "x-amzn-request-context",
    "x-amzn-lambda-context",
    "x-apigateway-event",
    "x-forwarded-user",
    "x-remote-user",
    "x-user-id",
    "x-sub",
    "sub",
];

#[test]
fn no_header_makes_anybody_somebody_else() {
    engine();
    runtime().block_on(async {
        let (function, trouble) = counted().await;
        let context = r#"{"authorizer":{"jwt":{"claims":{"sub":"s1","token_use":"access"},"scopes":["book/users"]}},"http":{"method":"GET"},"timeEpoch":0}"#;
        for value in ["s1", context, "Bearer e30.eyJzdWIiOiJzMSIsInRva2VuX3VzZSI6ImFjY2VzcyJ9.x"] {
            let headers = IDENTITIES.map(|name| (name, value));
            let me = send(&function, "GET", "/api/me/users", &headers, "").await;
            assert_eq!((me.status.as_u16(), me.code()), (401, "not_signed_in"), "{value}");
        }
        assert_eq!(trouble.calls(), [""; 0], "no table is asked");

        // A visitor stays the visitor of its one header, whatever else is said.
        let reader = Reader { visitor: visitor(), function: function.clone() };
        reader.post(r#"{"id":1,"name":"own"}"#).await;
        let other = visitor();
        let mut headers = IDENTITIES.map(|name| (name, other.as_str())).to_vec();
        headers.extend([("x-visitor-id", other.as_str()), ("x-forwarded-for", "10.0.0.1")]);
        let own = reader.send("GET", "/api/users/1", &headers, None).await;
        assert_eq!((own.status.as_u16(), own.body["name"].as_str()), (200, Some("own")));
        let stranger = Reader { visitor: other, function };
        assert_eq!(stranger.get("/api/users/1").await.status, 404);
    });
}

#[test]
fn line_ends_in_any_input_are_refused_and_come_back_nowhere() {
    engine();
    runtime().block_on(async {
        let (function, trouble) = counted().await;
        let own = visitor();
        let visitor = ("x-visitor", own.as_str());
        let json = ("content-type", "application/json");
        let mut inputs = Vec::new();
        for end in ["%0d%0a", "%0a", "%0d", "%E2%80%A8"] {
            for (method, path) in [
                ("GET", format!("/api/users/1{end}x-evil:1")),
                ("GET", format!("/api/users/{end}")),
                ("GET", format!("/api/users?raw=true{end}x-evil:1")),
                ("GET", format!("/api/users/1?{end}=true")),
                ("DELETE", format!("/api/users/1{end}")),
                ("PUT", format!("/api/users/1{end}")),
            ] {
                inputs.push((method, path, r#"{"name":"a"}"#.to_owned()));
            }
        }
        for end in ["\\r\\n", "\\n", "\\r", "\\u2028", "\\u0085"] {
            for body in [
                format!(r#"{{"name":"a{end}x-evil: 1"}}"#),
                format!(r#"{{"name":"a","email":"a@b.kr{end}x-evil: 1"}}"#),
                format!(r#"{{"name":"a","x-evil{end}":1}}"#),
                format!(r#"{{"name":"a","id":"1{end}"}}"#),
            ] {
                inputs.push(("POST", "/api/users".to_owned(), body));
            }
        }
        for (method, path, body) in inputs {
            let refused = send(&function, method, &path, &[visitor, json], &body).await;
            assert_eq!(refused.status, 400, "{method} {path} {body}: {}", refused.text);
            assert!(!refused.text.contains("x-evil") && !refused.text.contains("\\n"), "{}", refused.text);
            assert!(!refused.headers.contains_key("x-evil"), "{path}");
        }
        for value in ["\"1\"\tx-evil", "\"1\" x-evil", "W/\"1\"", "\"%0d%0a\""] {
            let headers = [visitor, json, ("if-match", value)];
            let refused = send(&function, "PUT", "/api/users/1", &headers, r#"{"name":"a"}"#).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (400, "if_match_invalid"), "{value}");
        }
        assert_eq!(trouble.calls(), [""; 0], "no table is asked");
    });
}

/// CPU time of this thread for one body, the best of several tries: other programs share the machine.
fn cost(function: &Function, body: &str) -> Duration {
    let own = visitor();
    let once = || {
        let headers = [("x-visitor", own.as_str()), ("content-type", "application/json")];
        let before = thread_cpu();
        let refused = runtime().block_on(send(function, "POST", "/api/users", &headers, body));
        let spent = thread_cpu() - before;
        assert!(matches!(refused.status.as_u16(), 400 | 413), "{} {body:.80}", refused.text);
        spent
    };
    (0..9).map(|_| once()).min().unwrap_or_default()
}

#[test]
fn no_body_is_dear_to_refuse() {
    engine();
    let function = runtime().block_on(async { counted().await.0 });
    let fill = |part: &str| part.repeat(4_000 / part.len());
    let name = |text: &str| format!(r#"{{"name":"{text}"}}"#);
    // What any body of that length costs: all of it is read, and one field is unknown.
    let plain = cost(&function, &format!(r#"{{"name":"a","other":"{}"}}"#, fill("a")));
    for (kind, body) in [
        ("nested lists", format!(r#"{{"name":{}"#, fill("["))),
        ("nested objects", format!(r#"{{"name":{}"#, fill(r#"{"a":"#))),
        ("many fields", format!("{{{}", fill(r#""a":1,"#))),
        ("one field repeated", format!(r#"{{{}"name":"a"}}"#, fill(r#""name":"a","#))),
        ("a long number", format!(r#"{{"id":{}}}"#, fill("9"))),
        ("a long fraction", format!(r#"{{"id":0.{}e-999}}"#, fill("1"))),
        ("escapes", name(&fill("\\u0041"))),
        ("half surrogates", name(&fill("\\ud800"))),
        ("combining marks", name(&fill("\u{334}"))),
        ("marks to be reordered", name(&fill("\u{301}\u{327}\u{323}"))),
        ("jamo", name(&fill("\u{1112}\u{1161}\u{11AB}"))),
        ("joined emoji", name(&fill("👨\u{200D}"))),
        ("flags", name(&fill("🇰"))),
        ("expanding characters", name(&fill("\u{FDFA}"))),
        ("spaces", fill(" ")),
        ("an address", format!(r#"{{"name":"a","email":"{}@{}"}}"#, "a.".repeat(990), "b.".repeat(990))),
        ("too long", fill("x").repeat(100)),
    ] {
        let spent = cost(&function, &body);
        // Ten times, and at least what a busy machine measures for nothing: far below any budget of a request, and
        // what an exponential reader would need a thousandfold of.
        let most = (plain * 10).max(Duration::from_millis(20));
        assert!(spent <= most, "{kind}: {spent:?}, a plain body {plain:?}");
    }
}
