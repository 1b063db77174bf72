//! Reads the values of `RequestParameters`: which part of a request becomes a parameter of the service called.
//! Knows the spelling; what a request holds is the gateway's to look up.
//!
//! Syntax: API Gateway Developer Guide, "Create AWS service integrations for HTTP APIs". A value is one expression, or text with
//! expressions in it as `${…}`.

/// A value of `RequestParameters`: its parts, one behind the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Never empty, but for the empty text.
    pub parts: Vec<Part>,
}

/// A part of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Stands for itself.
    Text(String),
    /// Is looked up in the request.
    Source(Source),
}

/// A part of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `$request.header.name`, the name in lower case.
    Header(String),
    /// `$request.querystring.name`
    Query(String),
    /// `$request.path.name`: a path variable.
    PathVariable(String),
    /// `$request.path`
    Path,
    /// `$request.body`
    Body,
    /// `$request.body.a.b`: a member of a JSON body.
    Member(Vec<String>),
}

impl Mapping {
    /// Parses a value.
    ///
    /// # Errors
    /// What of it this machine does not honour, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with('$') && !text.starts_with("${") {
            return Ok(Self { parts: vec![Part::Source(Source::parse(&text[1..])?)] });
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(length) = rest[start..].find('}') else {
                return Err(format!("`{text}`: `${{` without a closing `}}`"));
            };
            if start > 0 {
                parts.push(Part::Text(rest[..start].to_owned()));
            }
            parts.push(Part::Source(Source::parse(&rest[start + 2..start + length])?));
            rest = &rest[start + length + 1..];
        }
        if !rest.is_empty() || parts.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The value, when nothing of it is looked up.
    pub fn constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

impl Source {
    /// An expression without its `$`.
    fn parse(text: &str) -> Result<Self, String> {
        let unknown = || {
            format!(
                "`${text}` is not honoured on this machine: use $request.header.…, $request.querystring.…, $request.path.…, \
                 $request.body or $request.body.…"
            )
        };
        let (kind, name) = match text.strip_prefix("request.").ok_or_else(unknown)?.split_once('.') {
            Some((kind, name)) if !name.is_empty() => (kind, Some(name)),
            Some(_) => return Err(unknown()),
            None => (text.trim_start_matches("request."), None),
        };
        match (kind, name) {
            ("header", Some(name)) => Ok(Self::Header(name.to_ascii_lowercase())),
            ("querystring", Some(name)) => Ok(Self::Query(name.to_owned())),
            ("path", Some(name)) => Ok(Self::PathVariable(name.to_owned())),
            ("path", None) => Ok(Self::Path),
            ("body", None) => Ok(Self::Body),
            ("body", Some(path)) => {
                let names: Vec<String> = path.split('.').map(str::to_owned).collect();
                // Of JSON path only names are understood: no wildcard, index or filter.
                let is_name = |name: &String| {
                    !name.is_empty()
                        && name
                            .chars()
                            .all(|character| character.is_alphanumeric() || "_-".contains(character))
                };
                if names.iter().all(is_name) { Ok(Self::Member(names)) } else { Err(unknown()) }
            }
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Part {
        Part::Text(text.to_owned())
    }

    #[test]
    fn each_form_of_the_guide() {
        let one = |written: &str| match Mapping::parse(written).unwrap().parts.as_slice() {
            [Part::Source(source)] => source.clone(),
            other => panic!("{written}: {other:?}"),
        };
        assert_eq!(one("$request.header.X-Visitor"), Source::Header("x-visitor".into()));
        assert_eq!(one("$request.querystring.Name"), Source::Query("Name".into()));
        assert_eq!(one("$request.path.id"), Source::PathVariable("id".into()));
        assert_eq!(one("$request.path"), Source::Path);
        assert_eq!(one("$request.body"), Source::Body);
        assert_eq!(one("$request.body.order.number"), Source::Member(vec!["order".into(), "number".into()]));
        assert_eq!(one("${request.header.a}"), Source::Header("a".into()));
        let mixed = Mapping::parse("a ${request.path.id}, ${request.body}!").unwrap();
        let (id, body) = (Source::PathVariable("id".into()), Source::Body);
        assert_eq!(mixed.parts, [text("a "), Part::Source(id), text(", "), Part::Source(body), text("!")]);
        assert_eq!((mixed.constant(), Mapping::parse("5").unwrap().constant()), (None, Some("5")));
        assert_eq!(Mapping::parse("").unwrap().constant(), Some(""));
    }

    #[test]
    fn what_would_be_looked_up_elsewhere_is_refused() {
        for written in [
            "$context.requestId",
            "$stageVariables.x",
            "$request.header.",
            "$request.header",
            "$request.body..x",
            "$request.body.items[0]",
            "$request.body.*",
            "$requests.header.x",
            "$",
            "a ${context.requestId}",
            "a ${request.header.x",
            "${}",
        ] {
            assert!(Mapping::parse(written).is_err(), "{written}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_text_without_a_dollar_stands_for_itself(written in "\\PC{0,40}", plain in "[^$]{0,40}") {
            let _ = Mapping::parse(&written);
            let mapping = Mapping::parse(&plain).unwrap();
            prop_assert_eq!(mapping.constant(), Some(plain.as_str()));
        }
    }
}
