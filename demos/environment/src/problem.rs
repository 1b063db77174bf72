//! The one shape of every error a function makes: `{"error":{"code":"…","message":"…"}}`.
//! Knows HTTP; the functions bring their own codes and sentences.

use axum::{
    body::Body,
    http::{HeaderValue, Method, Response, StatusCode, Uri, header},
    response::IntoResponse,
};
use serde_json::json;
use std::borrow::Cow;

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Status of the answer.
    pub status: StatusCode,
    /// Stable name for programs, snake_case.
    pub code: &'static str,
    /// A Korean sentence for people: what is wrong and what to do next. Never contains what a stranger sent.
    pub message: Cow<'static, str>,
    /// Whole seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
}

/// The code of an error answer, for the log; among the response's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProblemCode(pub &'static str);

impl Problem {
    /// A problem that does not pass by waiting.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    /// The answer, with whatever kind of body a service has.
    pub(crate) fn response<B: From<String>>(&self) -> Response<B> {
        let body = json!({"error": {"code": self.code, "message": self.message}}).to_string();
        let mut response = Response::new(B::from(body));
        *response.status_mut() = self.status;
        response.extensions_mut().insert(ProblemCode(self.code));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        self.response::<Body>()
    }
}

/// Fallback of every function's router. Behind the gateway nobody sees it: API Gateway knows the routes itself.
pub async fn route_not_found(_: Method, _: Uri) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "route_not_found",
        "이 함수에는 그런 경로가 없다. 주소를 다시 확인해 보자.",
    )
}

/// Answer to a method that a route does not have. Behind the gateway nobody sees it either.
pub async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "이 경로는 그 메서드를 받지 않는다. `allow` 헤더에 있는 메서드를 쓰면 된다.",
    )
}
