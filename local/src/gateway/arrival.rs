//! A request as it arrived: its head, where from, when, and the ids it is given.
//! Knows HTTP; nothing of routes.

use std::net::IpAddr;
use std::time::Instant;

use axum::http::HeaderName;
use axum::http::header::HOST;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

/// A request on its way through the gateway.
#[derive(Debug)]
pub struct Arrival {
    /// Method, target and headers.
    pub parts: Parts,
    /// The caller's address, as text.
    pub source_ip: String,
    /// The gateway's id of the request, also sent back as `apigw-requestid`: 11 bytes in base64, as on AWS.
    pub id: String,
    /// `Root=1-…`, the new header `x-amzn-trace-id`.
    pub trace_id: String,
    /// When it arrived.
    pub at: OffsetDateTime,
    /// The same moment, to measure from.
    pub began: Instant,
}

impl Arrival {
    /// A request that arrives now.
    pub fn new(parts: Parts, caller: IpAddr) -> Self {
        let at = OffsetDateTime::now_utc();
        // Ids need only differ; nobody is let in by one, so they are worth no system call.
        let id = fastrand::u128(..).to_ne_bytes();
        Self {
            parts,
            source_ip: caller.to_string(),
            id: STANDARD.encode(&id[..11]),
            trace_id: trace_id(at, fastrand::u128(..)),
            at,
            began: Instant::now(),
        }
    }

    /// A header's value; empty when it is missing or not text.
    pub fn header(&self, name: &HeaderName) -> &str {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// `domainName`: the name the caller used, without a port.
    pub fn domain_name(&self) -> &str {
        self.host_and_port().0
    }

    /// The port the caller named, or that of plain HTTP.
    pub fn port(&self) -> &str {
        self.host_and_port().1.unwrap_or("80")
    }

    fn host_and_port(&self) -> (&str, Option<&str>) {
        let host = self.header(&HOST);
        match host.rsplit_once(':') {
            Some((name, port)) if !host.ends_with(']') => (name, Some(port)),
            _ => (host, None),
        }
    }

    /// `domainPrefix`: its first label.
    pub fn domain_prefix(&self) -> &str {
        self.domain_name().split('.').next().unwrap_or_default()
    }

    /// Unix ms.
    pub fn epoch_ms(&self) -> i64 {
        (self.at.unix_timestamp_nanos() / 1_000_000) as i64
    }

    /// ms since it arrived.
    pub fn elapsed_ms(&self) -> f64 {
        self.began.elapsed().as_secs_f64() * 1_000.0
    }
}

/// `Root=1-8 hex-24 hex` (AWS X-Ray Developer Guide, "Tracing header").
fn trace_id(at: OffsetDateTime, random: u128) -> String {
    format!("Root=1-{:08x}-{:024x}", at.unix_timestamp(), random >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    #[test]
    fn ids_look_like_those_of_aws_and_differ() {
        let arrive = |host: &str| {
            let (parts, ()) = Request::get("/").header("host", host).body(()).unwrap().into_parts();
            Arrival::new(parts, "::1".parse().unwrap())
        };
        let (one, other) = (arrive("api.localhost:3000"), arrive("[::1]"));
        assert_eq!((one.id.len(), one.id.ends_with('=')), (16, true), "{}", one.id);
        let parts: Vec<_> = one.trace_id.split('-').map(str::len).collect();
        assert_eq!(parts, ["Root=1".len(), 8, 24], "{}", one.trace_id);
        assert!(one.id != other.id && one.trace_id != other.trace_id);
        assert_eq!((one.domain_name(), one.domain_prefix()), ("api.localhost", "api"));
        assert_eq!((other.domain_name(), other.source_ip.as_str()), ("[::1]", "::1"));
        assert_eq!((one.port(), other.port()), ("3000", "80"));
    }
}
