//! The routes: leave an event, and look at what came in, by whatever way.
//! Knows readers, the store and HTTP; hands out a reader's own events and those of the schedule, which are nobody's.

use crate::{
    http::Received,
    store::{Event, Outcome, SCHEDULE, Source, Store},
};
use axum::{
    Extension, Json, Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use environment::{Problem, TableUse, method_not_allowed, route_not_found};
use lambda_http::Context;
use serde_json::{Value, json};
use users::{Namespace, Refusal, Visitors, admit};

/// The longest body that is looked at, in bytes.
pub const LONGEST_BODY: usize = 1_024;
/// Events of a reader that are shown, the newest.
const OWN: i32 = 10;
/// Events of the schedule that are shown, the newest.
const OF_THE_SCHEDULE: i32 = 2;
/// Events in a list, at most.
pub const LISTED: usize = (OWN + OF_THE_SCHEDULE) as usize;

/// What the routes need.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    pub visitors: Visitors,
}

/// The function's routes. Wants an [`environment::Answering`] around it.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/api/events", get(list).post(keep))
        .route_layer(from_fn(nothing_asked))
        .route_layer(from_fn_with_state(app.visitors.clone(), admit))
        .fallback(route_not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(app)
}

/// These routes take nothing behind the question mark.
async fn nothing_asked(request: Request, next: Next) -> Response {
    let asks = request.uri().query().is_some_and(|query| !query.is_empty());
    if asks { query_unknown().into_response() } else { next.run(request).await }
}

/// Keeps the event this very request is.
async fn keep(
    State(app): State<App>,
    Extension(reader): Extension<Namespace>,
    Extension(Received(event)): Extension<Received>,
    Extension(context): Extension<Context>,
    request: Request,
) -> Response {
    if read(request).await.is_none() {
        return body_too_large().into_response();
    }
    let event = Event {
        reader: reader.partition(),
        at: event["requestContext"]["timeEpoch"].as_u64().unwrap_or_default(),
        id: event["requestContext"]["requestId"].as_str().unwrap_or_default().to_owned(),
        source: Source::Http,
        outcome: Outcome::Done,
        event,
    };
    let mut used = TableUse::default();
    let kept = app.store.keep(&mut used, &event, &context.request_id).await;
    answer(used, kept.map(|kept| (StatusCode::CREATED, Json(kept))))
}

/// The newest events, the newest first.
async fn list(State(app): State<App>, Extension(reader): Extension<Namespace>) -> Response {
    let mut used = TableUse::default();
    let found = async {
        let mut items = app.store.newest(&mut used, &reader.partition(), OWN).await?;
        items.extend(app.store.newest(&mut used, SCHEDULE, OF_THE_SCHEDULE).await?);
        items.sort_by_key(|item| std::cmp::Reverse(item.at));
        let items: Vec<Value> = items.into_iter().map(|item| item.shown).collect();
        Ok(Json(json!({"items": items})))
    };
    let found = found.await;
    answer(used, found)
}

/// An answer with what the table took.
fn answer(used: TableUse, result: Result<impl IntoResponse, Refusal>) -> Response {
    let mut response = result.into_response();
    response.extensions_mut().insert(used);
    response
}

/// An event's body is in memory already: the only way to fail is to be too long.
async fn read(request: Request) -> Option<Bytes> {
    to_bytes(request.into_body(), LONGEST_BODY).await.ok()
}

fn query_unknown() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "query_unknown",
        "이 경로는 물음표 뒤의 값을 받지 않는다. 지우고 다시 보낸다.",
    )
}

fn body_too_large() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        "본문은 1,024바이트까지다. 한글 한 글자는 UTF-8로 3바이트다. 더 짧게 보낸다.",
    )
}
