//! Which room answers a request: behind the wall, `/api` is the API's and everything else the pages': one origin, as behind
//! CloudFront. Knows the rooms' front doors.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::unfold;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout_at};
use tower::ServiceExt;

use super::connections::{self, Bounds};
use crate::gateway::HttpApi;
use crate::wall::Wall;

/// How long the body of a request to a page may take. The API has a bound of its own.
const PATIENCE: Duration = Duration::from_secs(30);

/// The wall and what is behind it.
#[derive(Debug)]
pub struct Rooms {
    wall: Wall,
    api: HttpApi,
    pages: Router,
}

impl Rooms {
    /// Rooms behind a wall.
    pub fn new(wall: Wall, api: HttpApi, pages: Router) -> Self {
        Self { wall, api, pages }
    }

    /// Answers what comes to `listener` until `end` is ready.
    pub async fn serve(self, listener: TcpListener, bounds: Bounds, end: impl Future<Output = ()>) {
        let rooms = Arc::new(self);
        let answer = move |request, caller| {
            let rooms = Arc::clone(&rooms);
            async move { rooms.answer(request, caller).await }
        };
        connections::serve(listener, bounds, answer, end).await;
    }

    async fn answer(&self, request: Request<Incoming>, caller: SocketAddr) -> Response {
        // A tunnel to somewhere: after a success the connection would be no HTTP any more (RFC 9110, 9.3.6).
        if request.method() == Method::CONNECT {
            return StatusCode::NOT_IMPLEMENTED.into_response();
        }
        if let Err(refusal) = self.wall.check(request.method(), request.uri(), request.headers()) {
            return refusal.into_response();
        }
        let path = request.uri().path();
        if path.strip_prefix("/api").is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            return self.api.answer(request.map(Body::new), caller).await;
        }
        match self.pages.clone().oneshot(request.map(within_time)).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// A body that fails when it has not ended in time.
fn within_time(body: Incoming) -> Body {
    if body.is_end_stream() {
        return Body::empty();
    }
    let end = Instant::now() + PATIENCE;
    let chunks = unfold(body.into_data_stream(), move |mut body| async move {
        match timeout_at(end, body.next()).await {
            Ok(chunk) => chunk.map(|chunk| (chunk.map_err(axum::Error::new), body)),
            Err(late) => Some((Err(axum::Error::new(late)), body)),
        }
    });
    Body::from_stream(chunks)
}
