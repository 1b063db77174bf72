//! The one route: the mistake that the path names, made for the reader who asks.
//! Knows readers, the mistakes and HTTP; what each mistake is, its own room knows.

use crate::{
    mistake::Mistake,
    own,
    table::{Asked, Table},
};
use axum::{
    Extension, Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use environment::{Problem, TableUse, method_not_allowed, route_not_found};
use lambda_http::Context;
use users::{Namespace, Refusal, Visitors, admit};

/// What the route needs.
#[derive(Clone)]
pub(crate) struct App {
    pub table: Table,
    pub visitors: Visitors,
}

/// The function's routes. Wants an [`environment::Answering`] around it.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/api/mistakes/{mistake}", get(make))
        .route_layer(from_fn_with_state(app.visitors.clone(), admit))
        .fallback(route_not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(app)
}

/// Nobody's mistake is made: who asks has come first, and how often.
async fn make(
    State(app): State<App>,
    Extension(context): Extension<Context>,
    Extension(reader): Extension<Namespace>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let account = context.invoked_function_arn.split(':').nth(4).unwrap_or_default();
    let mut asked = Asked { reader, account, used: TableUse::default() };
    let made = match read(&name, query.as_deref()) {
        Ok((mistake, fixed)) => made(&app.table, mistake, fixed, &mut asked).await,
        Err(problem) => Ok(problem.into_response()),
    };
    let mut response = made.unwrap_or_else(IntoResponse::into_response);
    if asked.used != TableUse::default() {
        response.extensions_mut().insert(asked.used);
    }
    response
}

async fn made(
    table: &Table,
    mistake: Mistake,
    fixed: bool,
    asked: &mut Asked<'_>,
) -> Result<Response, Refusal> {
    match mistake {
        Mistake::KeyType => table.key_type(asked, fixed).await,
        Mistake::KeyElement => table.key_element(asked, fixed).await,
        Mistake::ReservedWord => table.reserved_word(asked, fixed).await,
        Mistake::Overwrite => table.overwrite(asked, fixed).await,
        Mistake::AccessDenied => table.access_denied(asked).await,
        Mistake::Expired => table.expired(asked, fixed).await,
        Mistake::TimeOut => Ok(own::time_out().await),
        Mistake::Crash => Ok(own::crash()),
        Mistake::Exception => Ok(own::exception()),
        Mistake::Malformed => Ok(own::malformed(fixed)),
        Mistake::TooLarge => Ok(own::too_large()),
    }
}

/// The mistake that is asked for, and whether rightly.
fn read(name: &str, query: Option<&str>) -> Result<(Mistake, bool), Problem> {
    let Some(mistake) = Mistake::named(name) else {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "mistake_unknown",
            "그런 실수는 여기에 없다. 오류 사전의 블록에 있는 이름을 쓴다.",
        ));
    };
    match query {
        None | Some("") => Ok((mistake, false)),
        Some("fixed=true") if mistake.can_be_fixed() => Ok((mistake, true)),
        Some(_) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "query_unknown",
            "물음표 뒤에는 `fixed=true` 하나만, 고친 모습이 있는 실수에만 쓸 수 있다. 지우고 다시 보낸다.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_read_strictly() {
        assert_eq!(read("crash", None), Ok((Mistake::Crash, false)));
        assert_eq!(read("key-type", Some("")), Ok((Mistake::KeyType, false)));
        assert_eq!(read("key-type", Some("fixed=true")), Ok((Mistake::KeyType, true)));
        let code = |name, query| read(name, query).map_err(|problem| problem.code);
        assert_eq!(code("no-such", None), Err("mistake_unknown"));
        for query in ["fixed=false", "fixed", "fixed=true&fixed=true", "raw=true"] {
            assert_eq!(code("key-type", Some(query)), Err("query_unknown"), "{query}");
        }
        for mistake in Mistake::ALL {
            assert_eq!(
                code(mistake.name(), Some("fixed=true")).is_ok(),
                mistake.can_be_fixed(),
                "{mistake:?}"
            );
        }
    }
}
