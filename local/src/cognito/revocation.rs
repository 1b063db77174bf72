//! `/oauth2/revoke`: a page gives a refresh token back.
//! Knows Cognito's "Revoke endpoint" (read 2026-11) and RFC 7009.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::domain::{Domain, bad_request, error};
use super::parameters;

/// `POST` a form with `token` and `client_id`. 200 without a body also for a token nobody knows: then it is no good already.
pub(super) async fn revoke(
    State(domain): State<Domain>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(form) = parameters::form(&headers, body) else { return bad_request("invalid_request") };
    let (Ok(token), Ok(client)) = (form.get("token"), form.get("client_id")) else {
        return bad_request("invalid_request");
    };
    if client != Some(&domain.issuer.pool().client.id) || headers.contains_key(header::AUTHORIZATION) {
        return error(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let Some(token) = token else { return bad_request("invalid_request") };
    let is_jwt = match domain.issuer.key().await {
        Ok(key) => key.claims(token).is_some(),
        Err(error) => return super::domain::unavailable(error),
    };
    if is_jwt {
        // An access or ID token: it is good until it expires, and cannot be called back.
        return bad_request("unsupported_token_type");
    }
    domain.grants.revoke(token, domain.issuer.now());
    (StatusCode::OK, [(header::CACHE_CONTROL, "no-store")]).into_response()
}
