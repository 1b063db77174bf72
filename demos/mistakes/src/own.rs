//! Mistakes of a function's own, without any table: it takes too long, dies, fails, or answers what is no answer.
//! Knows what Lambda and API Gateway expect of a function; who asks has been admitted.

use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use std::time::Duration;

/// What [`time_out`] waits for: longer than any time limit this function will have.
pub const TOO_LONG: Duration = Duration::from_secs(60);
/// The body of [`too_large`], in bytes. Lambda takes answers of 6 MB (Lambda Developer Guide, "Lambda quotas"); this is above
/// them however one counts a megabyte.
pub const TOO_MANY_BYTES: usize = 6 * 1_024 * 1_024 + 1_024;

/// What the function returns instead of the response it came with; among the response's extensions.
#[derive(Clone)]
pub(crate) enum Instead {
    /// This, as it is.
    Payload(Value),
    /// An error that nobody handles.
    Error(Diagnostic),
}

// ANCHOR: own-mistakes
/// Waits as if somebody would answer. Lambda ends the environment when the time limit is over.
pub(crate) async fn time_out() -> Response {
    tokio::time::sleep(TOO_LONG).await;
    Json(json!({"mistake": "time-out"})).into_response()
}

/// Ends the process in the middle of an invocation, as an abort in a library does, or memory that is used up.
#[expect(clippy::exit, reason = "to die is the mistake")]
pub(crate) fn crash() -> Response {
    tracing::error!("this process ends now");
    std::process::exit(1)
}

/// An error that leaves the handler. What it says stands in the log; the caller is told nothing of it.
pub(crate) fn exception() -> Response {
    match "하나".parse::<u32>() {
        Ok(number) => Json(number).into_response(),
        Err(error) => instead(Instead::Error(Diagnostic {
            error_type: "ParseIntError".to_owned(),
            error_message: error.to_string(),
        })),
    }
}

/// A body in a response of payload format 2.0 is text. Here it is an object; mended, the object's text.
pub(crate) fn malformed(fixed: bool) -> Response {
    let answer = json!({"mistake": "malformed", "fixed": fixed});
    if fixed {
        return Json(answer).into_response();
    }
    instead(Instead::Payload(json!({"statusCode": 200, "body": answer})))
}

/// An answer of more bytes than Lambda takes from a function.
pub(crate) fn too_large() -> Response {
    ([(header::CONTENT_TYPE, "text/plain")], "x".repeat(TOO_MANY_BYTES)).into_response()
}
// ANCHOR_END: own-mistakes

fn instead(instead: Instead) -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(instead);
    response
}
