//! `/oauth2/token`: a code or a refresh token in, tokens out.
//! Knows Cognito's "Token endpoint" (read 2026-11) and RFC 6749, section 5; what is still good, `grants` knows.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::domain::{Domain, answer, bad_request, unavailable};
use super::issuance::issue;
use super::parameters::{self, Doubled, Parameters};

/// RFC 7636, section 4.1.
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;

const INVALID_REQUEST: &str = "invalid_request";
const INVALID_CLIENT: &str = "invalid_client";
const INVALID_GRANT: &str = "invalid_grant";

/// `POST` a form with `grant_type` `authorization_code` or `refresh_token`.
pub(super) async fn exchange(
    State(domain): State<Domain>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(form) = parameters::form(&headers, body) else { return bad_request(INVALID_REQUEST) };
    let tokens = match wish(&domain, &headers, &form) {
        Ok(Wish::Redeem { code, redirect_uri, verifier }) => {
            let now = domain.issuer.now();
            let Some(code) = domain.grants.redeem(code, redirect_uri, verifier, now) else {
                return bad_request(INVALID_GRANT);
            };
            issue(&domain.issuer, code.reader.clone()).await.and_then(|mut tokens| {
                tokens["refresh_token"] = domain.grants.refresh_token(&code, now)?.into();
                Ok(tokens)
            })
        }
        // "The token endpoint returns refresh_token only when the grant_type is authorization_code."
        Ok(Wish::Refresh { token }) => match domain.grants.refresh(token, domain.issuer.now()) {
            Some(reader) => issue(&domain.issuer, reader).await,
            None => return bad_request(INVALID_GRANT),
        },
        Err(code) => return bad_request(code),
    };
    match tokens {
        Ok(tokens) => answer(StatusCode::OK, tokens),
        Err(error) => unavailable(error),
    }
}

enum Wish<'f> {
    Redeem { code: &'f str, redirect_uri: &'f str, verifier: &'f str },
    Refresh { token: &'f str },
}

fn wish<'f>(domain: &Domain, headers: &HeaderMap, form: &'f Parameters) -> Result<Wish<'f>, &'static str> {
    let field = |name| form.get(name).map_err(|Doubled| INVALID_REQUEST);
    let required = |name| field(name)?.ok_or(INVALID_REQUEST);
    // A page keeps no secret, so a client that shows one is not this one.
    let client = required("client_id")?;
    if client != domain.issuer.pool().client.id
        || headers.contains_key(header::AUTHORIZATION)
        || field("client_secret")?.is_some()
    {
        return Err(INVALID_CLIENT);
    }
    match required("grant_type")? {
        "authorization_code" => {
            let verifier = required("code_verifier")?;
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            if !VERIFIER.contains(&verifier.len()) || !verifier.bytes().all(plain) {
                return Err(INVALID_REQUEST);
            }
            Ok(Wish::Redeem { code: required("code")?, redirect_uri: required("redirect_uri")?, verifier })
        }
        "refresh_token" => Ok(Wish::Refresh { token: required("refresh_token")? }),
        // Known to Cognito, and not among this client's AllowedOAuthFlows.
        "client_credentials" => Err("unauthorized_client"),
        _ => Err("unsupported_grant_type"),
    }
}
