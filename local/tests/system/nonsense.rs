//! Thousands of requests nobody should send, through the whole system: documented answers only, and nobody breaks.

use std::io::{Read, Write};
use std::net::TcpStream;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::harness::{Local, UNTIL_BUILT, alone, visitor};

const REQUESTS: usize = 3000;

/// A request line, headers and a body, as bytes: a client library would refuse to send most of them.
fn request() -> impl Strategy<Value = Vec<u8>> {
    let method = prop_oneof![
        8 => prop::sample::select(vec!["GET", "POST", "PUT", "DELETE"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"]).prop_map(str::to_owned),
    ];
    let id = prop_oneof![
        4 => (0..25_u32).prop_map(|id| id.to_string()),
        1 => prop::sample::select(vec!["1e1", "007", "%EF%BC%91", "-1", "%22", "\"1\"", "{id}", "%00", "%", "9999999999999999999999", ""])
            .prop_map(str::to_owned),
        1 => "[ -~]{0,12}",
    ];
    let path = prop_oneof![
        6 => id.prop_map(|id| format!("/api/users/{id}")),
        4 => Just("/api/users".to_owned()),
        2 => "/api/cold-start/(plain-128|plain-512|none)",
        2 => "/api/me/users(/[0-9a-z]{1,3})?",
        1 => "/[ -~]{0,20}",
    ];
    let query = prop_oneof![
        5 => Just(String::new()),
        2 => "\\?(raw|work|wait|after)=[0-9a-z%.+-]{0,6}(&raw=true)?",
        2 => "\\?[ -~]{0,16}",
        1 => "\\?[가-힣]{1,4}",
    ];
    let content_type = prop::sample::select(vec![
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "",
        "image/png",
    ]);
    let body = prop_oneof![
        4 => "\\{\"id\":(1|21|\"1\"|1e1|null|-3),\"name\":\"[가-힣a-z\\\\]{0,50}\"\\}",
        3 => "\\{\"name\":(\"가\"|7|null|\\[\\]|\\{\\})(,\"(name|email|age|id)\":[0-9a-z\"]{0,5})?\\}",
        1 => "[\\[\\{]{1,300}",
        1 => "[ -~가-힣]{0,80}",
        1 => (4000..4200_usize).prop_map(|length| format!("{{\"name\":\"{}\"}}", "a".repeat(length))),
        2 => Just(String::new()),
    ];
    let body =
        prop_oneof![9 => body.prop_map(String::into_bytes), 1 => prop::collection::vec(any::<u8>(), 0..60)];
    let if_match = prop_oneof![4 => Just(String::new()), 1 => "if-match: [ -~]{0,10}\r\n"];
    // Whatever it is, it is no token of the issuer.
    let token = prop_oneof![
        4 => Just(String::new()),
        1 => "authorization: [ -~]{0,40}\r\n",
        2 => "authorization: Bearer (eyJhbGciOiJub25lIn0|eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ|[A-Za-z0-9_=-]{0,20})\\.(eyJzdWIiOiJ4In0|[A-Za-z0-9_-]{0,20})\\.[A-Za-z0-9_-]{0,400}\r\n",
    ];
    let headers = (content_type, if_match, token);
    (method, path, query, headers, body).prop_map(|(method, path, query, (content_type, if_match, token), body)| {
        let visitor = visitor();
        let mut request = format!(
            "{method} {path}{query} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\nx-visitor: {visitor}\r\n\
             content-type: {content_type}\r\n{if_match}{token}content-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend(body);
        request
    })
}

fn answer(address: &str, request: &[u8]) -> (u16, String) {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(UNTIL_BUILT)).unwrap();
    // A server that refuses early may close before it has read everything.
    let _ = connection.write_all(request);
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

#[test]
fn nonsense_gets_documented_answers_and_breaks_nothing() {
    let _alone = alone();
    // Who is not asked again is not to be reclaimed, however long the requests take.
    let local = Local::start(&["--idle", "3600"]).live(&["/api/cold-start/plain-1769", "/api/users"]);
    let address = local.base.strip_prefix("http://").unwrap();
    let functions = local.functions();
    let (mut runner, strategy) = (TestRunner::deterministic(), request());
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for _ in 0..REQUESTS {
        let request = strategy.new_tree(&mut runner).unwrap().current();
        let shown = String::from_utf8_lossy(&request).into_owned();
        let (status, body) = answer(address, &request);
        *statuses.entry(status).or_default() += 1;
        let to_the_api = shown.split(' ').nth(1).is_some_and(|path| path.starts_with("/api/"));
        let documented = [200, 201, 204, 304, 400, 401, 403, 404, 409, 412, 413, 414, 415, 421, 431];
        // The book's own pages refuse other methods; an HTTP API answers 404 there.
        assert!(
            documented.contains(&status) || (status == 405 && !to_the_api),
            "{status} {body}\nfor {shown}"
        );
        let to_me = shown.split(' ').nth(1).is_some_and(|path| path.starts_with("/api/me/"));
        assert!(!to_me || status >= 400, "{status} {body}\nfor {shown}");
        if to_the_api && body.starts_with('{') {
            let body: Value =
                serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}\nfor {shown}"));
            let explained = body["message"].is_string() || body["error"]["message"].is_string();
            assert!(status < 400 || explained, "{status} {body}\nfor {shown}");
        }
    }
    // Whoever ran before still runs: no request ended a process.
    let after = local.functions();
    assert!(
        functions
            .iter()
            .all(|(pid, process)| after.get(pid).is_some_and(|one| one.started == process.started))
    );
    assert!(
        [200, 201, 204, 400, 401, 404, 413, 415].iter().all(|status| statuses.contains_key(status)),
        "{statuses:?}"
    );
}
