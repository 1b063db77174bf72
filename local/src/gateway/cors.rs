//! Answers preflights and adds CORS headers as API Gateway does once CORS is configured.
//! Knows the API's CorsConfiguration; functions have no say, their own CORS headers are dropped.
//!
//! API Gateway Developer Guide, "Configure CORS for HTTP APIs".

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;

use template::Cors;

/// Whether a browser asks what it may ask (Fetch Standard, "CORS-preflight request").
pub fn is_preflight(parts: &Parts) -> bool {
    parts.method == Method::OPTIONS
        && parts.headers.contains_key(header::ORIGIN)
        && parts.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight, without CORS headers for an origin that is not allowed.
pub fn preflight(cors: &Cors, request: &HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let answer = response.headers_mut();
    if allow(cors, request, answer) {
        list(answer, header::ACCESS_CONTROL_ALLOW_METHODS, &cors.allow_methods);
        list(answer, header::ACCESS_CONTROL_ALLOW_HEADERS, &cors.allow_headers);
        if let Some(seconds) = cors.max_age {
            answer.insert(header::ACCESS_CONTROL_MAX_AGE, seconds.into());
        }
    }
    response
}

/// Takes from an answer what a function says of CORS and adds what the configuration says; to errors too.
pub fn decorate(cors: &Cors, request: &HeaderMap, answer: &mut HeaderMap) {
    let own = answer.keys().filter(|name| name.as_str().starts_with("access-control-"));
    for name in own.cloned().collect::<Vec<_>>() {
        answer.remove(name);
    }
    if allow(cors, request, answer) {
        list(answer, header::ACCESS_CONTROL_EXPOSE_HEADERS, &cors.expose_headers);
    }
}

/// Names the origin in the answer if it is allowed.
fn allow(cors: &Cors, request: &HeaderMap, answer: &mut HeaderMap) -> bool {
    let Some(origin) = request.get(header::ORIGIN) else { return false };
    if cors.allow_origins.iter().any(|allowed| allowed == "*") {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        return true;
    }
    if !cors.allow_origins.iter().any(|allowed| fits(allowed, origin.as_bytes())) {
        return false;
    }
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    if cors.allow_credentials {
        answer.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    answer.append(header::VARY, HeaderValue::from_static("origin"));
    true
}

/// An exact origin, or all of one scheme: `https://*`.
fn fits(allowed: &str, origin: &[u8]) -> bool {
    match allowed {
        "http://*" | "https://*" => origin.starts_with(&allowed.as_bytes()[..allowed.len() - 1]),
        exact => exact.as_bytes() == origin,
    }
}

fn list(headers: &mut HeaderMap, name: HeaderName, values: &[String]) {
    if !values.is_empty()
        && let Ok(value) = HeaderValue::try_from(values.join(","))
    {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn cors() -> Cors {
        Cors {
            allow_origins: vec!["http://book.example".into()],
            allow_methods: vec!["GET".into(), "PUT".into()],
            allow_headers: vec!["x-visitor".into()],
            expose_headers: vec!["server-timing".into()],
            max_age: Some(600),
            allow_credentials: false,
        }
    }

    fn request(origin: &str) -> HeaderMap {
        HeaderMap::from_iter([
            (header::ORIGIN, origin.parse().unwrap()),
            (header::ACCESS_CONTROL_REQUEST_METHOD, "PUT".parse().unwrap()),
        ])
    }

    fn text(headers: &HeaderMap) -> Vec<String> {
        let mut lines: Vec<_> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        lines
    }

    #[test]
    fn a_preflight_is_answered_without_the_function() {
        let answer = preflight(&cors(), &request("http://book.example"));
        assert_eq!(answer.status(), 204);
        let expected = [
            "access-control-allow-headers: x-visitor",
            "access-control-allow-methods: GET,PUT",
            "access-control-allow-origin: http://book.example",
            "access-control-max-age: 600",
            "vary: origin",
        ];
        assert_eq!(text(answer.headers()), expected);
        let foreign = preflight(&cors(), &request("http://evil.example"));
        assert_eq!((foreign.status().as_u16(), foreign.headers().len()), (204, 0));
    }

    #[test]
    fn what_is_no_preflight() {
        let is =
            |request: axum::http::request::Builder| is_preflight(&request.body(()).unwrap().into_parts().0);
        let options = || Request::options("/").header("origin", "http://book.example");
        assert!(is(options().header("access-control-request-method", "PUT")));
        assert!(!is(options()));
        assert!(!is(Request::options("/").header("access-control-request-method", "PUT")));
        let get = Request::get("/").header("origin", "null").header("access-control-request-method", "PUT");
        assert!(!is(get));
    }

    #[test]
    fn the_function_s_own_headers_are_dropped_and_only_known_origins_get_others() {
        let decorated = |cors: &Cors, origin: &str| {
            let mut answer = HeaderMap::new();
            for (name, value) in [
                ("access-control-allow-origin", "*"),
                ("access-control-allow-credentials", "true"),
                ("access-control-allow-private-network", "true"),
                ("vary", "accept"),
            ] {
                answer.insert(name, value.parse().unwrap());
            }
            let request = if origin.is_empty() { HeaderMap::new() } else { request(origin) };
            decorate(cors, &request, &mut answer);
            text(&answer)
        };
        for foreign in ["", "http://evil.example", "http://book.example.evil", "https://book.example", "null"]
        {
            assert_eq!(decorated(&cors(), foreign), ["vary: accept"], "{foreign}");
        }
        let expected = [
            "access-control-allow-origin: http://book.example",
            "access-control-expose-headers: server-timing",
            "vary: accept",
            "vary: origin",
        ];
        assert_eq!(decorated(&cors(), "http://book.example"), expected);

        let any = Cors { allow_origins: vec!["*".into()], expose_headers: vec![], ..cors() };
        assert_eq!(decorated(&any, "null"), ["access-control-allow-origin: *", "vary: accept"]);
        let secure = Cors { allow_origins: vec!["https://*".into()], allow_credentials: true, ..cors() };
        assert_eq!(decorated(&secure, "http://a.example"), ["vary: accept"]);
        let told = decorated(&secure, "https://a.example");
        assert_eq!(told[0], "access-control-allow-credentials: true");
        assert_eq!(told[1], "access-control-allow-origin: https://a.example");
    }
}
