//! Asks a deployment: any request, and requests of one reader.
//! Knows HTTP and the headers every answer of a function carries.

use crate::answer::Answer;
use anyhow::{Context, Result};
use std::{thread, time::Duration};
use ureq::{Agent, SendBody, http::Request};

/// Above everything an answer may take: init, a lazy first call at 128 MB, a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// A deployment.
#[derive(Clone)]
pub(crate) struct Service {
    agent: Agent,
    base: String,
    pause: Duration,
}

/// Somebody with an `x-visitor` nobody else has.
pub(crate) struct Reader<'a> {
    service: &'a Service,
    visitor: String,
}

/// What is sent with a request.
#[derive(Clone, Copy)]
pub(crate) enum Payload<'a> {
    /// No body at all.
    Nothing,
    /// A body of known length.
    Bytes(&'a [u8]),
    /// A body sent in chunks, without saying how long it will be.
    Chunked(&'a [u8]),
}

impl Service {
    pub(crate) fn new(base: &str, pause: Duration) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .timeout_global(Some(PATIENCE));
        Self { agent: config.build().into(), base: base.to_owned(), pause }
    }

    /// Somebody new.
    pub(crate) fn reader(&self) -> Result<Reader<'_>> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).context("no random bytes")?;
        Ok(Reader { service: self, visitor: format!("{:032x}", u128::from_be_bytes(bits)) })
    }

    /// Sends exactly this.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        payload: Payload<'_>,
    ) -> Result<Answer> {
        let what = format!("{method} {path}");
        thread::sleep(self.pause);
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let refused = || format!("{what}: no such request");
        let answer = match payload {
            Payload::Nothing => self.agent.run(request.body(()).with_context(refused)?),
            Payload::Bytes(bytes) => self.agent.run(request.body(bytes).with_context(refused)?),
            Payload::Chunked(mut bytes) => {
                self.agent.run(request.body(SendBody::from_reader(&mut bytes)).with_context(refused)?)
            }
        };
        let (head, mut body) = answer.with_context(|| format!("{what}: no answer"))?.into_parts();
        let text = body.read_to_string().with_context(|| format!("{what}: the answer broke off"))?;
        Ok(Answer::new(what, head.status.as_u16(), head.headers, text))
    }

    /// Reads one of the cold-start functions.
    pub(crate) fn cold_start(&self, name_and_query: &str) -> Result<Answer> {
        self.send("GET", &format!("/api/cold-start/{name_and_query}"), &[], Payload::Nothing)?.of_a_function()
    }
}

impl Reader<'_> {
    /// Sends a request with this reader's visitor; what answers must be the function.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        payload: Payload<'_>,
    ) -> Result<Answer> {
        let headers: Vec<_> =
            [("x-visitor", self.visitor.as_str())].into_iter().chain(headers.iter().copied()).collect();
        self.service.send(method, path, &headers, payload)?.of_a_function()
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer> {
        self.send("GET", path, &[], Payload::Nothing)
    }

    pub(crate) fn delete(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        self.send("DELETE", path, headers, Payload::Nothing)
    }

    /// Sends JSON, or what should be.
    pub(crate) fn json(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer> {
        let headers: Vec<_> =
            [("content-type", "application/json")].into_iter().chain(headers.iter().copied()).collect();
        self.send(method, path, &headers, Payload::Bytes(body))
    }

    /// Reads from a function that gives no answer.
    pub(crate) fn past_function(&self, path: &str) -> Result<Answer> {
        self.service.send("GET", path, &[("x-visitor", self.visitor.as_str())], Payload::Nothing)
    }

    /// Sends text to a route behind which no function answers.
    pub(crate) fn past_functions(&self, path: &str, body: &str) -> Result<Answer> {
        self.unanswered(path, &[], body.as_bytes())
    }

    /// Sends JSON that no function is going to answer.
    pub(crate) fn unanswered(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
        let own = [("x-visitor", self.visitor.as_str()), ("content-type", "application/json")];
        let headers: Vec<_> = own.into_iter().chain(headers.iter().copied()).collect();
        self.service.send("POST", path, &headers, Payload::Bytes(body))
    }

    /// Creates a user from this JSON.
    pub(crate) fn post(&self, body: &str) -> Result<Answer> {
        self.json("POST", "/api/users", &[], body.as_bytes())
    }

    /// Replaces a user by this JSON.
    pub(crate) fn put(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
        self.json("PUT", path, headers, body.as_bytes())
    }
}
