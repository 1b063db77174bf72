//! The function in one environment: every event is a request to its one route.
//! Knows the layers and in which order they stand.

use crate::{
    app::{App, router},
    http,
    table::Table,
};
use axum::Router;
use environment::{Answering, Environment};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;
use users::{Namespaces, Throttle, Visitors};

/// The function in one environment.
#[derive(Clone)]
pub struct Function {
    app: Answering<Router>,
}

impl Function {
    /// A function whose readers are told apart by `namespaces` and may ask as fast as `throttle` says.
    #[must_use]
    pub fn new(environment: Environment, table: Table, namespaces: Namespaces, throttle: Throttle) -> Self {
        let app = App { table, visitors: Visitors::new(namespaces, throttle) };
        Self { app: environment.answering(router(app)) }
    }

    /// Answers an event.
    ///
    /// # Errors
    /// Only for the mistake whose nature it is.
    pub async fn answer(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        http::answer(&self.app, &event.payload, event.context).await
    }
}
