//! An answer and what can be expected of it; a failed expectation quotes what was seen.
//! Knows HTTP and the shape of errors.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use ureq::http::HeaderMap;

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    what: String,
    status: u16,
    headers: HeaderMap,
    text: String,
    /// The body as JSON; null if it is none.
    pub body: Value,
}

impl Answer {
    pub(crate) fn new(what: String, status: u16, headers: HeaderMap, text: String) -> Self {
        let body = serde_json::from_str(&text).unwrap_or_default();
        Self { what, status, headers, text, body }
    }

    /// The value of a header, empty if it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Whether the environment was started for this call.
    pub(crate) fn is_cold(&self) -> bool {
        self.header("x-cold-start") == "true"
    }

    /// Which environment answered.
    pub(crate) fn environment(&self) -> &str {
        self.header("x-environment-id")
    }

    /// The text of the body.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What every answer of a function carries, errors included.
    pub(crate) fn of_a_function(self) -> Result<Self> {
        let timing = self.header("server-timing");
        let metric =
            |name: &str| timing.split(", ").any(|metric| metric.starts_with(&format!("{name};dur=")));
        let id = self.environment();
        let complaint = if !metric("handler") {
            "server-timing without handler"
        } else if metric("init") != self.is_cold() {
            "server-timing with init on a warm call, or without on a cold one"
        } else if !matches!(self.header("x-cold-start"), "true" | "false") {
            "x-cold-start is neither true nor false"
        } else if id.len() != 32 || !id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            "x-environment-id is not 32 hexadecimal digits"
        } else if self.header("timing-allow-origin") != "*" {
            "timing-allow-origin is not *"
        } else if self.header("cache-control") != "no-store" {
            "cache-control is not no-store"
        } else if self.header("x-content-type-options") != "nosniff" {
            "x-content-type-options is not nosniff"
        } else if !self.text.is_empty() && self.header("content-type") != "application/json" {
            "content-type is not application/json"
        } else {
            return Ok(self);
        };
        bail!("{complaint}\n{self}")
    }

    /// This status, whatever else.
    pub(crate) fn status(self, status: u16) -> Result<Self> {
        ensure!(self.status == status, "expected status {status}\n{self}");
        Ok(self)
    }

    /// An error made by a function: this status and code, and a Korean sentence.
    pub(crate) fn refused(self, status: u16, code: &str) -> Result<Self> {
        let error = self.body["error"].as_object().map_or(0, serde_json::Map::len);
        let message = self.body["error"]["message"].as_str().unwrap_or_default();
        let korean = message.chars().any(|character| ('가'..='힣').contains(&character));
        let as_documented =
            self.status == status && self.body["error"]["code"] == code && error == 2 && korean;
        ensure!(as_documented, "expected {status} {code} with a Korean message\n{self}");
        Ok(self)
    }

    /// An error made by the gateway before any function: its own words and none of a function's headers.
    pub(crate) fn of_the_gateway(self, status: u16, message: &str) -> Result<()> {
        let expected = serde_json::json!({"message": message});
        ensure!(
            self.status == status && self.body == expected,
            "expected the gateway's {status} {expected}\n{self}"
        );
        ensure!(self.environment().is_empty(), "a function answered\n{self}");
        Ok(())
    }

    /// A header with this value.
    pub(crate) fn has(self, name: &str, value: &str) -> Result<Self> {
        ensure!(self.header(name) == value, "expected {name}: {value}\n{self}");
        Ok(self)
    }

    /// Units the table says it took.
    pub(crate) fn took_capacity(self) -> Result<Self> {
        let units: f64 = self.header("x-consumed-capacity").parse().unwrap_or_default();
        let timed = self.header("server-timing").contains("db;dur=");
        ensure!(units > 0.0 && timed, "expected x-consumed-capacity and db in server-timing\n{self}");
        Ok(self)
    }

    /// An object with exactly these fields.
    pub(crate) fn has_fields(self, fields: &[&str]) -> Result<Self> {
        let mut expected = fields.to_vec();
        expected.sort_unstable();
        let mut seen: Vec<_> =
            self.body.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        seen.sort_unstable();
        ensure!(seen == expected, "expected the fields {expected:?}\n{self}");
        Ok(self)
    }

    /// A number in the body.
    pub(crate) fn number(&self, field: &str) -> Result<f64> {
        self.body[field].as_f64().with_context(|| format!("expected a number in {field}\n{self}"))
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} answered {}", self.what, self.status)?;
        for (name, value) in &self.headers {
            write!(f, "\n{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(f, "\n{}", self.text.chars().take(1_000).collect::<String>())
    }
}
