//! Looks up what `RequestParameters` of a service integration take from a request.
//! Knows the parts of a request and the template's mappings; knows no service.
//!
//! Rules: API Gateway Developer Guide, "Create AWS service integrations for HTTP APIs".

use std::borrow::Cow;

use axum::http::request::Parts;
use serde_json::Value;
use template::parameter_mapping::{Mapping, Part, Source};

/// Of a longer body a member is looked for in the first bytes only.
const READ: usize = 100 * 1024;

/// The request has no such part.
#[derive(Debug, PartialEq, Eq)]
pub struct Unresolved;

/// A request as mappings see it.
#[derive(Debug)]
pub struct Request<'a> {
    /// Its head.
    pub parts: &'a Parts,
    /// Its path, decoded.
    pub path: &'a str,
    /// Path variables, decoded.
    pub variables: &'a [(&'a str, &'a str)],
    /// Its body.
    pub body: &'a [u8],
}

impl Request<'_> {
    /// The value of a mapping for this request.
    ///
    /// # Errors
    /// A part of it is not there.
    pub fn resolve(&self, mapping: &Mapping) -> Result<String, Unresolved> {
        let mut value = String::new();
        for part in &mapping.parts {
            match part {
                Part::Text(text) => value.push_str(text),
                Part::Source(source) => value.push_str(&self.source(source).ok_or(Unresolved)?),
            }
        }
        Ok(value)
    }

    fn source(&self, source: &Source) -> Option<String> {
        match source {
            Source::Header(name) => {
                let values = self.parts.headers.get_all(name).iter();
                joined(values.map(|value| String::from_utf8_lossy(value.as_bytes())))
            }
            Source::Query(name) => {
                let query = form_urlencoded::parse(self.parts.uri.query().unwrap_or_default().as_bytes());
                joined(query.filter(|(own, _)| own == name).map(|(_, value)| value))
            }
            Source::PathVariable(name) => {
                let variable = self.variables.iter().find(|(own, _)| own == name);
                variable.map(|(_, value)| (*value).to_owned())
            }
            Source::Path => Some(self.path.to_owned()),
            Source::Body => self.text(self.body),
            Source::Member(names) => self.member(names),
        }
    }

    /// An empty body is none; what is no text cannot become a parameter.
    fn text(&self, body: &[u8]) -> Option<String> {
        std::str::from_utf8(body).ok().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn member(&self, names: &[String]) -> Option<String> {
        let body = &self.body[..self.body.len().min(READ)];
        let value: Value = serde_json::from_slice(body).ok()?;
        let found = names.iter().try_fold(&value, |value, name| value.get(name))?;
        match found {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}

/// Several values of one name, as one text.
fn joined<'a>(values: impl Iterator<Item = Cow<'a, str>>) -> Option<String> {
    let values: Vec<_> = values.collect();
    (!values.is_empty()).then(|| values.join(","))
}

#[cfg(test)]
mod tests {
    use axum::http::Request as HttpRequest;

    use super::*;

    fn resolved(mapping: &str, body: &str) -> Option<String> {
        let request = HttpRequest::post("/users/%ED%95%9C?a=1&a=2&b=x+y")
            .header("X-Visitor", "0f")
            .header("X-Twice", "1")
            .header("X-Twice", "2");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let variables = [("id", "한")];
        let request =
            Request { parts: &parts, path: "/users/한", variables: &variables, body: body.as_bytes() };
        request.resolve(&Mapping::parse(mapping).unwrap()).ok()
    }

    #[test]
    fn every_source() {
        let json = r#"{"order": {"number": 7, "note": "둘", "items": [1, 2], "none": null}}"#;
        for (mapping, expected) in [
            ("$request.header.x-visitor", "0f"),
            ("$request.header.X-TWICE", "1,2"),
            ("$request.querystring.a", "1,2"),
            ("$request.querystring.b", "x y"),
            ("$request.path.id", "한"),
            ("$request.path", "/users/한"),
            ("$request.body", json),
            ("$request.body.order.number", "7"),
            ("$request.body.order.note", "둘"),
            ("$request.body.order.items", "[1,2]"),
            ("visitor ${request.header.x-visitor}!", "visitor 0f!"),
            ("constant", "constant"),
        ] {
            assert_eq!(resolved(mapping, json).as_deref(), Some(expected), "{mapping}");
        }
        for mapping in [
            "$request.header.missing",
            "$request.querystring.A",
            "$request.path.other",
            "$request.body.order.missing",
            "$request.body.order.none",
            "$request.body.order.number.deeper",
            "a ${request.header.missing}",
        ] {
            assert_eq!(resolved(mapping, json), None, "{mapping}");
        }
        assert_eq!((resolved("$request.body", ""), resolved("$request.body.a", "no json")), (None, None));
    }
}
