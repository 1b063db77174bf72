//! Turns an HTTP request into the event a function gets: payload format version 2.0.
//! Knows the form of the event; decides nothing about routes.
//!
//! Form: API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs".

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::http::{HeaderMap, header, request::Parts};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use time::OffsetDateTime;

use super::authorizer::Identity;
use super::routing::Match;
use template::ACCOUNT;

/// What the gateway knows of a request beside the request itself.
#[derive(Debug)]
pub struct Context<'a> {
    /// The API's id.
    pub api_id: &'a str,
    /// The caller's address.
    pub source_ip: IpAddr,
    /// The gateway's id of the request, also sent back as `apigw-requestid`.
    pub request_id: &'a str,
    /// `Root=1-…`, the new header `x-amzn-trace-id`.
    pub trace_id: &'a str,
    /// When it arrived.
    pub arrived: OffsetDateTime,
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
    headers: BTreeMap<&'a str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    query_string_parameters: BTreeMap<String, String>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    path_parameters: &'a BTreeMap<String, String>,
    is_base64_encoded: bool,
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
    source_ip: String,
    user_agent: &'a str,
}

/// The event for a request, as JSON.
///
/// # Errors
/// Serialization fails; no request is known that makes it.
pub fn build(
    parts: &Parts,
    body: &[u8],
    found: &Match<'_>,
    context: &Context<'_>,
) -> serde_json::Result<Vec<u8>> {
    let route_key = found.route.key.to_string();
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = text(header::HOST);
    let domain = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let (body, is_base64_encoded) = encode(body, text(header::CONTENT_TYPE));
    let event = Event {
        version: "2.0",
        route_key: &route_key,
        raw_path: parts.uri.path(),
        raw_query_string: parts.uri.query().unwrap_or_default(),
        cookies: cookies(&parts.headers),
        headers: headers(&parts.headers, host, context),
        query_string_parameters: query(parts.uri.query().unwrap_or_default()),
        request_context: RequestContext {
            account_id: ACCOUNT,
            api_id: context.api_id,
            authorizer: context.identity.map(|jwt| Authorizer { jwt }),
            domain_name: domain,
            domain_prefix: domain.split('.').next().unwrap_or_default(),
            http: Http {
                method: parts.method.as_str(),
                path: parts.uri.path(),
                protocol: "HTTP/1.1",
                source_ip: context.source_ip.to_string(),
                user_agent: text(header::USER_AGENT),
            },
            request_id: context.request_id,
            route_key: &route_key,
            stage: "$default",
            time: log_time(context.arrived),
            time_epoch: (context.arrived.unix_timestamp_nanos() / 1_000_000) as i64,
        },
        body,
        path_parameters: &found.variables,
        is_base64_encoded,
    };
    serde_json::to_vec(&event)
}

/// `12/Mar/2020:19:03:58 +0000`
fn log_time(at: OffsetDateTime) -> String {
    let month = at.month().to_string();
    let (hour, minute, second) = at.to_hms();
    format!("{:02}/{}/{:04}:{hour:02}:{minute:02}:{second:02} +0000", at.day(), &month[..3], at.year())
}

/// Lower-case names, doubled headers joined by commas, cookies apart, and what the gateway adds.
fn headers<'a>(sent: &'a HeaderMap, host: &str, context: &Context<'_>) -> BTreeMap<&'a str, String> {
    let mut headers: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in sent {
        if name == header::COOKIE || HOP_BY_HOP.contains(&name.as_str()) {
            continue;
        }
        let value = String::from_utf8_lossy(value.as_bytes());
        let joined = headers.entry(name.as_str()).or_default();
        if !joined.is_empty() {
            joined.push(',');
        }
        joined.push_str(&value);
    }
    let source = context.source_ip.to_string();
    let forwarded = match headers.get("x-forwarded-for") {
        Some(before) => format!("{before}, {source}"),
        None => source,
    };
    headers.insert("x-forwarded-for", forwarded);
    headers.insert("x-forwarded-port", host.rsplit_once(':').map_or("80", |(_, port)| port).to_owned());
    headers.insert("x-forwarded-proto", "http".to_owned());
    headers.insert("x-amzn-trace-id", context.trace_id.to_owned());
    headers
}

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
    values.flat_map(|value| value.split("; ")).filter(|cookie| !cookie.is_empty()).collect()
}

/// The parameters of a query, doubled ones joined by commas.
pub(super) fn query(raw: &str) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
        parameters
            .entry(name.into_owned())
            .and_modify(|joined| {
                joined.push(',');
                joined.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    parameters
}

/// Text and JSON pass as text; everything else, and what is not UTF-8, in base64.
fn encode(body: &[u8], content_type: &str) -> (Option<String>, bool) {
    if body.is_empty() {
        return (None, false);
    }
    match std::str::from_utf8(body) {
        Ok(text) if is_text(content_type) => (Some(text.to_owned()), false),
        _ => (Some(STANDARD.encode(body)), true),
    }
}

fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    const TEXT: &[&str] = &[
        "",
        "application/json",
        "application/javascript",
        "application/xml",
        "application/x-www-form-urlencoded",
    ];
    essence.starts_with("text/")
        || TEXT.contains(&essence.as_str())
        || ["+json", "+xml", "+yaml"].iter().any(|suffix| essence.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::routing::find;
    use axum::http::Request;
    use serde_json::{Value, json};
    use template::{Integration, Route, RouteKey};

    fn event(request: axum::http::request::Builder, body: &[u8]) -> Value {
        event_of(request, body, None)
    }

    fn event_of(request: axum::http::request::Builder, body: &[u8], identity: Option<&Identity>) -> Value {
        let key = RouteKey::parse("PUT /api/users/{id}").unwrap();
        let route = Route {
            key,
            integration: Integration::Function("Users".into()),
            throttle: None,
            timeout: None,
            authorization: None,
        };
        let routes = [route];
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let found = find(&routes, parts.method.as_str(), parts.uri.path()).unwrap();
        let context = Context {
            api_id: "api",
            source_ip: "127.0.0.1".parse().unwrap(),
            request_id: "r1",
            trace_id: "Root=1-1",
            arrived: OffsetDateTime::from_unix_timestamp(1_583_348_638).unwrap(),
            identity,
        };
        serde_json::from_slice(&build(&parts, body, &found, &context).unwrap()).unwrap()
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
                "content-type": "application/json", "host": "localhost:3000", "user-agent": "test", "x-twice": "1,2",
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
            "isBase64Encoded": false
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
        let put = || Request::put("/api/users/1");
        let binary = event(put().header("content-type", "image/png"), b"abc");
        assert_eq!((&binary["body"], &binary["isBase64Encoded"]), (&json!("YWJj"), &json!(true)));
        let broken = event(put().header("content-type", "application/json"), &[0xff]);
        assert_eq!((&broken["body"], &broken["isBase64Encoded"]), (&json!("/w=="), &json!(true)));
        assert_eq!(event(put(), b"").get("body"), None);
        assert_eq!(event(put(), b"").get("cookies"), None);
    }
}
