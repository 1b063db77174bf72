//! The user pool's domain: on AWS `https://NAME.auth.REGION.amazoncognito.com`, here below the issuer's own address.
//! Knows the issuer, what it handed out, and who may ask; its endpoints are the modules beside it.

use std::sync::Arc;

use axum::Json;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Issuer;
use super::grants::Grants;
use super::origin::Origins;

/// State of all endpoints. Clones share one.
#[derive(Debug, Clone)]
pub(super) struct Domain {
    /// Signs.
    pub issuer: Issuer,
    /// What was handed out.
    pub grants: Arc<Grants>,
    /// Whose pages may ask.
    pub origins: Origins,
}

impl Domain {
    /// A domain that has handed out nothing yet.
    pub fn new(issuer: Issuer, origins: Vec<String>) -> Self {
        Self { issuer, grants: Arc::default(), origins: Origins::new(origins) }
    }
}

/// JSON that nobody keeps.
pub(super) fn answer(status: StatusCode, body: Value) -> Response {
    let mut response =
        (status, [(CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")], Json(body))
            .into_response();
    // As Cognito writes it ("Token endpoint", sample error response).
    response
        .headers_mut()
        .insert(CONTENT_TYPE, header::HeaderValue::from_static("application/json;charset=UTF-8"));
    response
}

/// `{"error":"…"}`: nothing else is in Cognito's own sample of an error.
pub(super) fn error(status: StatusCode, code: &str) -> Response {
    answer(status, json!({ "error": code }))
}

/// 400 `{"error":"…"}`.
pub(super) fn bad_request(code: &str) -> Response {
    error(StatusCode::BAD_REQUEST, code)
}

/// The issuer cannot sign, or the machine gives no random bytes. The text says which, and no more.
pub(super) fn unavailable(why: impl std::fmt::Display) -> Response {
    tracing::error!("로그인을 처리하지 못했다: {why:#}");
    error(StatusCode::SERVICE_UNAVAILABLE, "server_error")
}

/// 302 to an address, with these parameters.
pub(super) fn redirect(address: &str, parameters: &[(&str, &str)]) -> Response {
    let mut location = address.to_owned();
    if !parameters.is_empty() {
        location.push('?');
        location.push_str(&form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish());
    }
    (StatusCode::FOUND, [(LOCATION, location.as_str()), (CACHE_CONTROL, "no-store")]).into_response()
}

/// The value of a cookie.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let sent = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|cookies| cookies.split(';')).find_map(|cookie| {
        let (known, value) = cookie.trim().split_once('=')?;
        (known == name).then_some(value)
    })
}

/// A cookie for the domain's own addresses, which no script can read. Not `Secure`: this machine talks HTTP to itself.
pub(super) fn set_cookie(response: &mut Response, issuer: &Issuer, name: &str, value: &str, seconds: i64) {
    let path = issuer.path();
    let cookie = format!("{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = header::HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_carries_its_parameters_encoded() {
        let response = redirect("http://127.0.0.1:1/", &[("code", "a-b_c"), ("state", "한 &#\r\n=\"<")]);
        assert_eq!(response.status(), 302);
        assert_eq!(
            response.headers()[LOCATION],
            "http://127.0.0.1:1/?code=a-b_c&state=%ED%95%9C+%26%23%0D%0A%3D%22%3C"
        );
        assert_eq!(redirect("/a", &[]).headers()[LOCATION], "/a");
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=1; cognito=x=y; b".parse().unwrap());
        headers.append(header::COOKIE, "other=2".parse().unwrap());
        assert_eq!(cookie(&headers, "cognito"), Some("x=y"));
        assert_eq!(cookie(&headers, "other"), Some("2"));
        assert_eq!((cookie(&headers, "ognito"), cookie(&headers, "b")), (None, None));
    }
}
