//! Readers who have signed in: the same function and the same table, and whose users they are is said by the token alone.

#![allow(clippy::unwrap_used)]

mod support;

use axum::{body::Body, http::Request};
use lambda_http::{aws_lambda_events::apigw::ApiGatewayV2httpRequestContext, request::RequestContext};
use serde_json::json;
use support::{Answer, Function, Reader, answer, engine, function, function_at, runtime, visitor};
use users::Throttle;

/// Sends what API Gateway would send after its authorizer has let a token of this kind pass.
async fn send(
    function: &Function,
    subject: &str,
    token_use: &str,
    method: &str,
    path: &str,
    body: &str,
) -> Answer {
    let claims = json!({"sub": subject, "token_use": token_use});
    let context = json!({"authorizer": {"jwt": {"claims": claims, "scopes": ["book/users"]}}, "http": {"method": method}, "timeEpoch": 0});
    let context: ApiGatewayV2httpRequestContext = serde_json::from_value(context).unwrap();
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let mut request = request.body(Body::from(body.to_owned())).unwrap();
    request.extensions_mut().insert(RequestContext::ApiGatewayV2(context));
    answer(function, request).await
}

#[test]
fn the_token_s_subject_owns_the_users() {
    engine();
    runtime().block_on(async {
        let function = function().await;
        let (one, two) = (visitor(), visitor());
        let created =
            send(&function, &one, "access", "POST", "/api/me/users", r#"{"id":1,"name":"하늘"}"#).await;
        assert_eq!((created.status.as_u16(), created.header("location")), (201, "/api/me/users/1"));
        let read = send(&function, &one, "access", "GET", "/api/me/users/1", "").await;
        assert_eq!((read.status.as_u16(), &read.body), (200, &created.body));
        let other = send(&function, &two, "access", "GET", "/api/me/users/1", "").await;
        assert_eq!((other.status.as_u16(), other.code()), (404, "user_not_found"));
        let list = send(&function, &two, "access", "GET", "/api/me/users", "").await;
        assert_eq!(list.body, json!({"items": []}));
        let put = send(&function, &one, "access", "PUT", "/api/me/users/1", r#"{"name":"바다"}"#).await;
        assert_eq!((put.status.as_u16(), &put.body["version"]), (200, &json!(2)));
        assert_eq!(send(&function, &one, "access", "DELETE", "/api/me/users/1", "").await.status, 204);
    });
}

#[test]
fn a_visitor_who_knows_the_subject_is_still_somebody_else() {
    engine();
    runtime().block_on(async {
        let function = function().await;
        let name = visitor();
        send(&function, &name, "access", "POST", "/api/me/users", r#"{"id":1,"name":"하늘"}"#).await;
        let guest = Reader { visitor: name.clone(), function: function.clone() };
        assert_eq!(guest.get("/api/users/1").await.status, 404);
        // The header says nothing on the signed-in path, and the token nothing on the visitors'.
        let without_token = guest.get("/api/me/users/1").await;
        assert_eq!((without_token.status.as_u16(), without_token.code()), (401, "not_signed_in"));
        let without_header = send(&function, &name, "access", "GET", "/api/users/1", "").await;
        assert_eq!(without_header.code(), "visitor_missing");
    });
}

#[test]
fn an_id_token_is_no_access_token() {
    engine();
    runtime().block_on(async {
        let refused = send(&function().await, &visitor(), "id", "GET", "/api/me/users", "").await;
        assert_eq!((refused.status.as_u16(), refused.code()), (401, "not_signed_in"));
        assert!(!refused.headers.contains_key("x-consumed-capacity"));
    });
}

#[test]
fn a_signed_in_reader_over_the_rate_waits_and_another_does_not() {
    engine();
    runtime().block_on(async {
        let function = function_at(engine(), support::TABLE, Throttle::new(0.5, 2)).await;
        let (eager, calm) = (visitor(), visitor());
        for _ in 0..2 {
            assert_eq!(send(&function, &eager, "access", "GET", "/api/me/users/1", "").await.status, 404);
        }
        assert_eq!(send(&function, &eager, "access", "GET", "/api/me/users/1", "").await.status, 429);
        assert_eq!(send(&function, &calm, "access", "GET", "/api/me/users/1", "").await.status, 404);
    });
}
