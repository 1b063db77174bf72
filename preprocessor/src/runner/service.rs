//! The HTTP side: one agent with bounded time and size, no redirects, the configured headers.
//! Knows settings and [`Answer`]; nothing of blocks.

use std::{
    collections::BTreeMap,
    io::Read,
    time::{Duration, Instant},
};

use http::{HeaderMap, Request, Uri};
use ureq::Agent;

use super::{RunError, answer::Answer};
use crate::{settings::Settings, syntax::API_VARIABLE};

/// A request takes this long at most.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// An answer's body is this large at most, in bytes.
const BODY_LIMIT: u64 = 1 << 20;
/// Kept connections: as many as a block may have requests in the air.
const CONNECTIONS: usize = crate::syntax::MAX_RUNS as usize;

/// A request with every variable filled in.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
}

/// A service that answered once.
pub(super) struct Service {
    agent: Agent,
    /// Scheme, host and port.
    pub base: String,
    /// What `{{api}}` and the names of the bases that answer here stand for.
    pub bases: BTreeMap<String, String>,
    local: bool,
}

impl Service {
    /// Opens a connection first, so that no block's time contains it.
    pub fn connect(base: Option<&str>, settings: &Settings) -> Result<Self, RunError> {
        let given = base;
        let base = match given {
            Some(base) => base,
            None => settings.api_origin().ok_or(RunError::NoBase)?,
        };
        let base = base.trim_end_matches('/');
        let host = base
            .parse::<Uri>()
            .ok()
            .filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.query().is_none())
            .and_then(|uri| uri.host().map(str::to_owned))
            .ok_or_else(|| RunError::Base(base.to_owned()))?;
        let local = host == "localhost"
            || host.ends_with(".localhost")
            || host.starts_with("127.")
            || host == "[::1]";
        let builder = Agent::config_builder()
            .timeout_global(Some(TIME_LIMIT))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(CONNECTIONS)
            .max_idle_connections_per_host(CONNECTIONS)
            .user_agent(concat!("mdbook-live/", env!("CARGO_PKG_VERSION")));
        // A proxy from the environment is for the outside world.
        let config = if local { builder.proxy(None).build() } else { builder.build() };
        let api = format!("{base}{}", settings.api_path());
        let bases = BTreeMap::from([(API_VARIABLE.to_owned(), api)]);
        let mut service = Self { agent: config.into(), base: base.to_owned(), bases, local };
        let request =
            Prepared { method: "HEAD".into(), url: format!("{base}/"), headers: Vec::new(), body: None };
        service
            .send(&request, Instant::now())
            .map_err(|reason| RunError::Unreachable { base: base.to_owned(), reason })?;
        // Where `api` names another server, the one that has the bases is not known.
        if given.is_some() {
            for name in service.answering(base, settings) {
                let path = format!("{base}{}", settings.bases[name].path);
                service.bases.insert(name.to_owned(), path);
            }
        }
        Ok(service)
    }

    /// The bases that the book's server says it has; without a file that could say so, all of them. As in the page.
    fn answering<'s>(&self, base: &str, settings: &'s Settings) -> Vec<&'s str> {
        let names = settings.bases.keys().map(String::as_str);
        let Some(config) = settings.config.as_ref().filter(|_| !settings.bases.is_empty()) else {
            return names.collect();
        };
        let url = format!("{base}/{}", config.trim_start_matches('/'));
        let request = Prepared { method: "GET".into(), url, headers: Vec::new(), body: None };
        let answer = self.send(&request, Instant::now()).ok().and_then(|answer| answer.json);
        let listed = answer.and_then(|json| json.get("bases")?.as_array().cloned()).unwrap_or_default();
        names.filter(|name| listed.iter().any(|listed| listed == name)).collect()
    }

    /// Whether the service runs on this machine.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// Sends one request and reads the whole answer; the error is a reason in words. `begun` is when its block began.
    pub fn send(&self, prepared: &Prepared, begun: Instant) -> Result<Answer, String> {
        let mut request = Request::builder().method(prepared.method.as_str()).uri(&prepared.url);
        for (name, value) in &prepared.headers {
            request = request.header(name, value);
        }
        let sent = Instant::now();
        let from = milliseconds(sent.duration_since(begun));
        let response = match &prepared.body {
            Some(body) => {
                request.body(body.clone()).map_err(ureq::Error::from).and_then(|r| self.agent.run(r))
            }
            // Nothing, but told as a length, as browsers do. Told in chunks, its end may come after the answer, and then some
            // servers end the connection that the next request is sent on.
            None if matches!(prepared.method.as_str(), "POST" | "PUT" | "PATCH") => {
                request.body("").map_err(ureq::Error::from).and_then(|r| self.agent.run(r))
            }
            None => request.body(()).map_err(ureq::Error::from).and_then(|r| self.agent.run(r)),
        };
        let (parts, body) = response.map_err(|error| reason(&error))?.into_parts();
        let mut bytes = Vec::new();
        body.into_reader()
            .take(BODY_LIMIT + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("응답을 끝까지 읽지 못했다: {error}"))?;
        let total = milliseconds(sent.elapsed());
        if bytes.len() as u64 > BODY_LIMIT {
            return Err(format!("응답 본문이 {BODY_LIMIT}바이트보다 크다"));
        }
        let body = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&body).ok();
        Ok(Answer { status: parts.status.as_u16(), headers: joined(&parts.headers), body, json, total, from })
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => format!("{}초 안에 답이 오지 않았다", TIME_LIMIT.as_secs()),
        ureq::Error::HostNotFound => "그런 이름의 서버가 없다".to_owned(),
        ureq::Error::ConnectionFailed => "연결할 수 없다".to_owned(),
        other => other.to_string(),
    }
}

fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str().to_owned())
            .and_modify(|all| {
                all.push_str(", ");
                all.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    joined
}
