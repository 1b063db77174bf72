//! One HTTP exchange with the driver: JSON in, the `value` member of the JSON answer out.
//! Knows no other module.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Longest time one command may take; a page load or a script has its own, shorter limit in the browser.
const COMMAND_LIMIT: Duration = Duration::from_secs(90);
/// A full-page screenshot is the largest answer.
const ANSWER_LIMIT: u64 = 64 * 1024 * 1024;

#[derive(Clone, Debug)]
pub(crate) struct Wire {
    agent: ureq::Agent,
    base: String,
}

impl Wire {
    pub(crate) fn new(port: u16) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(COMMAND_LIMIT))
            .build()
            .into();
        Self { agent, base: format!("http://127.0.0.1:{port}") }
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        let response = self.agent.get(format!("{}{path}", self.base)).call();
        read(response.with_context(|| format!("GET {path}"))?, path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let response = self.agent.post(format!("{}{path}", self.base)).send_json(body);
        read(response.with_context(|| format!("POST {path}"))?, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Value> {
        let response = self.agent.delete(format!("{}{path}", self.base)).call();
        read(response.with_context(|| format!("DELETE {path}"))?, path)
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>, path: &str) -> Result<Value> {
    let status = response.status();
    let mut answer: Value = response
        .body_mut()
        .with_config()
        .limit(ANSWER_LIMIT)
        .read_json()
        .with_context(|| format!("{path}: the driver's answer is not JSON (status {status})"))?;
    let value = answer["value"].take();
    if status.is_success() {
        return Ok(value);
    }
    // The message's first line says it; the rest is the driver's own stack.
    let message = value["message"].as_str().unwrap_or_default();
    let message = message.lines().next().unwrap_or_default();
    bail!("{path}: {}: {message}", value["error"].as_str().unwrap_or("unknown error"))
}

/// The bytes of a picture, which the protocol carries as base64 text.
pub(crate) fn picture(data: &Value) -> Result<Vec<u8>> {
    let data = data.as_str().context("no picture in the answer")?;
    STANDARD.decode(data).context("the picture's encoding")
}
