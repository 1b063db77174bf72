//! What stands before the routes of functions that know readers by the header of their page only: who asks, and how often.
//! Knows visitors, namespaces and the throttle; puts a [`Namespace`] among the request's extensions.

use crate::{
    key::{Namespace, Namespaces},
    refusal::Refusal,
    throttle::Throttle,
    visitor::Visitor,
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use environment::VisitorTag;
use std::{sync::Arc, time::Instant};

/// What [`admit`] needs.
#[derive(Clone)]
pub struct Visitors {
    namespaces: Namespaces,
    throttle: Arc<Throttle>,
}

impl Visitors {
    /// Visitors who are told apart by `namespaces` and may ask as fast as `throttle` says.
    #[must_use]
    pub fn new(namespaces: Namespaces, throttle: Throttle) -> Self {
        Self { namespaces, throttle: Arc::new(throttle) }
    }
}

/// Lets a request through to its route, with its reader's [`Namespace`], or answers it.
pub async fn admit(State(visitors): State<Visitors>, mut request: Request, next: Next) -> Response {
    let reader: Namespace = match Visitor::of(request.headers()) {
        Ok(visitor) => visitors.namespaces.of(&visitor),
        Err(refusal) => return refusal.into_response(),
    };
    let mut response = match visitors.throttle.take(reader, Instant::now()) {
        Err(retry_after) => Refusal::TooManyRequests { retry_after }.into_response(),
        Ok(()) => {
            request.extensions_mut().insert(reader);
            next.run(request).await
        }
    };
    response.extensions_mut().insert(VisitorTag(reader.tag()));
    response
}
