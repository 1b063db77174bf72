//! The JWT authorizer: which requests may pass, by the token they carry.
//! Knows an authorizer's rule, a token's form and the issuer's public keys; never believes a token about either of them.
//!
//! Rules: API Gateway Developer Guide, "Control access to HTTP APIs with JWT authorizers" (read 2026-11): key id, signature,
//! `iss`, `aud` or else `client_id`, `exp`, `nbf`, `iat`, then one of the route's scopes in `scope` or `scp`.

mod token;

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};

use self::token::Token;
use crate::cognito::Issuer;
use template::Authorization;

/// What a token says, in the form of `requestContext.authorizer.jwt`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Every claim as text.
    pub claims: BTreeMap<String, String>,
    /// The token's scopes; null on a route that asks for none.
    pub scopes: Option<Vec<String>>,
}

/// Why a request may not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// There is no token.
    Missing,
    /// There is one, and this is wrong with it.
    Invalid(&'static str),
    /// It is valid and has none of the route's scopes.
    Scope,
}

/// AWS publishes this one text; the others are in its manner, for which `authError` of an access log has no list.
const AUDIENCE: &str = "the token does not have a valid audience";

impl IntoResponse for Denied {
    /// 401 `{"message":"Unauthorized"}` with a challenge, or 403 `{"message":"Forbidden"}`.
    fn into_response(self) -> Response {
        let challenge = match self {
            Self::Scope => return super::message(StatusCode::FORBIDDEN, "Forbidden"),
            Self::Missing => "Bearer".to_owned(),
            Self::Invalid(why) => {
                format!(r#"Bearer scope="" error="invalid_token" error_description="{why}""#)
            }
        };
        let mut response = super::message(StatusCode::UNAUTHORIZED, "Unauthorized");
        if let Ok(challenge) = HeaderValue::try_from(challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// Lets a request pass, or says why not. `now` is in seconds since 1970.
///
/// # Errors
/// The first rule that is broken. Without an issuer no token is any good.
pub async fn authorize(
    rule: &Authorization,
    issuer: Option<&Issuer>,
    headers: &HeaderMap,
    now: i64,
) -> Result<Identity, Denied> {
    let token = Token::parse(bearer(headers)?).map_err(Denied::Invalid)?;
    if token.algorithm != "RS256" {
        return Err(Denied::Invalid("the signing method is not RS256"));
    }
    let key = match (issuer, &token.key_id) {
        (Some(issuer), Some(id)) => issuer.verifier(id).await,
        _ => None,
    };
    let key = key.ok_or(Denied::Invalid("no key of the issuer has the token's kid"))?;
    if !token.is_signed_by(&key) {
        return Err(Denied::Invalid("the signature does not fit the token"));
    }
    check(rule, &token.claims, now)?;
    let scopes = scopes(&token.claims);
    if !rule.scopes.is_empty() && !rule.scopes.iter().any(|needed| scopes.contains(needed)) {
        return Err(Denied::Scope);
    }
    let claims = token.claims.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    Ok(Identity { claims, scopes: (!rule.scopes.is_empty()).then_some(scopes) })
}

/// The token of the one `Authorization` header; `Bearer` in front of it may be left out.
fn bearer(headers: &HeaderMap) -> Result<&str, Denied> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Err(Denied::Missing),
        (Some(value), None) => value.to_str().map_err(|_| Denied::Invalid("the token is not text"))?.trim(),
        (Some(_), Some(_)) => return Err(Denied::Invalid("there is more than one token")),
    };
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        None if value.eq_ignore_ascii_case("bearer") => "",
        _ => value,
    };
    if token.is_empty() { Err(Denied::Missing) } else { Ok(token) }
}

/// The claims every token needs, in the guide's order.
fn check(rule: &Authorization, claims: &Map<String, Value>, now: i64) -> Result<(), Denied> {
    if claims.get("iss").and_then(Value::as_str) != Some(&rule.issuer) {
        return Err(Denied::Invalid("the token is of another issuer"));
    }
    // `client_id` counts only where there is no `aud`: so a Cognito access token, which has none, is taken too.
    let meant =
        |value: &Value| value.as_str().is_some_and(|text| rule.audience.iter().any(|ours| ours == text));
    let for_us = match claims.get("aud") {
        Some(Value::Array(several)) => several.iter().any(meant),
        Some(one) => meant(one),
        None => claims.get("client_id").is_some_and(meant),
    };
    if !for_us {
        return Err(Denied::Invalid(AUDIENCE));
    }
    let time = |name: &str| claims.get(name).map(|value| value.as_f64().ok_or(()));
    let now = now as f64;
    match time("exp") {
        Some(Ok(expiry)) if expiry > now => {}
        Some(Ok(_)) => return Err(Denied::Invalid("the token has expired")),
        _ => return Err(Denied::Invalid("the token says no time of expiry")),
    }
    for (name, why) in [("nbf", "the token is not valid yet"), ("iat", "the token was issued in the future")]
    {
        if !time(name).is_none_or(|at| at.is_ok_and(|at| at <= now)) {
            return Err(Denied::Invalid(why));
        }
    }
    Ok(())
}

/// `scope` is text with spaces (RFC 8693); `scp`, where other issuers put the same, text or a list.
fn scopes(claims: &Map<String, Value>) -> Vec<String> {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    match claims.get("scope").or(claims.get("scp")) {
        Some(Value::String(text)) => words(text),
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// In an event every claim is text, and a list is `[a b]`.
fn text(claim: &Value) -> String {
    match claim {
        Value::String(text) => text.clone(),
        Value::Array(several) => {
            let several: Vec<_> = several.iter().map(text).collect();
            format!("[{}]", several.join(" "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
