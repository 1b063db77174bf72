//! The sign-in of this machine: a name in, tokens out. There is no password, because there is nobody to keep out.
//! Knows forms and the wall between pages; on AWS the hosted page of the user pool does this, with code and PKCE.
//!
//! A page of another origin that could have a token would be a reader to `/api/me`; the Host wall in front of the whole
//! server lets pages of other ports of this machine pass, so this address looks closer: its own origin, or no page at all.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::domain::{self, unavailable};
use super::issuance::issue;
use super::parameters::is_form;
use super::token::Authentication;
use super::{Issuer, name};
use crate::wall;

/// The longest form that is read, in bytes.
pub(super) const LONGEST: usize = 1024;
/// The code of a form that cannot be read (RFC 6749, section 5.2).
const REQUEST: &str = "invalid_request";

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
    if !wall::is_own_page(&headers) {
        return refuse(StatusCode::FORBIDDEN, "access_denied", "only pages of this server may sign in");
    }
    let Ok(body) = body else {
        return refuse(StatusCode::BAD_REQUEST, REQUEST, "the form is longer than 1,024 bytes, or broke off");
    };
    let wish = match read(&headers, &body, &issuer.pool().client.scopes) {
        Ok(wish) => wish,
        Err((code, why)) => return refuse(StatusCode::BAD_REQUEST, code, why),
    };
    let reader = Authentication::new(wish.username, wish.scope, None, issuer.now());
    match issue(&issuer, reader).await {
        Ok(tokens) => domain::answer(StatusCode::OK, tokens),
        Err(error) => unavailable(error),
    }
}

/// RFC 6749, section 5.2.
fn refuse(status: StatusCode, code: &str, why: &str) -> Response {
    domain::answer(status, json!({"error": code, "error_description": why}))
}

fn read(headers: &HeaderMap, body: &[u8], scopes: &[String]) -> Result<Wish, (&'static str, &'static str)> {
    if !is_form(headers) {
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
    let username = name::read(&username.unwrap_or_default())
        .ok_or((REQUEST, "username is 1 to 64 letters, digits or . _ @ + -"))?;
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
    fn a_form_is_read_strictly() {
        let form = headers(&[("content-type", "application/x-www-form-urlencoded")]);
        let known = ["openid".to_owned(), "book/users".to_owned()];
        let wish = |body: &str| read(&form, body.as_bytes(), &known);
        let all = Wish { username: "sky@example.com".into(), scope: "openid book/users".into() };
        assert_eq!(wish("username=sky%40example.com"), Ok(all));
        assert_eq!(wish("username=a&scope=openid").unwrap().scope, "openid");
        assert_eq!(wish("username=%ED%95%98%EB%8A%98").unwrap().username, "하늘");
        for body in
            ["", "username=", "username=a&username=b", "username=a%20b", "username=%E2%80%8B", "name=a"]
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
