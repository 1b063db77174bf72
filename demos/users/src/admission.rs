//! What stands before every route: who asks, how often, and for how long an answer may take.
//! Knows visitors, signed-in readers, namespaces and the throttle; puts a `Caller` among the request's extensions.

use crate::{
    key::{Namespace, Namespaces},
    refusal::Refusal,
    repository::Meter,
    throttle::Throttle,
    visitor::{Subject, Visitor},
};
use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};
use environment::VisitorTag;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// After this a request is answered 503, before API Gateway or Lambda would do worse.
const DEADLINE: Duration = Duration::from_secs(8);

/// What admission needs.
#[derive(Clone)]
pub(crate) struct Door {
    pub namespaces: Namespaces,
    pub throttle: Arc<Throttle>,
    pub readers: Readers,
}

/// By what the readers behind a door are known.
#[derive(Clone, Copy)]
pub(crate) enum Readers {
    /// The header their page made for itself.
    Visitors,
    /// Their token, which an authorizer has checked.
    SignedIn,
}

impl Readers {
    /// The path of their users.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Visitors => "/api/users",
            Self::SignedIn => "/api/me/users",
        }
    }
}

/// Whose request this is, and what it has cost so far.
#[derive(Clone)]
pub(crate) struct Caller {
    pub namespace: Namespace,
    pub meter: Meter,
    /// Where the caller's users are found.
    pub path: &'static str,
}

/// Lets a request through to its route, or answers it.
pub(crate) async fn admit(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let namespace = match door.namespace(&request) {
        Ok(namespace) => namespace,
        Err(refusal) => return refusal.into_response(),
    };
    let meter = Meter::default();
    let caller = Caller { namespace, meter: meter.clone(), path: door.readers.path() };
    let mut response = match door.check(namespace, &request) {
        Err(refusal) => refusal.into_response(),
        Ok(()) => {
            request.extensions_mut().insert(caller);
            let answer = tokio::time::timeout(DEADLINE, next.run(request)).await;
            answer.unwrap_or_else(|_| Refusal::StorageUnavailable.into_response())
        }
    };
    response.extensions_mut().insert(VisitorTag(namespace.tag()));
    if let Some(used) = meter.used() {
        response.extensions_mut().insert(used);
    }
    response
}

impl Door {
    fn namespace(&self, request: &Request) -> Result<Namespace, Refusal> {
        match self.readers {
            Readers::Visitors => Visitor::of(request.headers()).map(|visitor| self.namespaces.of(&visitor)),
            Readers::SignedIn => {
                Subject::of(request.extensions()).map(|subject| self.namespaces.of_subject(&subject))
            }
        }
    }

    fn check(&self, visitor: Namespace, request: &Request) -> Result<(), Refusal> {
        self.throttle
            .take(visitor, Instant::now())
            .map_err(|retry_after| Refusal::TooManyRequests { retry_after })?;
        // Reads look at their query themselves.
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let asks = request.uri().query().is_some_and(|query| !query.is_empty());
        if asks && !reads { Err(Refusal::QueryUnknown) } else { Ok(()) }
    }
}
