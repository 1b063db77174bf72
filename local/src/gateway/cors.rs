//! Answers preflights and adds CORS headers as API Gateway does once CORS is configured.
//! Knows the API's CorsConfiguration; functions have no say, their own CORS headers are dropped.
//!
//! API Gateway Developer Guide, "Configure CORS for HTTP APIs".

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;

use template::Cors;

/// The answer to a preflight; `None` when the request is none.
pub fn preflight(cors: &Cors, method: &Method, headers: &HeaderMap) -> Option<Response> {
    if method != Method::OPTIONS || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    if let Some(origin) = allowed(cors, headers) {
        let answer = response.headers_mut();
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        list(answer, header::ACCESS_CONTROL_ALLOW_METHODS, &cors.allow_methods);
        list(answer, header::ACCESS_CONTROL_ALLOW_HEADERS, &cors.allow_headers);
        if let Some(seconds) = cors.max_age {
            answer.insert(header::ACCESS_CONTROL_MAX_AGE, seconds.into());
        }
        answer.insert(header::VARY, HeaderValue::from_static("origin"));
    }
    Some(response)
}

/// Adds the headers to an answer, errors included.
pub fn decorate(cors: &Cors, request: &HeaderMap, answer: &mut HeaderMap) {
    if let Some(origin) = allowed(cors, request) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        list(answer, header::ACCESS_CONTROL_EXPOSE_HEADERS, &cors.expose_headers);
        answer.append(header::VARY, HeaderValue::from_static("origin"));
    }
}

fn allowed(cors: &Cors, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let known = |allowed: &String| allowed == "*" || allowed.as_bytes() == origin.as_bytes();
    cors.allow_origins.iter().any(known).then(|| origin.clone())
}

fn list(headers: &mut HeaderMap, name: HeaderName, values: &[String]) {
    if let Ok(value) = HeaderValue::try_from(values.join(",")) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors() -> Cors {
        Cors {
            allow_origins: vec!["http://book.example".into()],
            allow_methods: vec!["GET".into(), "PUT".into()],
            allow_headers: vec!["x-visitor".into()],
            expose_headers: vec!["server-timing".into()],
            max_age: Some(600),
        }
    }

    fn request(origin: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("origin", origin.parse().unwrap());
        headers.insert("access-control-request-method", "PUT".parse().unwrap());
        headers
    }

    #[test]
    fn a_preflight_is_answered_without_the_function() {
        let answer = preflight(&cors(), &Method::OPTIONS, &request("http://book.example")).unwrap();
        assert_eq!(answer.status(), 204);
        assert_eq!(answer.headers()["access-control-allow-methods"], "GET,PUT");
        assert_eq!(answer.headers()["access-control-max-age"], "600");
        let foreign = preflight(&cors(), &Method::OPTIONS, &request("http://evil.example")).unwrap();
        assert!(foreign.headers().is_empty());
        assert!(preflight(&cors(), &Method::GET, &request("http://book.example")).is_none());
    }

    #[test]
    fn only_known_origins_get_headers() {
        let mut answer = HeaderMap::new();
        decorate(&cors(), &request("http://evil.example"), &mut answer);
        assert!(answer.is_empty());
        decorate(&cors(), &request("http://book.example"), &mut answer);
        assert_eq!(answer["access-control-expose-headers"], "server-timing");
    }
}
