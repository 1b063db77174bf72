//! Reads a route key, `GET /users/{id}`: the way an HTTP API names a method and a path pattern.
//! Knows the syntax only; the gateway decides which route wins.
//!
//! Syntax: API Gateway Developer Guide, "Working with routes for HTTP APIs".

use std::fmt;

/// A parsed route key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteKey {
    /// The method; `None` for `ANY` and for `$default`.
    pub method: Option<String>,
    /// The path's segments; `None` for `$default`, which takes every path.
    pub segments: Option<Vec<Segment>>,
    text: String,
}

/// One segment of a path pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Must be equal.
    Literal(String),
    /// `{name}`: any one segment.
    Variable(String),
    /// `{name+}`: everything that is left, at least one segment.
    Greedy(String),
}

const METHODS: &[&str] = &["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

impl RouteKey {
    /// Parses a route key.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let key = |method, segments| Self { method, segments, text: text.to_owned() };
        if text == "$default" {
            return Ok(key(None, None));
        }
        let (method, path) =
            text.split_once(' ').ok_or("a route key is `METHOD /path` or `$default`".to_owned())?;
        if !METHODS.contains(&method) {
            return Err(format!(
                "`{method}` is not a method of a route key; use one of {}",
                METHODS.join(", ")
            ));
        }
        let path = path.strip_prefix('/').ok_or(format!("the path `{path}` must begin with `/`"))?;
        let segments: Vec<Segment> = if path.is_empty() {
            Vec::new()
        } else {
            path.split('/').map(segment).collect::<Result<_, _>>()?
        };
        let greedy_before_end =
            segments.iter().rev().skip(1).any(|segment| matches!(segment, Segment::Greedy(_)));
        if greedy_before_end {
            return Err("`{name+}` takes all the rest of the path and must stand last".to_owned());
        }
        Ok(key((method != "ANY").then(|| method.to_owned()), Some(segments)))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for RouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn segment(text: &str) -> Result<Segment, String> {
    let Some(name) = text.strip_prefix('{') else {
        return if text.is_empty() || text.contains(['{', '}']) {
            Err(format!("`{text}` is not a segment of a path"))
        } else {
            Ok(Segment::Literal(text.to_owned()))
        };
    };
    let name = name.strip_suffix('}').ok_or(format!("`{text}` lacks its closing `}}`"))?;
    match name.strip_suffix('+') {
        Some(name) if !name.is_empty() => Ok(Segment::Greedy(name.to_owned())),
        None if !name.is_empty() => Ok(Segment::Variable(name.to_owned())),
        _ => Err(format!("`{text}` lacks a name")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_forms_of_the_guide() {
        let key = RouteKey::parse("GET /api/users/{id}").unwrap();
        assert_eq!(key.method.as_deref(), Some("GET"));
        assert_eq!(key.segments.as_ref().unwrap()[2], Segment::Variable("id".into()));
        assert_eq!(key.to_string(), "GET /api/users/{id}");
        assert_eq!(RouteKey::parse("ANY /{proxy+}").unwrap().method, None);
        assert_eq!(RouteKey::parse("$default").unwrap().segments, None);
        assert_eq!(RouteKey::parse("GET /").unwrap().segments.unwrap(), vec![]);
    }

    #[test]
    fn refuses_what_the_gateway_would_refuse() {
        for text in ["GET", "get /x", "GET x", "GET /a//b", "GET /{}", "GET /{a", "GET /{a+}/b", "FETCH /x"] {
            assert!(RouteKey::parse(text).is_err(), "{text}");
        }
    }
}
