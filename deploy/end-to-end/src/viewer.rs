//! Looks at a deployment as a browser does: requests, nothing else.
//! Knows HTTP; no key and no AWS.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ureq::http::HeaderMap;
use ureq::{Agent, Body, http::Response};

/// Above everything an answer may take here.
const PATIENCE: Duration = Duration::from_secs(40);
/// More than any file of a book.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Somebody who reads below one address.
pub struct Viewer {
    agent: Agent,
    base: String,
}

/// What came back.
pub struct Seen {
    what: String,
    /// The status code.
    pub status: u16,
    headers: HeaderMap,
    /// The content.
    pub body: Vec<u8>,
}

impl Viewer {
    /// A reader of what stands below `base`: scheme, host and port.
    pub fn new(base: &str) -> Viewer {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE));
        Viewer { agent: config.build().into(), base: base.to_owned() }
    }

    /// Asks for a path.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Seen> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        seen(format!("GET {path}"), request.call())
    }

    /// Sends a form, as a browser does.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Seen> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self
            .agent
            .post(format!("{}{path}", self.base))
            .header("content-type", "application/x-www-form-urlencoded");
        seen(format!("POST {path}"), request.send(form))
    }
}

fn seen(what: String, answer: Result<Response<Body>, ureq::Error>) -> Result<Seen> {
    let (head, mut body) = answer.with_context(|| format!("{what}: 답이 없다"))?.into_parts();
    let body =
        body.with_config().limit(LARGEST).read_to_vec().with_context(|| format!("{what}: 답이 끊겼다"))?;
    Ok(Seen { what, status: head.status.as_u16(), headers: head.headers, body })
}

impl Seen {
    /// The value of a header, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The answer if it has that status.
    ///
    /// # Errors
    /// It has another: with the beginning of the answer.
    pub fn status(self, expected: u16) -> Result<Seen> {
        let body = String::from_utf8_lossy(&self.body);
        let start: String = body.chars().take(300).collect();
        ensure!(
            self.status == expected,
            "{}: {expected}이어야 하는데 {}이다: {start}",
            self.what,
            self.status
        );
        Ok(self)
    }

    /// The content as JSON.
    ///
    /// # Errors
    /// It is none.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("{}: JSON이 아니다", self.what))
    }
}
