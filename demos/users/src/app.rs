//! The routes and their handlers: each reads what the visitor sent, asks the repository, shows the result.
//! Knows every other module of this function; none of them knows it.

use crate::{
    admission::{Caller, Door, Readers, admit},
    body::UserBody,
    if_match::IfMatch,
    item::Item,
    key::{Namespace, Namespaces},
    refusal::{Refusal, entity_tag},
    repository::Repository,
    throttle::Throttle,
    user_id::UserId,
    view::{Shown, View},
};
use axum::{
    Extension, Json, Router,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, header, request::Parts},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use environment::{method_not_allowed, route_not_found};
use serde::Serialize;
use std::{sync::Arc, time::SystemTime};

// ANCHOR: users-router
/// The function as a service.
///
/// Wants an [`environment::Answering`] around it, which tells what the table cost.
pub fn app(repository: Repository, namespaces: Namespaces, throttle: Throttle) -> Router {
    let visitors = Door { namespaces, throttle: Arc::new(throttle), readers: Readers::Visitors };
    let signed_in = Door { readers: Readers::SignedIn, ..visitors.clone() };
    Router::new()
        .merge(routes(visitors))
        .merge(routes(signed_in))
        .fallback(route_not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(repository)
}

fn routes(door: Door) -> Router<Repository> {
    let path = door.readers.path();
    Router::new()
        .route(path, get(list).post(create))
        .route(&format!("{path}/{{id}}"), get(read).put(replace).delete(delete))
        .route_layer(from_fn_with_state(door, admit))
}
// ANCHOR_END: users-router

/// The body of a list.
#[derive(Serialize)]
struct List {
    items: Vec<Shown>,
}

// ANCHOR: create-handler
async fn create(
    State(repository): State<Repository>,
    Extension(Caller { namespace, meter, path }): Extension<Caller>,
    UserBody { id, profile }: UserBody,
) -> Result<Response, Refusal> {
    let item = match id {
        Some(id) => repository.create(&meter, namespace.stored(id), &profile, now()).await?,
        None => repository.create_lowest_free(&meter, namespace.all(), &profile, now()).await?,
    };
    let id = shown_id(namespace, &item)?;
    let location = [(header::LOCATION, format!("{path}/{id}"))];
    Ok((StatusCode::CREATED, location, shown(View::PLAIN, id, &item)?).into_response())
}
// ANCHOR_END: create-handler

async fn list(
    State(repository): State<Repository>,
    Extension(Caller { namespace, meter, .. }): Extension<Caller>,
    view: View,
) -> Result<Json<List>, Refusal> {
    let items = repository.list(&meter, namespace.all(), now()).await?;
    let mut found = Vec::with_capacity(items.len());
    for item in &items {
        found.push((shown_id(namespace, item)?, item));
    }
    found.sort_unstable_by_key(|(id, _)| *id);
    let items = found.into_iter().map(|(id, item)| view.show(id, item)).collect::<Result<_, _>>()?;
    Ok(Json(List { items }))
}

async fn read(
    State(repository): State<Repository>,
    Extension(Caller { namespace, meter, .. }): Extension<Caller>,
    PathId(id): PathId,
    view: View,
) -> Result<impl IntoResponse, Refusal> {
    let item = repository.read(&meter, namespace.stored(id), now()).await?;
    shown(view, id, &item)
}

async fn replace(
    State(repository): State<Repository>,
    Extension(Caller { namespace, meter, .. }): Extension<Caller>,
    PathId(id): PathId,
    IfMatch(expected): IfMatch,
    body: UserBody,
) -> Result<impl IntoResponse, Refusal> {
    if body.id.is_some_and(|named| named != id) {
        return Err(Refusal::IdMismatch);
    }
    let item = repository.replace(&meter, namespace.stored(id), &body.profile, expected, now()).await?;
    shown(View::PLAIN, id, &item)
}

async fn delete(
    State(repository): State<Repository>,
    Extension(Caller { namespace, meter, .. }): Extension<Caller>,
    PathId(id): PathId,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Refusal> {
    repository.delete(&meter, namespace.stored(id), expected, now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The id in the path.
struct PathId(UserId);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Refusal;

    async fn from_request_parts(head: &mut Parts, state: &S) -> Result<Self, Refusal> {
        // What is no text after decoding is no number either.
        let Path(id) =
            Path::<String>::from_request_parts(head, state).await.map_err(|_| Refusal::IdNotation)?;
        UserId::parse(&id).map(Self)
    }
}

/// A user with the tag of its version.
fn shown(view: View, id: UserId, item: &Item) -> Result<impl IntoResponse + use<>, Refusal> {
    Ok(([(header::ETAG, entity_tag(item.version))], Json(view.show(id, item)?)))
}

/// The id behind an item's key. An item under another visitor's key would be a mistake of this function: it is never shown.
fn shown_id(namespace: Namespace, item: &Item) -> Result<UserId, Refusal> {
    namespace.shown(item.id).ok_or(Refusal::Internal)
}

/// Epoch seconds.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
