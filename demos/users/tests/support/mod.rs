//! The function as deployed, in front of a real DynamoDB-compatible engine: in memory, over HTTP, through the unmodified SDK.
//! One engine and one runtime serve all tests of a test program; every test brings visitors of its own.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)] // each test program uses its part

mod table;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use environment::{Answering, Birth};
use serde_json::Value;
use std::{
    net::SocketAddr,
    sync::OnceLock,
    time::{SystemTime, UNIX_EPOCH},
};
pub use table::{TABLE, client};
use tokio::runtime::Runtime;
use tower::ServiceExt;
use users::{Namespaces, Repository, Throttle, app};

pub const STACK: &str = "stack";

/// The runtime everything runs on.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| table::runtime().unwrap())
}

/// Where the engine listens; its table exists.
pub fn engine() -> SocketAddr {
    static ENGINE: OnceLock<SocketAddr> = OnceLock::new();
    *ENGINE.get_or_init(|| {
        // From a thread of its own, because a caller may be running on the runtime.
        std::thread::spawn(|| runtime().block_on(table::engine()).unwrap()).join().unwrap()
    })
}

pub type Function = Answering<Router>;

pub fn namespaces() -> Namespaces {
    Namespaces::keyed(STACK).unwrap()
}

/// A new environment of the function in front of an address.
pub async fn function_at(address: SocketAddr, table: &str, throttle: Throttle) -> Function {
    let repository = Repository::new(client(address).await, table.to_owned());
    Birth::now().complete().unwrap().answering(app(repository, namespaces(), throttle))
}

/// A new environment in front of the engine, which answers as fast as anyone asks.
pub async fn function() -> Function {
    function_at(engine(), TABLE, unlimited()).await
}

pub fn unlimited() -> Throttle {
    Throttle::new(1e9, u32::MAX)
}

/// 32 digits nobody else has.
pub fn visitor() -> String {
    environment::random_hex().unwrap()
}

pub fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// A reader with a function.
#[derive(Clone)]
pub struct Reader {
    pub visitor: String,
    pub function: Function,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Reader {
    pub async fn new() -> Self {
        Self::of(function().await)
    }

    pub fn of(function: Function) -> Self {
        Self { visitor: visitor(), function }
    }

    /// Sends a request with the reader's visitor and, where there is a body, `application/json`.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("x-visitor", &self.visitor);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(
            &self.function,
            request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_owned()))).unwrap(),
        )
        .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None).await
    }

    pub async fn post(&self, body: &str) -> Answer {
        self.send("POST", "/api/users", &[], Some(body)).await
    }

    pub async fn put(&self, path: &str, if_match: Option<&str>, body: &str) -> Answer {
        let headers: Vec<_> = if_match.map(|tag| ("if-match", tag)).into_iter().collect();
        self.send("PUT", path, &headers, Some(body)).await
    }
}

pub async fn answer(function: &Function, request: Request<Body>) -> Answer {
    let (head, body) = function.clone().oneshot(request).await.unwrap().into_parts();
    let text = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    let body = serde_json::from_str(&text).unwrap_or_default();
    Answer { status: head.status, headers: head.headers, text, body }
}
