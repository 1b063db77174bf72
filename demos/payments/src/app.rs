//! The routes: look at the account, pay, begin anew.
//! Knows readers, the ledger and HTTP; where a request wishes it, it ends the process in the middle of its work.

use crate::{
    ending::{End, Fail},
    key::Name,
    ledger::{Ledger, Paid},
    order::Order,
    refusal::Refusal,
};
use axum::{
    Extension, Json, Router,
    body::to_bytes,
    extract::{RawQuery, Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use environment::{TableUse, method_not_allowed, route_not_found};
use std::time::Duration;
use users::{Namespace, Namespaces, Throttle, Visitors, admit};

/// The longest body that is looked at, in bytes.
pub const LONGEST_BODY: usize = 1_024;
/// After this a table that does not answer is given up, before Lambda would give up the function.
const DEADLINE: Duration = Duration::from_secs(4);
/// Says that the answer is an earlier request's.
const REPLAY: HeaderName = HeaderName::from_static("x-idempotent-replay");

/// What the routes need.
#[derive(Clone)]
struct App {
    ledger: Ledger,
    end: End,
}

/// The function as a service. Wants an [`environment::Answering`] around it; `end` ends the process.
pub fn app(ledger: Ledger, namespaces: Namespaces, throttle: Throttle, end: End) -> Router {
    let visitors = Visitors::new(namespaces, throttle);
    Router::new()
        .route("/api/payments", get(look).post(pay).delete(begin_anew))
        .route_layer(from_fn_with_state(visitors, admit))
        .fallback(route_not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(App { ledger, end })
}

/// The balance and the payments.
async fn look(
    State(app): State<App>,
    Extension(reader): Extension<Namespace>,
    RawQuery(query): RawQuery,
) -> Response {
    let mut used = TableUse::default();
    let shown = async {
        nothing_asked(query)?;
        let account = in_time(app.ledger.account(&mut used, &reader.partition())).await?;
        account.shown().map(Json)
    }
    .await;
    answer(used, shown)
}

// ANCHOR: pay-handler
/// Pays, or says what came of it the first time.
async fn pay(State(app): State<App>, Extension(reader): Extension<Namespace>, request: Request) -> Response {
    let mut used = TableUse::default();
    let paid = async {
        let fail = Fail::of(request.uri().query())?;
        let name = Name::of(request.headers())?;
        let order = read(request).await?;
        fail.at(Fail::Before, app.end);
        let paid = in_time(app.ledger.pay(&mut used, &reader.partition(), &name, &order)).await?;
        fail.at(Fail::After, app.end);
        receipt(&name, &paid)
    }
    .await;
    answer(used, paid)
}
// ANCHOR_END: pay-handler

/// Forgets the account with its payments and keys.
async fn begin_anew(
    State(app): State<App>,
    Extension(reader): Extension<Namespace>,
    RawQuery(query): RawQuery,
) -> Response {
    let mut used = TableUse::default();
    let forgotten = async {
        nothing_asked(query)?;
        in_time(app.ledger.forget(&mut used, &reader.partition(), None)).await?;
        Ok(StatusCode::NO_CONTENT)
    }
    .await;
    answer(used, forgotten)
}

/// The answer of a payment: the same whenever the same payment is asked for, but for a header that says so.
fn receipt(name: &Name, paid: &Paid) -> Result<Response, Refusal> {
    let (payment, is_replay) = match paid {
        Paid::Now(payment) => (payment, false),
        Paid::Before(payment) => (payment, true),
    };
    let key = match name {
        Name::Key(key) => Some(key.as_str()),
        Name::Fresh(_) => None,
    };
    let mut response = (StatusCode::CREATED, Json(payment.shown(key)?)).into_response();
    if is_replay {
        response.headers_mut().insert(REPLAY, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// An answer with what the table took.
fn answer(used: TableUse, result: Result<impl IntoResponse, Refusal>) -> Response {
    let mut response = result.into_response();
    if used != TableUse::default() {
        response.extensions_mut().insert(used);
    }
    response
}

/// Gives a table in trouble up in time. A write may have happened all the same.
async fn in_time<T>(call: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    let answer = tokio::time::timeout(DEADLINE, call).await;
    answer.unwrap_or(Err(Refusal::Users(users::Refusal::StorageUnavailable)))
}

fn nothing_asked(query: Option<String>) -> Result<(), Refusal> {
    let asks = query.is_some_and(|query| !query.is_empty());
    if asks { Err(Refusal::QueryUnknown) } else { Ok(()) }
}

/// An event's body is in memory already: the only way to fail is to be too long.
async fn read(request: Request) -> Result<Order, Refusal> {
    let body = to_bytes(request.into_body(), LONGEST_BODY).await.map_err(|_| Refusal::BodyTooLarge)?;
    Order::parse(&body)
}
