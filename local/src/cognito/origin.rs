//! Which pages may ask: those of this very server, and those of origins its maintainer named.
//! Knows `Origin`, `Host` and CORS (Fetch Standard, section 3.2); nothing of tokens.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::wall::own_origin;

/// The page of the book that readers are sent back to; it takes them on to the chapter they left.
pub const SIGNED_IN: &str = "/signed-in.html";
/// For how long a browser may keep the answer to a preflight, in seconds.
const PREFLIGHT: &str = "600";

/// Origins whose pages may sign readers in, beside the server's own.
#[derive(Debug, Clone)]
pub(super) struct Origins(Arc<[String]>);

impl Origins {
    /// Takes what is an origin: `http(s)://host[:port]`. A `*` is none: tokens are for pages somebody chose.
    pub fn new(named: Vec<String>) -> Self {
        Self(named.into_iter().filter(|origin| is_origin(origin)).collect())
    }

    /// The origin of `address`, when readers may be sent there: the page [`SIGNED_IN`] of the server that answers this request
    /// or of a named origin. As on AWS the whole address must be equal: there the client's `CallbackURLs` and `LogoutURLs`
    /// name that page of the deployed book, which here stands at the addresses of this server.
    pub fn of_callback<'a>(&self, headers: &HeaderMap, address: &'a str) -> Option<&'a str> {
        let origin = address.strip_suffix(SIGNED_IN).filter(|origin| is_origin(origin))?;
        (own_origin(headers).is_some_and(|own| own == origin) || self.names(origin)).then_some(origin)
    }

    fn names(&self, origin: &str) -> bool {
        self.0.iter().any(|named| named == origin)
    }

    fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        origin.to_str().is_ok_and(|text| self.names(text)).then(|| origin.clone())
    }
}

/// Middleware: answers preflights, and lets pages of allowed origins read answers.
pub(super) async fn share(State(origins): State<Origins>, request: Request, next: Next) -> Response {
    let allowed = origins.allowed(request.headers());
    let preflight = *request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response =
        if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if preflight {
            for (name, value) in [
                (header::ACCESS_CONTROL_ALLOW_METHODS, "GET,POST"),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization,content-type"),
                (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT),
            ] {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
    }
    response
}

fn is_origin(text: &str) -> bool {
    let authority = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    authority.is_some_and(|authority| !authority.is_empty() && authority.bytes().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn readers_are_sent_to_one_page_of_an_allowed_origin_only() {
        let origins = Origins::new(vec!["http://localhost:8000".into(), "*".into(), "http://a b".into()]);
        let asked = headers(&[("host", "127.0.0.1:3000")]);
        for origin in ["http://127.0.0.1:3000", "http://localhost:8000"] {
            assert_eq!(origins.of_callback(&asked, &format!("{origin}{SIGNED_IN}")), Some(origin));
        }
        for address in [
            "",
            "/signed-in.html",
            "//127.0.0.1:3000/signed-in.html",
            "http://127.0.0.1:3000",
            "http://127.0.0.1:3000/",
            "http://127.0.0.1:3001/signed-in.html",
            "http://localhost:3000/signed-in.html",
            "https://127.0.0.1:3000/signed-in.html",
            "HTTP://127.0.0.1:3000/signed-in.html",
            "https://book.invalid/signed-in.html",
            "http://127.0.0.1:3000@evil.example/signed-in.html",
            "http://127.0.0.1:3000.evil.example/signed-in.html",
            "http://127.0.0.1:3000\\.evil.example/signed-in.html",
            "http://127.0.0.1:3000/index.html",
            "http://127.0.0.1:3000//signed-in.html",
            "http://127.0.0.1:3000/a/signed-in.html",
            "http://127.0.0.1:3000//evil.example/signed-in.html",
            "http://evil.example/http://127.0.0.1:3000/signed-in.html",
            "http://127.0.0.1:3000/signed-in.html?next=a",
            "http://127.0.0.1:3000/?next=/signed-in.html",
            "http://127.0.0.1:3000/signed-in.html#a",
            "http://127.0.0.1:3000/signed-in.html/",
            "http://127.0.0.1:3000/signed-in.html\"><script>",
            "http://127.0.0.1:3000/signed-in.html\r\nset-cookie: a",
            "javascript://127.0.0.1:3000/%0aalert(1)/signed-in.html",
            "*",
            "http://a b/signed-in.html",
        ] {
            assert_eq!(origins.of_callback(&asked, address), None, "{address}");
        }
        assert_eq!(origins.of_callback(&HeaderMap::new(), "http:///signed-in.html"), None);
    }
}
