//! Query strings and forms: `application/x-www-form-urlencoded`, each name once.
//! Knows RFC 6749, sections 3.1 and 3.2, and the names of no parameter.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, header};

/// The longest query string or form that is read, in bytes.
pub(super) const LONGEST: usize = 4096;

/// Names with their values, decoded, in the order they were sent.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

/// A name stands there twice, which OAuth forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubled;

impl Parameters {
    /// Reads a query string or the body of a form.
    pub fn read(encoded: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(encoded);
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The value of a name; `None` when it is missing or empty, which OAuth takes for the same.
    ///
    /// # Errors
    /// The name stands there twice.
    pub fn get(&self, name: &str) -> Result<Option<&str>, Doubled> {
        let mut values = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (value, None) => Ok(value.filter(|value| !value.is_empty())),
            _ => Err(Doubled),
        }
    }
}

/// The form a request carries; `None` for a body that is none, is longer than [`LONGEST`] or broke off.
pub(super) fn form(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Option<Parameters> {
    body.ok().filter(|_| is_form(headers)).map(|body| Parameters::read(&body))
}

/// Whether a body says it is a form.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_once() {
        let read = Parameters::read(b"a=1&b=%ED%95%9C+%3C&empty=&c=1&c=2&d");
        assert_eq!(read.get("a"), Ok(Some("1")));
        assert_eq!(read.get("b"), Ok(Some("한 <")));
        assert_eq!(read.get("c"), Err(Doubled));
        for name in ["empty", "d", "e", "A"] {
            assert_eq!(read.get(name), Ok(None), "{name}");
        }
    }

    #[test]
    fn a_form_says_that_it_is_one() {
        let says =
            |kind: &str| is_form(&HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]));
        assert!(says("application/x-www-form-urlencoded"));
        assert!(says("Application/X-WWW-Form-Urlencoded; charset=UTF-8"));
        for kind in ["application/json", "text/plain", "multipart/form-data; boundary=a", ""] {
            assert!(!says(kind), "{kind}");
        }
        assert!(!is_form(&HeaderMap::new()));
    }
}
