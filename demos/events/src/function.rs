//! Tells by an event's form where it came from, and hands it on.
//! Knows the three sources' rooms; what an event says is theirs to read.

use crate::{app, app::App, http, queue, schedule, store::Store};
use axum::Router;
use environment::{Answering, Environment, Invocation};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;
use users::{Namespaces, Throttle, Visitors};

/// The function in one environment.
#[derive(Clone)]
pub struct Function {
    http: Answering<Router>,
    store: Store,
    namespaces: Namespaces,
}

/// An event of no source this function has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("모르는 모양의 이벤트다. HTTP, 일정, 큐에서 온 것만 받는다.")]
pub struct Unknown;

impl From<Unknown> for Diagnostic {
    fn from(unknown: Unknown) -> Self {
        Self { error_type: "UnknownEvent".to_owned(), error_message: unknown.to_string() }
    }
}

impl Function {
    /// A function whose readers are told apart by `namespaces` and may ask as fast as `throttle` says.
    #[must_use]
    pub fn new(environment: Environment, store: Store, namespaces: Namespaces, throttle: Throttle) -> Self {
        let app = App { store: store.clone(), visitors: Visitors::new(namespaces.clone(), throttle) };
        Self { http: environment.answering(app::router(app)), store, namespaces }
    }

    // ANCHOR: event-sources
    /// Answers an event in the form its source expects.
    ///
    /// # Errors
    /// [`Unknown`], and nothing else: what goes wrong is said in the answer, but for a schedule, which reads none.
    pub async fn answer(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let LambdaEvent { payload, context } = event;
        if payload["requestContext"]["http"].is_object() {
            return Ok(http::answer(&self.http, payload, context).await);
        }
        if payload["Records"][0]["eventSource"] == "aws:sqs" {
            return Ok(queue::answer(&self.store, &self.namespaces, &self.begin(), &payload, &context).await);
        }
        if payload["source"] == "aws.scheduler" {
            return schedule::answer(&self.store, &self.begin(), &payload, &context).await;
        }
        Err(Unknown.into())
    }
    // ANCHOR_END: event-sources

    /// Counts an invocation that is no request, so that the next request is not taken for the environment's first.
    fn begin(&self) -> Invocation {
        self.http.begin()
    }
}
