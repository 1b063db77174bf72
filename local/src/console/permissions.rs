//! The permission switch over HTTP: what each role grants, one action taken away or given back, everything given back.
//! Knows `Iam` and HTTP; what may be switched is `Iam`'s to say.
//!
//! | request | answer |
//! |---|---|
//! | `GET /_local/roles` | 200 `{"roles": […], "denials": […]}` |
//! | `DELETE /_local/roles/{role}/actions/{action}` | 200, taken away (also when it was already) |
//! | `PUT /_local/roles/{role}/actions/{action}` | 200, given back (also when it was never taken) |
//! | `PUT /_local/roles` | 200, everything given back |
//!
//! 404 for what the template does not grant: it can neither be taken nor given. The page's forms, which work without JavaScript,
//! `POST` to the same addresses with `do=take` or `do=give` and are sent back to the page.

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde_json::json;

use super::Console;
use crate::iam::{Grant, NotGranted};

/// Where the page shows the roles.
const SECTION: &str = "/_local/#roles";

/// The addresses of the switch.
pub fn router() -> Router<Console> {
    Router::new()
        .route("/_local/roles", get(all).put(restore).post(restore_by_form))
        .route("/_local/roles/{role}/actions/{action}", put(give).delete(take).post(by_form))
}

async fn all(State(console): State<Console>) -> Response {
    let iam = console.iam();
    let denials: Vec<_> = iam.denials().recent().iter().map(|denial| json!(**denial)).collect();
    answer(StatusCode::OK, json!({"roles": iam.grants(), "denials": denials}))
}

async fn take(State(console): State<Console>, Path((role, action)): Path<(String, String)>) -> Response {
    switched(&role, &action, console.iam().take_away(&role, &action))
}

async fn give(State(console): State<Console>, Path((role, action)): Path<(String, String)>) -> Response {
    switched(&role, &action, console.iam().give_back(&role, &action))
}

async fn restore(State(console): State<Console>) -> Response {
    answer(StatusCode::OK, json!({"givenBack": console.iam().give_all_back()}))
}

async fn by_form(
    State(console): State<Console>,
    Path((role, action)): Path<(String, String)>,
    body: String,
) -> Response {
    let done = match body.as_str() {
        "do=take" => console.iam().take_away(&role, &action),
        "do=give" => console.iam().give_back(&role, &action),
        _ => return refused(StatusCode::BAD_REQUEST, "unknown_form", "do=take나 do=give를 보낸다."),
    };
    if done.is_ok() { back() } else { switched(&role, &action, done) }
}

async fn restore_by_form(State(console): State<Console>) -> Response {
    console.iam().give_all_back();
    back()
}

/// To the page, which shows what is so now; a reload does not send the form again.
fn back() -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, axum::http::HeaderValue::from_static(SECTION));
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn switched(role: &str, action: &str, done: Result<Grant, NotGranted>) -> Response {
    match done {
        Ok(Grant { action, resources, taken }) => answer(
            StatusCode::OK,
            json!({"role": role, "action": action, "resources": resources, "taken": taken}),
        ),
        Err(NotGranted::NoRole) => {
            let message =
                format!("`{role}`이라는 역할을 맡은 함수가 없다. 있는 역할은 /_local/roles에서 본다.");
            refused(StatusCode::NOT_FOUND, "role_not_found", &message)
        }
        Err(NotGranted::NoAction) => {
            let message = format!(
                "역할 `{role}`의 정책에 `{action}`이라는 줄이 없다. template.yaml이 준 것만 빼고 돌려줄 수 있다."
            );
            refused(StatusCode::NOT_FOUND, "action_not_granted", &message)
        }
    }
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    answer(status, json!({"error": {"code": code, "message": message}}))
}

fn answer(status: StatusCode, body: serde_json::Value) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
