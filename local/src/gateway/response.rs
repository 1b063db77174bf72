//! Turns what a function returned into an HTTP response: payload format version 2.0, the way back.
//! Knows the form of the result; where a result breaks the rules the caller gets the gateway's 500.
//!
//! Form: API Gateway Developer Guide, "Lambda function response for format 2.0". Where a result is no such response, and what it
//! has when it names no content type, is as AWS's own test tool for Lambda found it against AWS (aws-lambda-dotnet,
//! `InvokeResponseExtensions`): anything without `statusCode` is the body of a 200, JSON or not.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use axum::body::{Body, HttpBody};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, IgnoredAny, Visitor};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionResponse<'p> {
    status_code: Option<u16>,
    #[serde(borrow, default)]
    headers: Option<BTreeMap<Cow<'p, str>, Text<'p>>>,
    /// Payload 2.0 has no such field; runtimes that serve both formats send it along.
    #[serde(borrow, default)]
    multi_value_headers: Option<BTreeMap<Cow<'p, str>, Vec<Text<'p>>>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
}

/// All that decides whether a result is meant to be a response.
#[derive(serde::Deserialize)]
struct Meant {
    #[serde(rename = "statusCode")]
    status_code: Option<IgnoredAny>,
}

/// A header's value: text, or what becomes text without loss.
struct Text<'p>(Cow<'p, str>);

impl<'de: 'p, 'p> Deserialize<'de> for Text<'p> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;
        impl<'de> Visitor<'de> for Scalar {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, a number, true or false")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(text.into()))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(text.to_owned().into()))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Text<'de>, E> {
                Ok(Text(value.to_string().into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Text<'de>, E> {
                Ok(Text(value.to_string().into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Text<'de>, E> {
                Ok(Text(value.to_string().into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Text<'de>, E> {
                Ok(Text(value.to_string().into()))
            }
        }
        deserializer.deserialize_any(Scalar)
    }
}

/// The response for a function's payload; `None` when it is meant to be a response and is none.
pub fn read(payload: &Bytes) -> Option<Response> {
    match serde_json::from_slice::<FunctionResponse<'_>>(payload) {
        Ok(FunctionResponse {
            status_code: Some(status),
            headers,
            multi_value_headers,
            cookies,
            body,
            is_base64_encoded,
        }) => {
            let mut response = Response::new(content(status, body, is_base64_encoded)?);
            *response.status_mut() = response_status(status)?;
            let fields = response.headers_mut();
            let multi = multi_value_headers.unwrap_or_default();
            for (name, values) in &multi {
                for value in values {
                    append(fields, name, value)?;
                }
            }
            for (name, value) in headers.unwrap_or_default() {
                if !multi.contains_key(&name) {
                    append(fields, &name, &value)?;
                }
            }
            for cookie in cookies.unwrap_or_default() {
                fields.append(header::SET_COOKIE, HeaderValue::try_from(cookie).ok()?);
            }
            if !fields.contains_key(header::CONTENT_TYPE) && !is_empty(&response) {
                response.headers_mut().insert(header::CONTENT_TYPE, TEXT);
            }
            Some(response)
        }
        Ok(_) => Some(inferred(payload.clone())),
        Err(_) => match serde_json::from_slice::<Meant>(payload) {
            Ok(Meant { status_code: Some(_) }) => None,
            _ => match serde_json::from_slice::<String>(payload) {
                Ok(text) => Some(inferred(text.into())),
                Err(_) => Some(inferred(payload.clone())),
            },
        },
    }
}

/// A result without `statusCode` is the body of a 200; of a JSON string it is the text.
fn inferred(body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// What can be sent: nothing below 200 is a response, and HTTP knows no hundreds beyond 5.
fn response_status(status: u16) -> Option<StatusCode> {
    (200..=599).contains(&status).then(|| StatusCode::from_u16(status).ok()).flatten()
}

fn content(status: u16, body: Option<String>, is_base64_encoded: Option<bool>) -> Option<Body> {
    let body = body.unwrap_or_default();
    let bytes = if is_base64_encoded == Some(true) { STANDARD.decode(body).ok()? } else { body.into_bytes() };
    // These two have no body (RFC 9110, sections 15.3.5 and 15.4.5).
    Some(if matches!(status, 204 | 304) { Body::empty() } else { Body::from(bytes) })
}

fn is_empty(response: &Response) -> bool {
    response.body().size_hint().exact() == Some(0)
}

fn append(headers: &mut axum::http::HeaderMap, name: &str, value: &Text<'_>) -> Option<()> {
    let name = HeaderName::try_from(name).ok()?;
    let value = HeaderValue::try_from(value.0.as_ref()).ok()?;
    if !WRITTEN_BY_THE_SERVER.contains(&name.as_str()) {
        headers.append(name, value);
    }
    Some(())
}

const WRITTEN_BY_THE_SERVER: &[&str] =
    &["connection", "content-length", "keep-alive", "trailer", "transfer-encoding", "upgrade"];

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn read_all(payload: &str) -> Option<(u16, Vec<(String, String)>, String)> {
        let response = read(&Bytes::copy_from_slice(payload.as_bytes()))?;
        let status = response.status().as_u16();
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let body = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        Some((status, headers, String::from_utf8(body).unwrap()))
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[tokio::test]
    async fn a_full_response() {
        let full = r#"{"statusCode":201,"headers":{"Location":"/api/users/1","x-n":5,"x-b":true,"content-length":"99","Connection":"close"},
            "multiValueHeaders":{"x-m":["1",2],"Location":["/elsewhere"]},"cookies":["a=1","b=2"],"body":"aGk=","isBase64Encoded":true,
            "somethingElse":{"a":[1]}}"#;
        let (status, headers, body) = read_all(full).await.unwrap();
        assert_eq!((status, body.as_str()), (201, "hi"));
        let expected = [
            pair("location", "/elsewhere"),
            pair("x-m", "1"),
            pair("x-m", "2"),
            pair("x-b", "true"),
            pair("x-n", "5"),
            pair("set-cookie", "a=1"),
            pair("set-cookie", "b=2"),
            pair("content-type", "text/plain; charset=utf-8"),
        ];
        for pair in &expected {
            assert!(headers.contains(pair), "{pair:?} in {headers:?}");
        }
        assert_eq!(headers.len(), expected.len(), "{headers:?}");
    }

    #[tokio::test]
    async fn what_is_left_out_of_a_response() {
        for (payload, status, body) in [
            (r#"{"statusCode":404}"#, 404, ""),
            (
                r#"{"statusCode":200,"headers":null,"cookies":null,"body":null,"isBase64Encoded":null}"#,
                200,
                "",
            ),
            (r#"{"statusCode":204,"body":"not sent"}"#, 204, ""),
            (r#"{"statusCode":304,"body":"bm90","isBase64Encoded":true}"#, 304, ""),
        ] {
            assert_eq!(read_all(payload).await, Some((status, vec![], body.to_owned())), "{payload}");
        }
        let typed = r#"{"statusCode":200,"headers":{"CONTENT-TYPE":"text/html"},"body":"<p>"}"#;
        assert_eq!(read_all(typed).await, Some((200, vec![pair("content-type", "text/html")], "<p>".into())));
    }

    #[tokio::test]
    async fn what_names_no_status_is_the_body_of_a_200() {
        for (payload, body) in [
            (r#"{"hello":"세계"}"#, r#"{"hello":"세계"}"#),
            (
                r#"{ "a" : 1,  "headers":{"content-type":"text/html"} }"#,
                r#"{ "a" : 1,  "headers":{"content-type":"text/html"} }"#,
            ),
            (r#"{"statusCode":null,"body":"x"}"#, r#"{"statusCode":null,"body":"x"}"#),
            (r#"{"headers":"none","body":7}"#, r#"{"headers":"none","body":7}"#),
            ("[1, 2, 3]", "[1, 2, 3]"),
            ("42", "42"),
            ("true", "true"),
            ("null", "null"),
            (r#""test""#, "test"),
            (r#""Special \"quoted\" text""#, r#"Special "quoted" text"#),
            (r#""""#, ""),
            ("Hello, World!", "Hello, World!"),
            (r#"{"name": "John Doe", "age":"#, r#"{"name": "John Doe", "age":"#),
            ("", ""),
        ] {
            let expected = (200, vec![pair("content-type", "application/json")], body.to_owned());
            assert_eq!(read_all(payload).await, Some(expected), "{payload}");
        }
    }

    #[tokio::test]
    async fn malformed_results_are_none() {
        for payload in [
            r#"{"statusCode":"200"}"#,
            r#"{"statusCode":"abc"}"#,
            r#"{"statusCode":200.5,"body":"Hello"}"#,
            r#"{"statusCode":true}"#,
            r#"{"statusCode":[200]}"#,
            r#"{"statusCode":-1}"#,
            r#"{"statusCode":0}"#,
            r#"{"statusCode":99}"#,
            r#"{"statusCode":100}"#,
            r#"{"statusCode":199}"#,
            r#"{"statusCode":600}"#,
            r#"{"statusCode":65736}"#,
            r#"{"statusCode":200,"body":{"an":"object"}}"#,
            r#"{"statusCode":200,"body":7}"#,
            r#"{"statusCode":200,"body":"%%","isBase64Encoded":true}"#,
            r#"{"statusCode":200,"isBase64Encoded":"true"}"#,
            r#"{"statusCode":200,"headers":[]}"#,
            r#"{"statusCode":200,"headers":{"a b":"c"}}"#,
            r#"{"statusCode":200,"headers":{"":"c"}}"#,
            r#"{"statusCode":200,"headers":{"a":["c"]}}"#,
            r#"{"statusCode":200,"headers":{"a":"x\r\ny: z"}}"#,
            r#"{"statusCode":200,"cookies":"a=1"}"#,
            r#"{"statusCode":200,"cookies":["a=1\r\nx: y"]}"#,
        ] {
            assert_eq!(read_all(payload).await, None, "{payload}");
        }
    }
}
