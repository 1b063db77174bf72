//! The Host wall: stands in front of every room of the server and lets in only callers of this machine.
//! It knows HTTP headers and nothing of the rooms behind it.
//!
//! A loopback port is reachable from every web page the reader has open. Two things keep such a page out: it cannot
//! choose the `Host` header (a name rebound to 127.0.0.1 arrives as that name), and a browser adds `Origin` to
//! whatever could change something (Fetch Standard, section 3.2: every request that is neither GET nor HEAD).

use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Middleware for `axum::middleware::from_fn(wall::guard)`.
///
/// Answers 421 when the request names another host than this machine, and 403 when a page of another origin
/// sends anything but GET or HEAD. The port is not compared: a tunnel may have changed it.
pub async fn guard(request: Request, next: Next) -> Response {
    match check(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Why a request was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The request names a host that is not this machine, or none, or two.
    Host,
    /// A page from elsewhere wants to change something.
    Origin,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Refusal::Host => (
                StatusCode::MISDIRECTED_REQUEST,
                "이 서버는 이 컴퓨터의 이름(127.0.0.1, localhost, [::1], *.localhost)으로만 답한다.\n\
                 This server answers only to the names of this machine.\n",
            ),
            Refusal::Origin => (
                StatusCode::FORBIDDEN,
                "다른 사이트의 페이지가 보낸 요청은 받지 않는다.\n\
                 Requests made by pages of other sites are refused.\n",
            ),
        };
        (status, [(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], text)
            .into_response()
    }
}

/// The rule itself, apart from the middleware.
pub fn check(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    let host = single(headers, &HOST).ok_or(Refusal::Host)?.ok_or(Refusal::Host)?;
    // A request line may carry a whole address, which then counts instead of Host (RFC 9112, 3.2.2): judge both.
    if !is_local(host) || uri.authority().is_some_and(|authority| !is_local(authority.as_str())) {
        return Err(Refusal::Host);
    }
    let origin = single(headers, &ORIGIN).ok_or(Refusal::Origin)?;
    let safe = *method == Method::GET || *method == Method::HEAD;
    if !safe && origin.is_some_and(|origin| !is_local_origin(origin)) {
        return Err(Refusal::Origin);
    }
    Ok(())
}

/// Whether an `Origin` header value is a page of this machine: `http(s)://` and a local host. `null` is not.
pub fn is_local_origin(origin: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(is_local)
}

/// Whether a page of this very server asks, or a program that is no browser.
pub fn is_own_page(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let from_here = match text("origin") {
        None => true,
        Some(origin) => own_origin(headers).is_some_and(|own| own.eq_ignore_ascii_case(origin)),
    };
    from_here && matches!(text("sec-fetch-site"), None | Some("same-origin" | "none"))
}

/// The origin under which this server was asked.
pub fn own_origin(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(HOST)?.to_str().ok()?;
    (!host.is_empty()).then(|| format!("http://{host}"))
}

/// Whether `host[:port]` names this machine: 127.0.0.1, localhost, `[::1]` or a name below localhost.
pub fn is_local(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !host.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    if port.is_some_and(|port| !port.bytes().all(|b| b.is_ascii_digit()) || port.parse::<u16>().is_err()) {
        return false;
    }
    let name = name.to_ascii_lowercase();
    matches!(name.as_str(), "127.0.0.1" | "localhost" | "[::1]")
        || name.strip_suffix(".localhost").is_some_and(|labels| labels.split('.').all(is_label))
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// `None` when the header is there twice or is not text; `Some(None)` when it is missing.
fn single<'h>(headers: &'h HeaderMap, name: &axum::http::HeaderName) -> Option<Option<&'h str>> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Some(None),
        (Some(value), None) => value.to_str().ok().map(Some),
        (Some(_), Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(method: Method, uri: &str, headers: &[(&str, &str)]) -> Result<(), Refusal> {
        check(&method, &uri.parse().unwrap(), &map(headers))
    }

    fn map(headers: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<axum::http::HeaderName>().unwrap(), value.parse().unwrap());
        }
        map
    }

    #[test]
    fn pages_of_other_origins_are_kept_out_even_those_of_this_machine() {
        let asks = |pairs: &[(&'static str, &str)]| is_own_page(&map(pairs));
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
    fn names_of_this_machine_are_let_in() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:3000",
            "localhost",
            "LOCALHOST:80",
            "[::1]",
            "[::1]:3000",
            "a.localhost:1",
            "a-1.b.localhost",
        ] {
            assert_eq!(judge(Method::GET, "/", &[("host", host)]), Ok(()), "{host}");
        }
    }

    #[test]
    fn other_names_are_refused() {
        for host in [
            "",
            "book.example",
            "127.0.0.1.book.example",
            "localhost.book.example",
            "evil-localhost",
            ".localhost",
            "a..localhost",
            "localhost.",
            "127.0.0.2",
            "0.0.0.0",
            "[::2]",
            "[::1",
            "user@localhost",
            "localhost:",
            "localhost:99999",
            "localhost:3000:1",
            "localhost/x",
        ] {
            assert_eq!(judge(Method::GET, "/", &[("host", host)]), Err(Refusal::Host), "{host}");
        }
        assert_eq!(judge(Method::GET, "/", &[]), Err(Refusal::Host));
        assert_eq!(
            judge(Method::GET, "/", &[("host", "localhost"), ("host", "localhost")]),
            Err(Refusal::Host)
        );
        assert_eq!(judge(Method::GET, "http://book.example/", &[("host", "localhost")]), Err(Refusal::Host));
    }

    #[test]
    fn a_page_from_elsewhere_may_only_read() {
        let from =
            |method, origin| judge(method, "/api/users", &[("host", "localhost:3000"), ("origin", origin)]);
        for origin in [
            "http://localhost:3000",
            "http://127.0.0.1:8080",
            "http://a.localhost:3000",
            "https://[::1]:3000",
        ] {
            assert_eq!(from(Method::POST, origin), Ok(()), "{origin}");
        }
        for origin in [
            "https://book.example",
            "null",
            "",
            "file://",
            "http://localhost.book.example",
            "chrome-extension://x",
        ] {
            assert_eq!(from(Method::GET, origin), Ok(()), "{origin}");
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
                assert_eq!(from(method, origin), Err(Refusal::Origin), "{origin}");
            }
        }
    }
}
