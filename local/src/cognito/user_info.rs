//! `/oauth2/userInfo`: whose access token this is.
//! Knows Cognito's "UserInfo endpoint" (read 2026-11).

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::domain::{Domain, answer, unavailable};

/// Both texts are Cognito's.
const NO_TOKEN: &str =
    r#"error="invalid_request", error_description="Bad OAuth2 request at UserInfo Endpoint""#;
const BAD_TOKEN: &str = r#"error="invalid_token", error_description="Access token is expired, disabled, or deleted, or the user has globally signed out.""#;

/// `GET` with `Authorization: Bearer` and an access token that has the scope `openid`.
pub(super) async fn tell(State(domain): State<Domain>, headers: HeaderMap) -> Response {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().unwrap_or_default(),
        _ => "",
    };
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => return refuse(StatusCode::BAD_REQUEST, NO_TOKEN),
    };
    let claims = match domain.issuer.key().await {
        Ok(key) => key.claims(token),
        Err(error) => return unavailable(error),
    };
    match claims.filter(|claims| is_good(&domain, claims)) {
        Some(claims) => {
            answer(StatusCode::OK, json!({ "sub": claims["sub"], "username": claims["username"] }))
        }
        None => refuse(StatusCode::UNAUTHORIZED, BAD_TOKEN),
    }
}

fn is_good(domain: &Domain, claims: &Map<String, Value>) -> bool {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    text("iss") == domain.issuer.pool().issuer
        && text("token_use") == "access"
        && text("scope").split(' ').any(|scope| scope == "openid")
        && claims.get("exp").and_then(Value::as_i64).is_some_and(|exp| exp > domain.issuer.now())
        && !domain.grants.is_revoked(text("origin_jti"))
}

fn refuse(status: StatusCode, challenge: &'static str) -> Response {
    (status, [(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))]).into_response()
}
