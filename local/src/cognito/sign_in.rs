//! The sign-in of this machine: a name in, an access token out. There is no password, because there is nobody to keep out.
//! Knows forms and the wall between pages; on AWS the hosted page of the user pool does this, with code and PKCE.
//!
//! A page of another origin that could have a token would be a reader to `/api/me`; the Host wall in front of the whole
//! server lets pages of other ports of this machine pass, so this address looks closer: its own origin, or no page at all.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::json;
use time::OffsetDateTime;

use super::{Issuer, token, unavailable};

/// The longest form that is read, in bytes.
pub(super) const LONGEST: usize = 1024;
/// The code of a form that cannot be read (RFC 6749, section 5.2).
const REQUEST: &str = "invalid_request";
/// The longest name, in bytes.
const LONGEST_NAME: usize = 64;

/// A form, read.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    username: String,
    scope: String,
}

/// `POST` a form with `username` and, if fewer than all of the client's are wanted, `scope`.
pub(super) async fn answer(
    State(issuer): State<Issuer>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if !is_own_page(&headers) {
        return refuse(StatusCode::FORBIDDEN, "access_denied", "only pages of this server may sign in");
    }
    let Ok(body) = body else {
        return refuse(StatusCode::BAD_REQUEST, REQUEST, "the form is longer than 1,024 bytes, or broke off");
    };
    let wish = match read(&headers, &body, &issuer.pool().client.scopes) {
        Ok(wish) => wish,
        Err((code, why)) => return refuse(StatusCode::BAD_REQUEST, code, why),
    };
    let key = match issuer.key().await {
        Ok(key) => key,
        Err(error) => return unavailable(&error),
    };
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let token = key.sign(&token::claims(issuer.pool(), &wish.username, &wish.scope, now));
    let seconds = issuer.pool().client.access_token.as_secs();
    super::answer(
        StatusCode::OK,
        json!({"access_token": token, "token_type": "Bearer", "expires_in": seconds}),
    )
}

/// RFC 6749, section 5.2.
fn refuse(status: StatusCode, code: &str, why: &str) -> Response {
    super::answer(status, json!({"error": code, "error_description": why}))
}

/// Whether a page of this very server asks, or a program that is no browser.
fn is_own_page(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let from_here = match text("origin") {
        None => true,
        Some(origin) => {
            let host = text("host").unwrap_or_default();
            !host.is_empty()
                && origin.strip_prefix("http://").is_some_and(|own| own.eq_ignore_ascii_case(host))
        }
    };
    from_here && matches!(text("sec-fetch-site"), None | Some("same-origin" | "none"))
}

fn read(headers: &HeaderMap, body: &[u8], scopes: &[String]) -> Result<Wish, (&'static str, &'static str)> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
        return Err((REQUEST, "send application/x-www-form-urlencoded"));
    }
    let (mut username, mut scope) = (None, None);
    for (name, value) in form_urlencoded::parse(body) {
        let place = match name.as_ref() {
            "username" => &mut username,
            "scope" => &mut scope,
            _ => return Err((REQUEST, "only username and scope are known")),
        };
        if place.replace(value.into_owned()).is_some() {
            return Err((REQUEST, "a field stands there twice"));
        }
    }
    let username = username.unwrap_or_default();
    let plain = username.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._@+-".contains(&byte));
    if username.is_empty() || username.len() > LONGEST_NAME || !plain {
        return Err((REQUEST, "username is 1 to 64 letters, digits or . _ @ + -"));
    }
    let scope = scope.unwrap_or_else(|| scopes.join(" "));
    if scope.split(' ').any(|wanted| !scopes.iter().any(|known| known == wanted)) {
        return Err(("invalid_scope", "the client may not ask for this scope"));
    }
    Ok(Wish { username, scope })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn pages_of_other_origins_are_kept_out_even_those_of_this_machine() {
        let asks = |pairs: &[(&'static str, &str)]| is_own_page(&headers(pairs));
        let host = ("host", "127.0.0.1:3000");
        assert!(asks(&[host]), "a program");
        assert!(asks(&[host, ("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", "same-origin")]));
        for origin in ["http://127.0.0.1:8080", "http://localhost:3000", "https://127.0.0.1:3000", "null", ""]
        {
            assert!(!asks(&[host, ("origin", origin)]), "{origin}");
        }
        assert!(!asks(&[host, ("sec-fetch-site", "same-site")]));
        assert!(!asks(&[("origin", "http://")]));
    }

    #[test]
    fn a_form_is_read_strictly() {
        let form = headers(&[("content-type", "application/x-www-form-urlencoded")]);
        let known = ["openid".to_owned(), "book/users".to_owned()];
        let wish = |body: &str| read(&form, body.as_bytes(), &known);
        let all = Wish { username: "sky@example.com".into(), scope: "openid book/users".into() };
        assert_eq!(wish("username=sky%40example.com"), Ok(all));
        assert_eq!(wish("username=a&scope=openid").unwrap().scope, "openid");
        for body in
            ["", "username=", "username=a&username=b", "username=a%20b", "username=%ED%95%9C", "name=a"]
        {
            assert_eq!(wish(body).unwrap_err().0, "invalid_request", "{body}");
        }
        assert_eq!(wish(&format!("username={}", "a".repeat(65))).unwrap_err().0, "invalid_request");
        for scope in ["admin", "openid+admin", "openid++book/users", ""] {
            assert_eq!(wish(&format!("username=a&scope={scope}")).unwrap_err().0, "invalid_scope", "{scope}");
        }
        assert_eq!(read(&headers(&[]), b"username=a", &known).unwrap_err().0, "invalid_request");
    }
}
