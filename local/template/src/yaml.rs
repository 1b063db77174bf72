//! Reads YAML into nodes that keep their place and their tag, because every error must name a line.
//! Knows the YAML parser and nothing of CloudFormation.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// Where something stands in the template: line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self { line: span.start.line(), column: span.start.col() + 1 }
    }
}

/// A YAML node with its place and, where it has one, its `!Tag` (without the exclamation mark).
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What the node holds.
    pub value: Value,
    /// Where it begins.
    pub place: Place,
    /// `Ref`, `Sub`, `GetAtt`, …
    pub tag: Option<String>,
}

/// The three kinds of YAML node. Scalars stay text: CloudFormation decides types by property, not by spelling.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A scalar's text.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping in the order of the file.
    Map(Vec<(Key, Node)>),
}

/// The key of a mapping entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// The key's text.
    pub text: String,
    /// Where it begins.
    pub place: Place,
}

/// What is wrong with a template, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// What it is and what to do about it.
    pub message: String,
}

impl Problem {
    /// A problem at `place`.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into() }
    }
}

impl Node {
    /// A node with the place of another one: what an intrinsic function evaluates to stands where the function stood.
    pub fn scalar(text: impl Into<String>, place: Place) -> Self {
        Self { value: Value::Scalar(text.into()), place, tag: None }
    }

    /// The entry of a mapping; `None` when the node is no mapping or has no such key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(k, _)| k.text == key).map(|(_, node)| node)
    }

    /// The entries of a mapping, empty for any other node.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list, empty for any other node.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Result<&str, Problem> {
        match &self.value {
            Value::Scalar(text) => Ok(text),
            Value::List(_) => Err(Problem::new(self.place, "expected a single value, found a list")),
            Value::Map(_) => Err(Problem::new(self.place, "expected a single value, found a mapping")),
        }
    }

    /// The scalar parsed as `T`; `what` names the kind of value in the message ("a whole number").
    pub fn parse<T: std::str::FromStr>(&self, what: &str) -> Result<T, Problem> {
        let text = self.text()?;
        text.parse().map_err(|_| Problem::new(self.place, format!("expected {what}, found `{text}`")))
    }
}

/// Parses one YAML document.
///
/// # Errors
/// A syntax error, an anchor or alias (CloudFormation refuses them), a doubled key, a key that is not a scalar.
pub fn parse(text: &str) -> Result<Node, Problem> {
    let mut events = Events { parser: Parser::new_from_str(text) };
    loop {
        match events.next()? {
            (Event::StreamStart | Event::DocumentStart(_), _) => {}
            (Event::StreamEnd | Event::DocumentEnd, span) => {
                return Err(Problem::new(span.into(), "the document is empty"));
            }
            event => return events.node(event, 0),
        }
    }
}

/// CloudFormation templates nest about ten deep; a bound keeps a hostile file from exhausting the stack.
const DEEPEST: usize = 64;

struct Events<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
}

impl<'a> Events<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Problem> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let marker = error.marker();
                let place = Place { line: marker.line(), column: marker.col() + 1 };
                Err(Problem::new(place, format!("not YAML: {}", error.info())))
            }
            None => Err(Problem::new(Place { line: 1, column: 1 }, "the file ends too early")),
        }
    }

    fn node(&mut self, (event, span): (Event<'a>, Span), depth: usize) -> Result<Node, Problem> {
        let place = span.into();
        if depth > DEEPEST {
            return Err(Problem::new(place, format!("nested deeper than {DEEPEST} levels")));
        }
        let (value, tag, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text = if style == ScalarStyle::Plain && text == "~" { "" } else { text.as_ref() };
                (Value::Scalar(text.to_owned()), tag, anchor)
            }
            Event::SequenceStart(anchor, tag) => (Value::List(self.list(depth)?), tag, anchor),
            Event::MappingStart(anchor, tag) => (Value::Map(self.map(depth)?), tag, anchor),
            _ => {
                return Err(Problem::new(
                    place,
                    "aliases are not part of CloudFormation: write the value out",
                ));
            }
        };
        if anchor != 0 {
            return Err(Problem::new(place, "anchors are not part of CloudFormation: write the value out"));
        }
        let tag = tag.filter(|tag| tag.handle == "!").map(|tag| tag.suffix.clone());
        Ok(Node { value, place, tag })
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, Problem> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                event => items.push(self.node(event, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Vec<(Key, Node)>, Problem> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let place = span.into();
            let text = match event {
                Event::MappingEnd => return Ok(entries),
                Event::Scalar(text, ..) => text.into_owned(),
                _ => return Err(Problem::new(place, "a key must be a plain word")),
            };
            if entries.iter().any(|(key, _)| key.text == text) {
                return Err(Problem::new(place, format!("`{text}` stands here twice: remove one")));
            }
            let event = self.next()?;
            let node = self.node(event, depth + 1)?;
            entries.push((Key { text, place }, node));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_places_and_tags() {
        let node = parse("A:\n  B: !Ref Name\n  C: [1, !Sub 'x${Y}']\n").unwrap();
        let b = node.get("A").unwrap().get("B").unwrap();
        assert_eq!((b.text().unwrap(), b.tag.as_deref()), ("Name", Some("Ref")));
        assert_eq!(b.place, Place { line: 2, column: 6 });
        let c = &node.get("A").unwrap().get("C").unwrap().items()[1];
        assert_eq!((c.text().unwrap(), c.tag.as_deref()), ("x${Y}", Some("Sub")));
    }

    #[test]
    fn refuses_doubled_keys_anchors_and_broken_files() {
        let at = |text: &str| parse(text).unwrap_err();
        assert_eq!(at("A: 1\nB: 2\nA: 3\n").place, Place { line: 3, column: 1 });
        assert!(at("A: &x 1\nB: *x\n").message.contains("anchors"));
        assert!(at("A: [1, 2\n").message.contains("not YAML"));
        assert!(at("").message.contains("empty") || at("").message.contains("early"));
    }

    #[test]
    fn refuses_endless_nesting_instead_of_overflowing() {
        let deep = "[".repeat(5_000);
        assert!(parse(&deep).is_err());
    }
}
