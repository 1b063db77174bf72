//! An answer, and whether a query's value satisfies a predicate; the same verdicts as Hurl's and the page's.
//! Knows the model of blocks; nothing of HTTP clients.

use std::{cmp::Ordering, collections::BTreeMap};

use serde_json::{Number, Value};

use crate::{
    claim::Run,
    syntax::{Assert, Operator, Query, Step},
};

/// One answer of the service.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub status: u16,
    /// Names in lower case; several values joined with `, `, as a browser shows them.
    pub headers: BTreeMap<String, String>,
    pub body: String,
    /// The body, when it is JSON.
    pub json: Option<Value>,
    /// From sending to the last byte, in ms.
    pub total: f64,
    /// When it was sent, in ms since the block began to send.
    pub from: f64,
}

impl Answer {
    /// The value a query finds; `None` when there is nothing.
    pub fn find(&self, query: &Query) -> Option<Value> {
        match query {
            Query::Status => Some(Value::from(self.status)),
            Query::Duration => Number::from_f64(self.total.round()).map(Value::Number),
            Query::Body => Some(Value::from(self.body.clone())),
            Query::Header { name } => self.headers.get(&name.to_ascii_lowercase()).cloned().map(Value::from),
            Query::Jsonpath { path } => path
                .iter()
                .try_fold(self.json.as_ref()?, |value, step| match step {
                    Step::Field(name) => value.as_object()?.get(name),
                    Step::Index(index) => value.as_array()?.get(*index),
                })
                .cloned(),
        }
    }

    /// Whether the assert holds. As in Hurl, a body that is no JSON and values of the wrong type fail it even after
    /// `not`, while a value that is not there fails the predicate and so satisfies its `not`.
    pub fn holds(&self, assert: &Assert) -> bool {
        if matches!(assert.query, Query::Jsonpath { .. }) && self.json.is_none() {
            return false;
        }
        let verdict = match self.find(&assert.query) {
            Some(found) => satisfies(&found, assert.op, assert.value.as_ref().unwrap_or(&Value::Null)),
            None => Some(false),
        };
        verdict.is_some_and(|held| held != assert.not)
    }

    /// What claims look at.
    pub fn run(&self) -> Run {
        let timings =
            self.headers.get("server-timing").map_or_else(BTreeMap::new, |header| server_timing(header));
        Run {
            status: self.status,
            headers: self.headers.clone(),
            timings,
            total: self.total,
            from: Some(self.from),
            until: Some(self.from + self.total),
        }
    }
}

/// `None`: the types do not fit.
fn satisfies(found: &Value, op: Operator, value: &Value) -> Option<bool> {
    use Operator::{
        Contains, EndsWith, Equal, Exists, Greater, GreaterOrEqual, IsBoolean, IsCollection, IsEmpty,
        IsInteger, IsString, Less, LessOrEqual, NotEqual, StartsWith,
    };
    match op {
        Equal => Some(equal(found, value)),
        NotEqual => Some(!equal(found, value)),
        Less => order(found, value).map(Ordering::is_lt),
        LessOrEqual => order(found, value).map(Ordering::is_le),
        Greater => order(found, value).map(Ordering::is_gt),
        GreaterOrEqual => order(found, value).map(Ordering::is_ge),
        Contains => match (found, value.as_str()) {
            (Value::String(text), Some(part)) => Some(text.contains(part)),
            (Value::Array(items), _) => Some(items.iter().any(|item| equal(item, value))),
            _ => None,
        },
        StartsWith => Some(found.as_str()?.starts_with(value.as_str()?)),
        EndsWith => Some(found.as_str()?.ends_with(value.as_str()?)),
        Exists => Some(true),
        IsString => Some(found.is_string()),
        #[allow(clippy::float_cmp, reason = "whole or not")]
        IsInteger => Some(found.as_f64().is_some_and(|n| n.fract() == 0.0)),
        IsBoolean => Some(found.is_boolean()),
        IsCollection => Some(found.is_array() || found.is_object()),
        IsEmpty => match found {
            Value::String(text) => Some(text.is_empty()),
            Value::Array(items) => Some(items.is_empty()),
            Value::Object(fields) => Some(fields.is_empty()),
            _ => None,
        },
    }
}

/// Numbers are equal by value (`1` and `1.0`), everything else by type and value.
#[allow(clippy::float_cmp, reason = "`==` in an assert means equal")]
fn equal(found: &Value, value: &Value) -> bool {
    match (found.as_f64(), value.as_f64()) {
        (Some(found), Some(value)) => found == value,
        _ => found == value,
    }
}

fn order(found: &Value, value: &Value) -> Option<Ordering> {
    match (found, value) {
        (Value::Number(found), Value::Number(value)) => found.as_f64()?.partial_cmp(&value.as_f64()?),
        (Value::String(found), Value::String(value)) => Some(found.cmp(value)),
        _ => None,
    }
}

/// `init;dur=2.1, handler;dur=0.4;desc="a, b"` → init 2.1, handler 0.4 (metrics without a duration are left out).
pub(super) fn server_timing(header: &str) -> BTreeMap<String, f64> {
    outside_quotes(header, ',')
        .into_iter()
        .filter_map(|metric| {
            let mut parts = outside_quotes(metric, ';').into_iter().map(str::trim);
            let name = parts.next().filter(|name| !name.is_empty())?;
            let duration = parts.find_map(|part| {
                let (key, value) = part.split_once('=')?;
                key.trim()
                    .eq_ignore_ascii_case("dur")
                    .then(|| value.trim().trim_matches('"').parse::<f64>().ok())?
            })?;
            duration.is_finite().then(|| (name.to_owned(), duration))
        })
        .collect()
}

fn outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(move |c| {
        if c == '"' {
            quoted = !quoted;
        }
        c == separator && !quoted
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Vector {
        query: Query,
        not: bool,
        op: Operator,
        value: Option<Value>,
        response: Response,
        pass: bool,
    }

    #[derive(Deserialize)]
    struct Response {
        status: u16,
        headers: BTreeMap<String, String>,
        body: String,
        duration: f64,
    }

    /// The page's script is held against the same file.
    #[test]
    fn judges_the_shared_vectors() {
        let vectors: Vec<Vector> =
            serde_json::from_str(include_str!("../../tests/vectors/queries.json")).unwrap();
        assert!(vectors.len() >= 100);
        for vector in vectors {
            let Response { status, headers, body, duration } = vector.response;
            let answer = Answer {
                status,
                headers,
                json: serde_json::from_str(&body).ok(),
                body,
                total: duration,
                from: 0.0,
            };
            let told = format!("{:?} not={} {:?} {:?}", vector.query, vector.not, vector.op, vector.value);
            let assert = Assert {
                text: String::new(),
                query: vector.query,
                not: vector.not,
                op: vector.op,
                value: vector.value,
                at: 0,
            };
            assert_eq!(answer.holds(&assert), vector.pass, "{told}");
        }
    }

    #[test]
    fn reads_server_timing_with_quoted_descriptions() {
        let read = server_timing(r#"init;dur=2.1, handler;desc="a, b;dur=9";dur=0.4, miss, db; dur = 3"#);
        assert_eq!(read, BTreeMap::from([("init".into(), 2.1), ("handler".into(), 0.4), ("db".into(), 3.0)]));
    }
}
