//! Turns an HTTP request into the event a function gets: payload format version 2.0.
//! Knows the form of the event; decides nothing about routes.
//!
//! Form: API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs". What the guide leaves open is as
//! others recorded it on AWS: `rawPath` is decoded (see [`super::path`]), `content-length` is always there, and which bodies
//! are text (see [`is_text`]). `requestContext.authentication` is there with mutual TLS only, so never here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::{HeaderMap, Version, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use super::arrival::Arrival;
use super::authorizer::Identity;
use template::{ACCOUNT, Api, Route};

/// What the gateway knows of a request beside the request itself.
#[derive(Debug)]
pub struct Context<'a> {
    /// The API.
    pub api: &'a Api,
    /// The route that takes the request.
    pub route: &'a Route,
    /// The path, decoded.
    pub path: &'a str,
    /// Path variables, decoded.
    pub variables: &'a [(&'a str, &'a str)],
    /// What the token says, on a route with an authorizer.
    pub identity: Option<&'a Identity>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    version: &'static str,
    route_key: &'a str,
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<&'a str>,
    headers: Pairs<'a>,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    query_string_parameters: Pairs<'a>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    path_parameters: Pairs<'a>,
    is_base64_encoded: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    stage_variables: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    account_id: &'static str,
    api_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<Authorizer<'a>>,
    domain_name: &'a str,
    domain_prefix: &'a str,
    http: Http<'a>,
    request_id: &'a str,
    route_key: &'a str,
    stage: &'static str,
    time: String,
    time_epoch: i64,
}

#[derive(Serialize)]
struct Authorizer<'a> {
    jwt: &'a Identity,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    method: &'a str,
    path: &'a str,
    protocol: &'static str,
    source_ip: &'a str,
    user_agent: &'a str,
}

/// Names with their values, sorted by name: a JSON object without a map's work.
struct Pairs<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl Pairs<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Pairs<'a> {
    /// Values of one name are joined by commas, in the order they came.
    fn joined(mut pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>) -> Self {
        pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
        pairs.dedup_by(|(name, value), (kept, joined)| {
            let same = name == kept;
            if same {
                let joined = joined.to_mut();
                joined.push(',');
                joined.push_str(value);
            }
            same
        });
        Self(pairs)
    }
}

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// The event for a request, as JSON.
///
/// # Errors
/// Serialization fails; no request is known that makes it.
pub fn build(arrival: &Arrival, body: &[u8], context: &Context<'_>) -> serde_json::Result<Vec<u8>> {
    let parts = &arrival.parts;
    let query = parts.uri.query().unwrap_or_default();
    let (text, is_base64_encoded) = encode(body, arrival.header(&header::CONTENT_TYPE));
    let variables = context.variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let event = Event {
        version: "2.0",
        route_key: context.route.key.as_str(),
        raw_path: context.path,
        raw_query_string: query,
        cookies: cookies(&parts.headers),
        headers: headers(arrival, body.len()),
        query_string_parameters: Pairs::joined(form_urlencoded::parse(query.as_bytes()).collect()),
        request_context: RequestContext {
            account_id: ACCOUNT,
            api_id: &context.api.id,
            authorizer: context.identity.map(|jwt| Authorizer { jwt }),
            domain_name: arrival.domain_name(),
            domain_prefix: arrival.domain_prefix(),
            http: Http {
                method: parts.method.as_str(),
                path: context.path,
                protocol: protocol(parts.version),
                source_ip: &arrival.source_ip,
                user_agent: arrival.header(&header::USER_AGENT),
            },
            request_id: &arrival.id,
            route_key: context.route.key.as_str(),
            stage: STAGE,
            time: log_time(arrival.at),
            time_epoch: arrival.epoch_ms(),
        },
        body: text,
        path_parameters: Pairs(variables.collect()),
        is_base64_encoded,
        stage_variables: &context.api.stage_variables,
    };
    let mut json = Vec::with_capacity(body.len() + body.len() / 2 + 2_048);
    serde_json::to_writer(&mut json, &event)?;
    Ok(json)
}

/// The only stage there is here.
pub const STAGE: &str = "$default";

/// `HTTP/1.1`
pub fn protocol(version: Version) -> &'static str {
    if version == Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" }
}

/// `12/Mar/2020:19:03:58 +0000`
pub fn log_time(at: OffsetDateTime) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS.get(usize::from(u8::from(at.month())) - 1).copied().unwrap_or_default();
    let (hour, minute, second) = at.to_hms();
    format!("{:02}/{month}/{:04}:{hour:02}:{minute:02}:{second:02} +0000", at.day(), at.year())
}

/// Lower-case names, doubled headers joined by commas, cookies apart, and what the gateway adds in place of what was sent.
fn headers(arrival: &Arrival, length: usize) -> Pairs<'_> {
    let sent = &arrival.parts.headers;
    let mut pairs = Vec::with_capacity(sent.len() + 5);
    for (name, value) in sent {
        if name != header::COOKIE && !OWN.contains(&name.as_str()) && !HOP_BY_HOP.contains(&name.as_str()) {
            pairs.push((Cow::Borrowed(name.as_str()), String::from_utf8_lossy(value.as_bytes())));
        }
    }
    let before = sent.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let mut forwarded = String::new();
    for address in before.chain([arrival.source_ip.as_str()]) {
        if !forwarded.is_empty() {
            forwarded.push_str(", ");
        }
        forwarded.push_str(address);
    }
    let [own_length, own_trace, own_for, own_port, own_proto] = OWN;
    pairs.extend([
        (Cow::Borrowed(own_length), Cow::Owned(length.to_string())),
        (Cow::Borrowed(own_trace), Cow::Borrowed(arrival.trace_id.as_str())),
        (Cow::Borrowed(own_for), Cow::Owned(forwarded)),
        (Cow::Borrowed(own_port), Cow::Borrowed(arrival.port())),
        (Cow::Borrowed(own_proto), Cow::Borrowed("http")),
    ]);
    Pairs::joined(pairs)
}

/// Headers the gateway writes itself.
const OWN: [&str; 5] =
    ["content-length", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"];

/// Headers that belong to one connection (RFC 9110, section 7.6.1).
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn cookies(headers: &HeaderMap) -> Vec<&str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).map(str::trim).filter(|cookie| !cookie.is_empty()).collect()
}

/// Text as it is; everything else, and text that is not UTF-8, in base64.
fn encode<'b>(body: &'b [u8], content_type: &str) -> (Option<Cow<'b, str>>, bool) {
    if body.is_empty() {
        return (None, false);
    }
    match std::str::from_utf8(body) {
        Ok(text) if is_text(content_type) => (Some(text.into()), false),
        _ => (Some(STANDARD.encode(body).into()), true),
    }
}

/// Which bodies are text no guide says. Somebody tried them on AWS (June 2026, pull request 766 of the emulator `ministack`):
/// `text/*` and these three. So even a form arrives in base64, and so does a body nobody gave a type.
fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let starts =
        |prefix: &str| essence.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    starts("text/")
        || ["application/json", "application/javascript", "application/xml"]
            .iter()
            .any(|text| essence.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{path, routing};
    use axum::http::Request;
    use serde_json::{Value, json};
    use template::{Integration, RouteKey};

    fn event(request: axum::http::request::Builder, body: &[u8]) -> Value {
        event_of(request, body, None)
    }

    fn event_of(request: axum::http::request::Builder, body: &[u8], identity: Option<&Identity>) -> Value {
        let route = |key: &str| Route {
            key: RouteKey::parse(key).unwrap(),
            integration: Integration::Function("Users".into()),
            throttle: None,
            timeout: None,
            authorization: None,
        };
        let api = Api {
            id: "api".into(),
            cors: None,
            routes: vec![
                route("PUT /api/users/{id}"),
                route("ANY /api/files/{kind}/{rest+}"),
                route("$default"),
            ],
            throttle: None,
            stage_variables: [("mode".to_owned(), "lab".to_owned())].into(),
            access_log: None,
        };
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let arrival = Arrival {
            source_ip: "127.0.0.1".into(),
            id: "r1".into(),
            trace_id: "Root=1-1".into(),
            at: OffsetDateTime::from_unix_timestamp(1_583_348_638).unwrap(),
            ..Arrival::new(parts, "127.0.0.1".parse().unwrap())
        };
        let path = path::decode(arrival.parts.uri.path()).unwrap();
        let table = routing::Table::new(&api.routes);
        let found = table.find(arrival.parts.method.as_str(), &path).unwrap();
        let route = &api.routes[found.index];
        let context = Context { api: &api, route, path: &path, variables: &found.variables, identity };
        serde_json::from_slice(&build(&arrival, body, &context).unwrap()).unwrap()
    }

    #[test]
    fn an_event_in_full() {
        let request = Request::put("/api/users/1?raw=true&a=1&a=%ED%95%9C&b=x+y")
            .header("Host", "localhost:3000")
            .header("Content-Type", "application/json")
            .header("User-Agent", "test")
            .header("Cookie", "a=1; b=2")
            .header("X-Twice", "1")
            .header("X-Twice", "2");
        let expected = json!({
            "version": "2.0",
            "routeKey": "PUT /api/users/{id}",
            "rawPath": "/api/users/1",
            "rawQueryString": "raw=true&a=1&a=%ED%95%9C&b=x+y",
            "cookies": ["a=1", "b=2"],
            "headers": {
                "content-length": "17", "content-type": "application/json", "host": "localhost:3000", "user-agent": "test",
                "x-twice": "1,2",
                "x-amzn-trace-id": "Root=1-1", "x-forwarded-for": "127.0.0.1", "x-forwarded-port": "3000",
                "x-forwarded-proto": "http"
            },
            "queryStringParameters": {"a": "1,한", "b": "x y", "raw": "true"},
            "requestContext": {
                "accountId": "123456789012", "apiId": "api", "domainName": "localhost", "domainPrefix": "localhost",
                "http": {"method": "PUT", "path": "/api/users/1", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"},
                "requestId": "r1", "routeKey": "PUT /api/users/{id}", "stage": "$default",
                "time": "04/Mar/2020:19:03:58 +0000", "timeEpoch": 1_583_348_638_000_i64
            },
            "body": "{\"name\":\"하늘\"}",
            "pathParameters": {"id": "1"},
            "isBase64Encoded": false,
            "stageVariables": {"mode": "lab"}
        });
        assert_eq!(event(request, "{\"name\":\"하늘\"}".as_bytes()), expected);
    }

    #[test]
    fn what_the_token_says_travels_in_the_request_context() {
        let claims = [("sub".to_owned(), "s1".to_owned())].into();
        let identity = Identity { claims, scopes: Some(vec!["book/users".into()]) };
        let event = event_of(Request::put("/api/users/1"), b"", Some(&identity));
        let expected = json!({"jwt": {"claims": {"sub": "s1"}, "scopes": ["book/users"]}});
        assert_eq!(event["requestContext"]["authorizer"], expected);
        assert_eq!(
            event_of(Request::put("/api/users/1"), b"", None)["requestContext"].get("authorizer"),
            None
        );
    }

    #[test]
    fn what_is_not_text_travels_in_base64() {
        let told = |kind: &str, body: &[u8]| {
            let request = Request::put("/api/users/1");
            let event =
                event(if kind.is_empty() { request } else { request.header("content-type", kind) }, body);
            (event["body"].as_str().map(str::to_owned), event["isBase64Encoded"] == true)
        };
        let text = (Some("abc".to_owned()), false);
        let binary = (Some("YWJj".to_owned()), true);
        for kind in [
            "text/plain",
            "TEXT/html; charset=utf-8",
            "application/json",
            "Application/JSON;charset=utf-8",
            "application/xml",
            "application/javascript",
        ] {
            assert_eq!(told(kind, b"abc"), text, "{kind}");
        }
        for kind in [
            "",
            "image/png",
            "application/octet-stream",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/problem+json",
            "application/jsonx",
            "texts/plain",
            "text",
        ] {
            assert_eq!(told(kind, b"abc"), binary, "{kind}");
        }
        assert_eq!(told("application/json", &[0xff]), (Some("/w==".to_owned()), true));
        assert_eq!(told("application/json", b""), (None, false));
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let event = event(Request::get("/"), b"");
        for name in ["body", "cookies", "queryStringParameters", "pathParameters"] {
            assert_eq!(event.get(name), None, "{name}");
        }
        assert_eq!((&event["rawQueryString"], &event["routeKey"]), (&json!(""), &json!("$default")));
        assert_eq!(event["headers"]["content-length"], "0");
        assert_eq!(event["requestContext"].get("authentication"), None);
        assert_eq!(event["requestContext"]["http"]["userAgent"], "");
    }

    #[test]
    fn the_path_is_decoded_and_the_query_string_is_not() {
        let event = event(Request::get("/api/files/a%20b/%ED%95%9C%2F1?x=%2F&y=%25"), b"");
        assert_eq!(event["rawPath"], "/api/files/a b/한/1");
        assert_eq!(event["requestContext"]["http"]["path"], "/api/files/a b/한/1");
        assert_eq!(event["pathParameters"], json!({"kind": "a b", "rest": "한/1"}));
        assert_eq!(event["rawQueryString"], "x=%2F&y=%25");
        assert_eq!(event["queryStringParameters"], json!({"x": "/", "y": "%"}));
    }

    #[test]
    fn one_client_s_words_about_itself_are_replaced() {
        let request = Request::get("/")
            .header("x-forwarded-for", "10.0.0.1")
            .header("x-forwarded-for", "10.0.0.2")
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-port", "443")
            .header("x-amzn-trace-id", "Root=1-9")
            .header("content-length", "999")
            .header("connection", "keep-alive")
            .header("te", "trailers")
            .header("cookie", "a=1;b=2")
            .header("cookie", "c=3; ")
            .header("x-bytes", &b"\xff\xe4"[..]);
        let event = event(request, b"");
        let expected = json!({
            "content-length": "0", "x-amzn-trace-id": "Root=1-1", "x-bytes": "\u{fffd}\u{fffd}",
            "x-forwarded-for": "10.0.0.1, 10.0.0.2, 127.0.0.1", "x-forwarded-port": "80", "x-forwarded-proto": "http"
        });
        assert_eq!(event["headers"], expected);
        assert_eq!(event["cookies"], json!(["a=1", "b=2", "c=3"]));
    }

    #[test]
    fn names_of_the_query_string_may_be_doubled_or_empty() {
        let told =
            |query: &str| event(Request::get(format!("/?{query}")), b"")["queryStringParameters"].clone();
        assert_eq!(told("b=2&a=1&b=1&b"), json!({"a": "1", "b": "2,1,"}));
        assert_eq!(told("a"), json!({"a": ""}));
        assert_eq!(told("=1&a=%2&%ff=x+y"), json!({"": "1", "a": "%2", "\u{fffd}": "x y"}));
        assert_eq!(told("&&"), Value::Null);
    }
}
