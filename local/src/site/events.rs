//! Server-sent events to open pages: the state at connecting, then what changes.
//! Knows builds and function states; what a page does with them is `live.js`.
//!
//! | event | data |
//! |---|---|
//! | `reload` | the version of the book that is served now; sent when the page shows another one |
//! | `book` | `{"error": null}` or `{"error": "every message of the failed build"}` |
//! | `functions` | `[{"name", "state": "waiting"\|"building"\|"live"\|"failed", "serving", "message"?, "progress"?: [done, all]}]` |

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::Build;
use crate::lambda::package::Status;

/// How soon a browser connects again when the server was restarted.
const RETRY: Duration = Duration::from_secs(1);

/// The query of the address.
#[derive(Debug, Deserialize)]
pub struct From {
    /// The version of the book that the page shows; without it the page counts as up to date.
    version: Option<String>,
}

/// The answer when all places are taken; the page asks again by itself.
pub fn too_many() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")]).into_response()
}

/// The stream of one page. It ends when `closing` turns true.
pub fn stream(
    from: From,
    build: watch::Receiver<Build>,
    functions: watch::Receiver<Vec<Status>>,
    closing: watch::Receiver<bool>,
    permit: OwnedSemaphorePermit,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let shown = from.version.unwrap_or_else(|| version(&build.borrow()));
    let mut feed = Feed { shown, build, functions, closing, queue: VecDeque::new(), _permit: permit };
    feed.queue.push_back(Event::default().retry(RETRY).comment("local"));
    feed.read_functions();
    feed.read_build();
    Sse::new(unfold(feed, next)).keep_alive(KeepAlive::default())
}

struct Feed {
    shown: String,
    build: watch::Receiver<Build>,
    functions: watch::Receiver<Vec<Status>>,
    closing: watch::Receiver<bool>,
    queue: VecDeque<Event>,
    _permit: OwnedSemaphorePermit,
}

async fn next(mut feed: Feed) -> Option<(Result<Event, Infallible>, Feed)> {
    loop {
        if let Some(event) = feed.queue.pop_front() {
            return Some((Ok(event), feed));
        }
        tokio::select! {
            () = closed(&mut feed.closing) => return None,
            changed = feed.build.changed() => {
                changed.ok()?;
                feed.read_build();
            }
            () = changed_while_sent(&mut feed.functions) => feed.read_functions(),
        }
    }
}

async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the site itself is gone.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// Without functions to compile nobody holds the sender: then nothing changes any more.
async fn changed_while_sent(functions: &mut watch::Receiver<Vec<Status>>) {
    if functions.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Feed {
    fn read_functions(&mut self) {
        let functions = self.functions.borrow_and_update().clone();
        self.push("functions", &json!(functions));
    }

    fn read_build(&mut self) {
        let build = self.build.borrow_and_update().clone();
        self.push("book", &json!({ "error": build.error.as_deref() }));
        let now = version(&build);
        if build.shelf.is_some() && now != self.shown {
            self.queue.push_back(Event::default().event("reload").data(&now));
            self.shown = now;
        }
    }

    fn push(&mut self, name: &str, data: &serde_json::Value) {
        self.queue.push_back(Event::default().event(name).data(data.to_string()));
    }
}

/// The version that pages of this build carry; the page about a broken book carries an empty one.
fn version(build: &Build) -> String {
    build.shelf.as_ref().map(|shelf| shelf.version.clone()).unwrap_or_default()
}
