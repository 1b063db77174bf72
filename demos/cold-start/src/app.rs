//! The router and the one handler: measure, compute, wait, answer, and perhaps tick on.
//! Knows every other module of this function; none of them knows it.

use crate::{
    background::{Background, Tick},
    burn::burn,
    parameters::Parameters,
    prepare::{IndexReport, Preparation},
};
use axum::{
    Extension, Json, Router,
    extract::{RawQuery, State},
    http::StatusCode,
    routing::get,
};
use environment::{Invocation, Problem, clock::milliseconds, method_not_allowed, route_not_found};
use serde::Serialize;
use std::sync::Arc;
use tokio::{task::JoinError, time::sleep};

/// What outlives a call.
struct Function {
    preparation: Preparation,
    background: Background,
}

/// An answer. Durations are ms, `memoryMB` is the configured size.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    environment_id: String,
    invocation: u64,
    cold: bool,
    init_ms: f64,
    age_ms: f64,
    handler_ms: f64,
    cpu_ms: f64,
    #[serde(rename = "memoryMB")]
    memory_mb: Option<u32>,
    initialization_type: String,
    background: Vec<Tick>,
    index: Option<IndexReport>,
}

/// The function as a service: every name it is deployed under is one path segment below `/api/cold-start`.
///
/// Wants an [`environment::Invocation`] among the request's extensions, which [`environment::Answering`] puts there.
pub fn app(preparation: Preparation) -> Router {
    let function = Function { preparation, background: Background::default() };
    Router::new()
        .route("/api/cold-start/{name}", get(measure))
        .fallback(route_not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(Arc::new(function))
}

// ANCHOR: cold-start-handler
async fn measure(
    State(function): State<Arc<Function>>,
    Extension(invocation): Extension<Invocation>,
    RawQuery(query): RawQuery,
) -> Result<Json<Answer>, Problem> {
    let asked = Parameters::parse(query.as_deref())?;
    let background = function.background.report().await;

    let (index, prepared) = function.preparation.report().await.map_err(thread_lost)?;
    let burnt = burn(asked.work).await.map_err(thread_lost)?;
    if !asked.wait.is_zero() {
        sleep(asked.wait).await; // a timer rounds up to the next millisecond, even zero
    }

    let environment = invocation.environment();
    let answer = Answer {
        environment_id: environment.id().to_owned(),
        invocation: invocation.number(),
        cold: invocation.is_cold(),
        init_ms: milliseconds(environment.init()),
        age_ms: milliseconds(environment.age()),
        handler_ms: milliseconds(invocation.elapsed()),
        cpu_ms: milliseconds(prepared + burnt),
        memory_mb: environment.memory_mb(),
        initialization_type: environment.initialization_type().to_owned(),
        background,
        index,
    };
    // These go on after the answer, for as long as Lambda lets this environment run.
    function.background.start(asked.after);
    Ok(Json(answer))
}
// ANCHOR_END: cold-start-handler

/// The thread that was to compute could not be started, or died: nothing the caller did.
fn thread_lost(error: JoinError) -> Problem {
    tracing::error!(cancelled = error.is_cancelled(), "the computing thread was lost");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "함수 안에서 일이 잘못되었다. 잠시 뒤에 다시 보내 보자.",
    )
}
