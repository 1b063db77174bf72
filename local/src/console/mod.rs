//! The console at `/_local/`: what runs on this machine, live, and the switch for permissions. AWS calls such a thing a console.
//! Knows the feeds and snapshots of the other rooms; changes nothing but what `Iam` lets a reader switch.

mod feed;
mod invocation;
mod lane;
mod model;
mod page;
mod permissions;
mod refusal;
mod rows;
mod view;
mod words;

use std::sync::{Arc, LazyLock};

use axum::extract::{Query, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::json;
use tokio::sync::{Semaphore, watch};

use crate::events::Events;
use crate::gateway::telemetry as gateway;
use crate::iam::Iam;
use crate::lambda::Lambda;
use crate::site::page::send;
use crate::site::shelf::File;
use crate::wall;
use feed::{Seen, now};
use model::{Changes, Model, Routes};
use view::{Schedule, View};

/// Consoles that may be open at once.
const MOST_LISTENERS: usize = 8;

/// Nothing but this page's own script, style and addresses; nobody may frame it, for its buttons switch permissions.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

static SCRIPT: LazyLock<File> = LazyLock::new(|| {
    File::new(Bytes::from_static(include_bytes!("console.js")), "text/javascript; charset=utf-8")
});
static STYLE: LazyLock<File> =
    LazyLock::new(|| File::new(Bytes::from_static(include_bytes!("console.css")), "text/css; charset=utf-8"));

/// The console. Clones share it.
#[derive(Debug, Clone)]
pub struct Console(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Random: an id of an event of another run means nothing here.
    run: u64,
    lambda: Lambda,
    gateway: gateway::Telemetry,
    events: Events,
    iam: Iam,
    schedules: Vec<Schedule>,
    /// The functions in the order of the template.
    order: Vec<String>,
    routes: Arc<Routes>,
    listeners: Arc<Semaphore>,
    closing: watch::Sender<bool>,
}

impl Console {
    /// A console of these functions, with the feed of the API in front of them, the queues behind it and the roles they
    /// have.
    pub fn new(
        functions: &[template::Function],
        routes: &[template::Route],
        lambda: Lambda,
        gateway: gateway::Telemetry,
        events: Events,
        iam: Iam,
    ) -> Self {
        let schedules = functions.iter().flat_map(|function| {
            function.schedules.iter().map(|schedule| Schedule {
                name: schedule.name.clone(),
                function: function.name.clone(),
                every_ms: u64::try_from(schedule.every.as_millis()).unwrap_or(u64::MAX),
            })
        });
        Self(Arc::new(Inner {
            run: uuid::Uuid::new_v4().as_u64_pair().0,
            lambda,
            gateway,
            events,
            iam,
            schedules: schedules.collect(),
            order: functions.iter().map(|function| function.name.clone()).collect(),
            routes: Arc::new(
                routes
                    .iter()
                    .filter_map(|route| Some((route.key.to_string(), route.integration.function()?.into())))
                    .collect(),
            ),
            listeners: Arc::new(Semaphore::new(MOST_LISTENERS)),
            closing: watch::Sender::new(false),
        }))
    }

    /// Its addresses, all below `/_local/`. Only pages of this very server may ask, and programs.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/_local", get(|| async { Redirect::permanent("/_local/") }))
            .route("/_local/", get(page))
            .route("/_local/console.js", get(script))
            .route("/_local/console.css", get(style))
            .route("/_local/state.json", get(state))
            .route("/_local/feed", get(listen))
            .merge(permissions::router())
            .layer(from_fn(same_origin))
            .with_state(self.clone())
    }

    /// Ends the event streams of all open pages, which otherwise keep a graceful shutdown waiting for ever.
    pub fn close(&self) {
        self.0.closing.send_replace(true);
    }

    fn run(&self) -> u64 {
        self.0.run
    }

    fn lambda(&self) -> &Lambda {
        &self.0.lambda
    }

    fn gateway(&self) -> &gateway::Telemetry {
        &self.0.gateway
    }

    fn events(&self) -> &Events {
        &self.0.events
    }

    fn routes(&self) -> &Arc<Routes> {
        &self.0.routes
    }

    fn iam(&self) -> &Iam {
        &self.0.iam
    }

    fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }

    /// The figures of this moment.
    fn view(&self) -> View {
        let mut functions: Vec<_> =
            self.lambda().environments().into_iter().map(view::Function::from).collect();
        functions.sort_by_key(|one| self.0.order.iter().position(|name| *name == one.function));
        View {
            functions,
            roles: self.iam().grants(),
            queues: self.events().snapshot(),
            schedules: self.0.schedules.clone(),
        }
    }

    /// What the feeds still know, and all of it as changes. `now`: Unix ms.
    fn model(&self, now: f64) -> (Model, Changes) {
        let functions = self.lambda().environments();
        let mut model = Model::new(&functions, self.routes());
        self.lambda().telemetry().recent().iter().for_each(|record| model.lambda(record));
        self.gateway().subscribe().0.iter().for_each(|record| model.gateway(record));
        self.iam().denials().recent().iter().for_each(|denial| model.denied(denial));
        model.know(&functions, now);
        let changes = model.changes();
        (model, changes)
    }
}

/// Middleware: a page of another origin gets nothing, not even where it could not read the answer. Following a link to the page
/// is asking for it too, and is let through: nobody can frame what it shows.
async fn same_origin(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_visit = *request.method() == Method::GET && text("sec-fetch-mode") == Some("navigate");
    let mut response = if is_visit || wall::is_own_page(headers) {
        next.run(request).await
    } else {
        let why = "콘솔은 이 서버의 페이지와 이 컴퓨터의 프로그램에만 답한다.\n";
        (StatusCode::FORBIDDEN, why).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    response
}

async fn page(State(console): State<Console>, Query(filter): Query<page::Filter>) -> Response {
    let mut response = Html(page::html(&console, &filter, now())).into_response();
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "same-origin"),
        (X_FRAME_OPTIONS, "DENY"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn script(headers: HeaderMap) -> Response {
    send(StatusCode::OK, &SCRIPT, None, &Method::GET, &headers).await
}

async fn style(headers: HeaderMap) -> Response {
    send(StatusCode::OK, &STYLE, None, &Method::GET, &headers).await
}

/// Everything the page shows, once: `{"view", "changes"}`, as the feed begins.
async fn state(State(console): State<Console>) -> Response {
    let now = now();
    let mut changes = console.model(now).1;
    changes.reset = true;
    let mut view = json!(console.view());
    view["now"] = now.into();
    ([(CACHE_CONTROL, "no-store")], Json(json!({"view": view, "changes": changes}))).into_response()
}

/// The query of the feed's address: what `Last-Event-ID` would be, for a page that connects anew by itself.
#[derive(Debug, serde::Deserialize)]
struct Last {
    last: Option<String>,
}

async fn listen(
    State(console): State<Console>,
    Query(Last { last }): Query<Last>,
    headers: HeaderMap,
) -> Response {
    let Ok(permit) = Arc::clone(&console.0.listeners).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")]).into_response();
    };
    let sent = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let seen = sent.or(last.as_deref()).and_then(Seen::parse);
    feed::stream(console, seen, permit).into_response()
}
