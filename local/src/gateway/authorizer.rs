//! The JWT authorizer: which requests may pass, by the token they carry.
//! Knows an authorizer's rule, a token's form and where an issuer's keys are; never believes a token about any of them.
//!
//! Rules: API Gateway Developer Guide, "Control access to HTTP APIs with JWT authorizers" (read 2026-11): key id, signature,
//! `iss`, `aud` or else `client_id`, `exp`, `nbf`, `iat`, then one of the route's scopes in `scope` or `scp`.

mod keys;
mod token;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde::Serialize;
use serde_json::{Map, Value};

use self::keys::Keys;
use self::token::Token;
use super::refusal::Refusal;
use template::{Api, Authorization, IdentitySource};

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

/// AWS publishes this text; of the others some were seen, and the rest are in their manner.
const AUDIENCE: &str = "the token does not have a valid audience";

impl Denied {
    /// What the caller is answered.
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Missing => Refusal::Unauthorized(None),
            Self::Invalid(why) => Refusal::Unauthorized(Some(why)),
            Self::Scope => Refusal::Forbidden,
        }
    }

    /// `$context.authorizer.error`: kind and description.
    pub fn error(self) -> Cow<'static, str> {
        match self {
            Self::Missing => "missing: token not provided".into(),
            Self::Invalid(why) => format!("invalid_token: {why}").into(),
            Self::Scope => "insufficient_scope: the token has none of the route's scopes".into(),
        }
    }
}

/// The authorizers of an API.
#[derive(Debug)]
pub struct Authorizers(HashMap<String, Keys>);

impl Authorizers {
    /// Those of its routes. No issuer is asked for its keys before the first token arrives.
    pub fn new(api: &Api) -> Self {
        let rules = api.routes.iter().filter_map(|route| route.authorization.as_ref());
        Self(rules.map(|rule| (rule.issuer.clone(), Keys::new(&rule.issuer))).collect())
    }

    /// Lets a request pass, or says why not. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub async fn authorize(&self, rule: &Authorization, parts: &Parts, now: i64) -> Result<Identity, Denied> {
        let token = identity(&rule.source, parts)?;
        let token = Token::parse(&token).map_err(Denied::Invalid)?;
        if token.algorithm != "RS256" {
            return Err(Denied::Invalid("the signing method is not RS256"));
        }
        let unknown = Denied::Invalid(keys::NoKey::Unknown.description());
        let (Some(keys), Some(id)) = (self.0.get(&rule.issuer), &token.key_id) else { return Err(unknown) };
        let key = keys.key(id, Instant::now()).await.map_err(|none| Denied::Invalid(none.description()))?;
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
}

/// The token that stands where the rule says; it may have `Bearer` in front of it.
fn identity<'p>(source: &IdentitySource, parts: &'p Parts) -> Result<Cow<'p, str>, Denied> {
    let value = match source {
        IdentitySource::Header(name) => Cow::Borrowed(header(&parts.headers, name)?),
        IdentitySource::Query(name) => parameter(parts.uri.query().unwrap_or_default(), name)?,
    };
    let token = match value.trim().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        None if value.trim().eq_ignore_ascii_case("bearer") => "",
        _ => value.trim(),
    };
    match token {
        "" => Err(Denied::Missing),
        token if token.len() == value.len() => Ok(value),
        token => Ok(token.to_owned().into()),
    }
}

const TWICE: Denied = Denied::Invalid("there is more than one token");

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, Denied> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Err(Denied::Missing),
        (Some(value), None) => value.to_str().map_err(|_| Denied::Invalid("the token is not text")),
        (Some(_), Some(_)) => Err(TWICE),
    }
}

fn parameter<'q>(query: &'q str, name: &str) -> Result<Cow<'q, str>, Denied> {
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known == name);
    match (values.next(), values.next()) {
        (None, _) => Err(Denied::Missing),
        (Some((_, value)), None) => Ok(value),
        (Some(_), Some(_)) => Err(TWICE),
    }
}

/// The claims every token needs, in the guide's order.
fn check(rule: &Authorization, claims: &Map<String, Value>, now: i64) -> Result<(), Denied> {
    if claims.get("iss").and_then(Value::as_str) != Some(&rule.issuer) {
        return Err(Denied::Invalid("issuer does not match"));
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
