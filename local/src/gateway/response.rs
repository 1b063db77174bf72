//! Turns what a function returned into an HTTP response: payload format version 2.0, the way back.
//! Knows the form of the result; where a result breaks the rules the caller gets the gateway's 500.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionResponse {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    /// Payload 2.0 has no such field; runtimes that serve both formats send it along.
    #[serde(default)]
    multi_value_headers: BTreeMap<String, Vec<Value>>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The response for a function's payload; `None` when the payload is malformed.
///
/// JSON without `statusCode` is taken for the body of a 200 ("Lambda function response for format 2.0").
pub fn read(payload: &[u8]) -> Option<Response> {
    let value: Value = serde_json::from_slice(payload).ok()?;
    if value.get("statusCode").is_none() {
        let mut response = Response::new(Body::from(value.to_string()));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Some(response);
    }
    let result: FunctionResponse = serde_json::from_value(value).ok()?;
    let body = result.body.unwrap_or_default();
    let body = if result.is_base64_encoded { STANDARD.decode(body).ok()? } else { body.into_bytes() };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(result.status_code).ok()?;
    let multi = result
        .multi_value_headers
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    let single = result.headers.iter().filter(|(name, _)| !result.multi_value_headers.contains_key(*name));
    let headers = response.headers_mut();
    for (name, value) in multi.chain(single) {
        let name = HeaderName::try_from(name.as_str()).ok()?;
        if !DROPPED.contains(&name.as_str()) && !name.as_str().starts_with("access-control-") {
            headers.append(name, text(value)?);
        }
    }
    for cookie in &result.cookies {
        headers.append(header::SET_COOKIE, HeaderValue::try_from(cookie.as_str()).ok()?);
    }
    Some(response)
}

/// The server writes these itself.
const DROPPED: &[&str] = &["connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"];

fn text(value: &Value) -> Option<HeaderValue> {
    match value {
        Value::String(text) => HeaderValue::try_from(text.as_str()).ok(),
        Value::Number(_) | Value::Bool(_) => HeaderValue::try_from(value.to_string()).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn read_all(payload: &str) -> Option<(u16, Vec<(String, String)>, Vec<u8>)> {
        let response = read(payload.as_bytes())?;
        let status = response.status().as_u16();
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let body = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        Some((status, headers, body))
    }

    #[tokio::test]
    async fn full_and_inferred_responses() {
        let full = r#"{"statusCode":201,"headers":{"Location":"/api/users/1","x-n":5,"content-length":"99"},"cookies":["a=1","b=2"],"body":"aGk=","isBase64Encoded":true}"#;
        let (status, headers, body) = read_all(full).await.unwrap();
        assert_eq!((status, body.as_slice()), (201, b"hi".as_slice()));
        let pair = |name: &str, value: &str| headers.contains(&(name.to_owned(), value.to_owned()));
        assert!(
            pair("location", "/api/users/1")
                && pair("x-n", "5")
                && pair("set-cookie", "a=1")
                && pair("set-cookie", "b=2")
        );
        assert!(!headers.iter().any(|(name, _)| name == "content-length"));

        let (status, headers, body) = read_all(r#"{"hello":"세계"}"#).await.unwrap();
        assert_eq!((status, String::from_utf8(body).unwrap().as_str()), (200, r#"{"hello":"세계"}"#));
        assert_eq!(headers, [("content-type".to_owned(), "application/json".to_owned())]);
    }

    #[tokio::test]
    async fn malformed_results_are_none() {
        for payload in [
            "not json",
            r#"{"statusCode":"abc"}"#,
            r#"{"statusCode":99}"#,
            r#"{"statusCode":200,"body":{"an":"object"}}"#,
            r#"{"statusCode":200,"body":"%%","isBase64Encoded":true}"#,
            r#"{"statusCode":200,"headers":{"a b":"c"}}"#,
            r#"{"statusCode":200,"headers":{"a":"x\r\ny: z"}}"#,
        ] {
            assert!(read_all(payload).await.is_none(), "{payload}");
        }
    }
}
