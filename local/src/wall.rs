//! The Host wall: stands in front of every room of the server and lets in only callers of this machine.
//! It knows HTTP headers and nothing of the rooms behind it.
//!
//! A loopback port is reachable from every web page the reader has open. Two things keep such a page out: it cannot
//! choose the `Host` header (a name rebound to 127.0.0.1 arrives as that name), and a browser adds `Origin` to
//! whatever could change something (Fetch Standard, section 3.2: every request that is neither GET nor HEAD).

use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

/// A wall, and the doors in it for pages of other origins.
#[derive(Debug, Clone, Default)]
pub struct Wall {
    doors: Vec<Door>,
}

#[derive(Debug, Clone)]
struct Door {
    path: String,
    origins: Vec<String>,
}

impl Wall {
    /// A wall that pages of `origins` may pass where the path is `path` or below. Only whole origins open a door: whoever writes `*`
    /// for CORS means pages that carry no reader's rights, and here every page has those of whoever sits at this machine.
    #[must_use]
    pub fn open(mut self, path: &str, origins: &[String]) -> Self {
        let origins = origins.iter().filter(|origin| !origin.contains('*')).cloned().collect();
        self.doors.push(Door { path: path.to_owned(), origins });
        self
    }

    /// Whether a request is let in.
    ///
    /// # Errors
    /// Answered 421 when the request names another host than this machine, and 403 when a page of another origin that no door is
    /// open for sends anything but GET or HEAD. The port is not compared: a tunnel may have changed it.
    pub fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let host = single(headers, &HOST).ok_or(Refusal::Host)?.ok_or(Refusal::Host)?;
        // A request line may carry a whole address, which then counts instead of Host (RFC 9112, 3.2.2): judge both.
        if !is_local(host) || uri.authority().is_some_and(|authority| !is_local(authority.as_str())) {
            return Err(Refusal::Host);
        }
        let origin = single(headers, &ORIGIN).ok_or(Refusal::Origin)?;
        let safe = *method == Method::GET || *method == Method::HEAD;
        match origin {
            Some(origin) if !safe && !is_local_origin(origin) && !self.has_door(uri.path(), origin) => {
                Err(Refusal::Origin)
            }
            _ => Ok(()),
        }
    }

    fn has_door(&self, path: &str, origin: &str) -> bool {
        let leads_to = |door: &Door| {
            path.strip_prefix(door.path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.doors.iter().any(|door| leads_to(door) && door.origins.iter().any(|known| known == origin))
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
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Option<&'h str>> {
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
        judge_at(&Wall::default(), method, uri, headers)
    }

    fn judge_at(wall: &Wall, method: Method, uri: &str, headers: &[(&str, &str)]) -> Result<(), Refusal> {
        wall.check(&method, &uri.parse().unwrap(), &map(headers))
    }

    fn map(headers: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
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
    #[test]
    fn a_page_that_was_named_may_call_what_it_was_named_for() {
        let origins = ["https://book.example".to_owned(), "*".to_owned(), "https://*".to_owned()];
        let wall = Wall::default().open("/api", &origins);
        let from = |origin, path| {
            judge_at(&wall, Method::POST, path, &[("host", "localhost:3000"), ("origin", origin)])
        };
        for path in ["/api", "/api/", "/api/users?x=1"] {
            assert_eq!(from("https://book.example", path), Ok(()), "{path}");
            for origin in [
                "https://other.example",
                "http://book.example",
                "https://book.example:8443",
                "*",
                "https://*",
            ] {
                assert_eq!(from(origin, path), Err(Refusal::Origin), "{origin} {path}");
            }
        }
        for path in ["/", "/apis", "/_local/api/x", "//api/users"] {
            assert_eq!(from("https://book.example", path), Err(Refusal::Origin), "{path}");
        }
        let rebound = [("host", "book.example"), ("origin", "https://book.example")];
        assert_eq!(judge_at(&wall, Method::POST, "/api/users", &rebound), Err(Refusal::Host));
    }
}
