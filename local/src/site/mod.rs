//! S3 and CloudFront on one machine: builds the book, serves the last good build, and tells open pages what changed.
//! Knows mdBook, the shelf of built files and the states of the functions; nothing of the API or of Lambda itself.

pub mod build;
pub mod compression;
pub mod events;
pub mod page;
pub mod shelf;

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use axum::extract::{Query, Request, State};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::json;
use tokio::sync::{Semaphore, watch};

use crate::lambda::package::Status;
use crate::watch::settled;
use shelf::{File, Shelf};

/// Open pages that may listen at once; a browser tab listens only while it is visible.
const MAX_LISTENERS: usize = 64;

/// A build folder left behind by a killed server is removed once it is older than this.
const STALE_BUILD: Duration = Duration::from_secs(60 * 60);

/// The book as this machine serves it. Clones share one state.
#[derive(Debug, Clone)]
pub struct Site(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    book: PathBuf,
    scratch: PathBuf,
    build: watch::Sender<Build>,
    functions: watch::Receiver<Vec<Status>>,
    listeners: Arc<Semaphore>,
    closing: watch::Sender<bool>,
}

/// What there is to serve: the last good build, and the error of the last build if it failed.
#[derive(Debug, Clone, Default)]
pub struct Build {
    /// `None` until a build has succeeded.
    pub shelf: Option<Arc<Shelf>>,
    /// mdBook's and the preprocessor's messages, all of them, as text.
    pub error: Option<Arc<str>>,
}

#[derive(Debug, Clone)]
struct Served {
    site: Site,
    connect: Arc<str>,
    sign_in: Option<Arc<SignIn>>,
}

/// Where readers of this book sign in, as pages are told by `/config.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The issuer of tokens.
    pub issuer: String,
    /// The client that the pages are.
    pub client: String,
    /// What pages ask for: scopes with a space between.
    pub scope: String,
}

impl Site {
    /// A site that has built nothing yet. `book` is the folder of `book.toml`, `scratch` a folder for builds in
    /// progress, `functions` the states that open pages show.
    pub fn new(book: PathBuf, scratch: PathBuf, functions: watch::Receiver<Vec<Status>>) -> Site {
        let inner = Inner {
            book,
            scratch,
            build: watch::Sender::default(),
            functions,
            listeners: Arc::new(Semaphore::new(MAX_LISTENERS)),
            closing: watch::Sender::new(false),
        };
        Site(Arc::new(inner))
    }

    /// Builds now and again after every burst of `changes`; ends when their sender is gone.
    pub async fn run(&self, mut changes: watch::Receiver<u64>) {
        let mut told = Vec::new();
        loop {
            self.rebuild(&mut told).await;
            if !settled(&mut changes).await {
                return;
            }
        }
    }

    /// What is served at this moment.
    pub fn current(&self) -> watch::Receiver<Build> {
        self.0.build.subscribe()
    }

    /// Ends the event streams of all open pages, which otherwise keep a graceful shutdown waiting for ever.
    pub fn close(&self) {
        self.0.closing.send_replace(true);
    }

    /// The routes of the book: everything that is not another room's. `port` is the one the server listens on.
    pub fn router(&self, port: u16) -> Router {
        self.router_with(port, None)
    }

    /// As [`Self::router`], for a book whose readers may sign in.
    pub fn router_with(&self, port: u16, sign_in: Option<SignIn>) -> Router {
        let mut connect = format!("http://*.localhost:{port}");
        if let Some(sign_in) = &sign_in {
            // The issuer has one name; to a page that was asked for by another one of this machine it is a foreign host.
            connect.push_str(&format!(" {}/", sign_in.issuer));
        }
        let served = Served { site: self.clone(), connect: connect.into(), sign_in: sign_in.map(Arc::new) };
        Router::new()
            .route("/config.json", get(config))
            .route("/_local/live.js", get(script))
            .route("/_local/events", get(events))
            .fallback(serve)
            .with_state(served)
    }

    /// `told`: remarks of the build before, which are not repeated at every save.
    async fn rebuild(&self, told: &mut Vec<String>) {
        let (book, scratch) = (self.0.book.clone(), self.0.scratch.clone());
        let built = tokio::task::spawn_blocking(move || build_shelf(&book, &scratch)).await;
        // A panic inside mdBook must not take the server down: the author mends the book and saves again.
        let built = built.unwrap_or_else(|panic| Err(anyhow::anyhow!("mdBook이 멈추었다: {panic}")));
        match built {
            Ok((shelf, report)) => {
                tracing::info!("책을 지었다: {}장, {:.2}초", report.chapters, report.elapsed.as_secs_f64());
                for remark in report.remarks.iter().filter(|remark| !told.contains(remark)) {
                    tracing::warn!("{remark}");
                }
                *told = report.remarks;
                self.0.build.send_replace(Build { shelf: Some(Arc::new(shelf)), error: None });
            }
            Err(error) => {
                let text = format!("{error:#}");
                tracing::error!("책을 짓지 못했다\n{text}");
                self.0.build.send_modify(|build| build.error = Some(text.into()));
            }
        }
    }
}

fn build_shelf(book: &Path, scratch: &Path) -> Result<(Shelf, build::BuildReport)> {
    std::fs::create_dir_all(scratch)
        .with_context(|| format!("폴더를 만들지 못했다: {}", scratch.display()))?;
    remove_stale(scratch);
    let folder = tempfile::Builder::new()
        .prefix("book-")
        .tempdir_in(scratch)
        .with_context(|| format!("폴더를 만들지 못했다: {}", scratch.display()))?;
    let report = build::build_once(book, Some(folder.path()))?;
    let shelf = Shelf::read(&report.html)?;
    Ok((shelf, report))
}

/// Best effort: what cannot be removed now is tried again at the next build.
fn remove_stale(scratch: &Path) {
    for entry in std::fs::read_dir(scratch).into_iter().flatten().flatten() {
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let age = age.and_then(|modified| SystemTime::now().duration_since(modified).ok());
        if age.is_some_and(|age| age > STALE_BUILD) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// What a page must know about this deployment; a book on AWS has a file of that name. `spread`: parallel
/// calls may be spread over `*.localhost` names, because a browser opens only six connections to one name. `bases`: what else
/// blocks may call here and not on AWS.
async fn config(State(served): State<Served>) -> impl IntoResponse {
    let mut config = json!({"api": "/api", "spread": true, "bases": ["local"]});
    if let Some(SignIn { issuer, client, scope }) = served.sign_in.as_deref() {
        config["issuer"] = issuer.as_str().into();
        config["client"] = client.as_str().into();
        config["scope"] = scope.as_str().into();
    }
    ([(CACHE_CONTROL, "no-cache"), (X_CONTENT_TYPE_OPTIONS, "nosniff")], Json(config))
}

/// The script that reloads open pages.
static SCRIPT: LazyLock<File> = LazyLock::new(|| {
    File::new(Bytes::from_static(include_bytes!("live.js")), "text/javascript; charset=utf-8")
});

async fn script(headers: HeaderMap) -> Response {
    let mut response = page::send(StatusCode::OK, &SCRIPT, None, &Method::GET, &headers).await;
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn events(State(served): State<Served>, Query(from): Query<events::From>) -> Response {
    let inner = &served.site.0;
    match inner.listeners.clone().try_acquire_owned() {
        Ok(permit) => {
            let (build, functions) = (inner.build.subscribe(), inner.functions.clone());
            events::stream(from, build, functions, inner.closing.subscribe(), permit).into_response()
        }
        Err(_) => events::too_many(),
    }
}

async fn serve(State(served): State<Served>, request: Request) -> Response {
    let mut build = served.site.current();
    // The address is announced before the first build is done; who comes early waits for it.
    let ready = build.wait_for(|build| build.shelf.is_some() || build.error.is_some()).await;
    let Ok(Build { shelf, error }) = ready.map(|build| build.clone()) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    match shelf {
        Some(shelf) => {
            page::answer(&shelf, &served.connect, request.method(), request.uri(), request.headers()).await
        }
        None => page::broken(error.as_deref().unwrap_or_default(), &served.connect).await,
    }
}
