//! One call and where its time went: the gateway, waiting for an environment, init, the handler.
//! Knows the times that the feeds of the gateway and of Lambda give; both parts are of one call when their trace ids are equal.

use std::sync::Arc;

use serde::{Serialize, Serializer};

/// How a call has gone so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is being worked on.
    Running,
    /// The function has answered.
    Success,
    /// The function has failed.
    Error,
    /// It took too long.
    Timeout,
    /// A limit of concurrency turned it away.
    Throttled,
    /// The gateway answered itself.
    Refused,
}

/// A call. Times are Unix ms, durations ms.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    /// Names it in the page: the trace id, or the request id of one without.
    #[serde(serialize_with = "text")]
    pub key: Arc<str>,
    /// Lambda's request id; empty when it never came so far.
    #[serde(serialize_with = "text")]
    pub request_id: Arc<str>,
    /// The function's name; empty when no route was found.
    #[serde(serialize_with = "text")]
    pub function: Arc<str>,
    /// The environment; empty until it has one.
    #[serde(serialize_with = "text")]
    pub environment_id: Arc<str>,
    /// The request, when it came through the gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// How it has gone.
    pub outcome: Outcome,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The first of an on-demand environment.
    pub cold: bool,
    /// When it arrived, as far as is known.
    pub at: f64,
    /// Where the time went, in the order of time.
    pub segments: Vec<Segment>,
    /// What the REPORT line says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    #[serde(skip)]
    started: Option<f64>,
    #[serde(skip)]
    handler_ms: Option<f64>,
    #[serde(skip)]
    init_ms: Option<f64>,
    #[serde(skip)]
    gateway: Option<Gateway>,
}

/// What the client sent and got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// `POST`
    pub method: String,
    /// Without the query string.
    pub path: String,
    /// `None` when the client went away.
    pub status: Option<u16>,
}

/// A stretch of a call's time: its name and its length.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Segment(pub Part, pub f64);

/// The parts of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The authorizer, throttling and routing before it.
    Authorizer,
    /// The rest of the gateway's own work before it calls.
    Gateway,
    /// No environment was free yet.
    Waiting,
    /// The environment started up for it.
    Init,
    /// The function worked.
    Handler,
    /// The way back.
    Return,
}

/// What is billed, and for how much memory.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// ms
    pub billed_ms: u64,
    /// MB
    #[serde(rename = "memorySizeMB")]
    pub memory_size_mb: u32,
    /// MB
    #[serde(rename = "maxMemoryUsedMB")]
    pub max_memory_used_mb: Option<u64>,
}

/// The gateway's times: arrival in Unix ms, the others in ms after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gateway {
    /// When the request arrived.
    pub arrived: f64,
    /// The authorizer let it pass.
    pub authorized: Option<f64>,
    /// The function was called.
    pub invoked: Option<f64>,
    /// The answer went out.
    pub answered: f64,
}

impl Invocation {
    /// A call of which nothing is known yet but when.
    pub fn new(key: Arc<str>, at: f64) -> Self {
        let nothing: Arc<str> = "".into();
        Self {
            key,
            request_id: Arc::clone(&nothing),
            function: Arc::clone(&nothing),
            environment_id: nothing,
            request: None,
            outcome: Outcome::Running,
            error: None,
            cold: false,
            at,
            segments: Vec::new(),
            report: None,
            started: None,
            handler_ms: None,
            init_ms: None,
            gateway: None,
        }
    }

    /// An environment has begun to work on it; `init_ms` is what its init took, for a cold start.
    pub fn start(&mut self, at: f64, cold: bool, init_ms: Option<f64>) {
        self.started = Some(at);
        self.outcome = Outcome::Running;
        self.cold = cold;
        self.init_ms = init_ms.filter(|_| cold);
        self.at = self.at.min(at - self.init_ms.unwrap_or_default());
        self.divide();
    }

    /// The function is done with it.
    pub fn done(&mut self, outcome: Outcome, error: Option<String>, handler_ms: f64) {
        self.outcome = outcome;
        self.error = error.or(self.error.take());
        self.handler_ms = Some(handler_ms);
        self.divide();
    }

    /// The gateway is done with it.
    pub fn pass(&mut self, request: Request, gateway: Gateway, error: Option<String>) {
        // No environment has begun with it: it was turned away, or the gateway waited no longer.
        if self.outcome == Outcome::Running && self.started.is_none() {
            self.outcome = Outcome::Refused;
        }
        self.request = Some(request);
        self.gateway = Some(gateway);
        self.error = self.error.take().or(error);
        self.at = gateway.arrived;
        self.divide();
    }

    /// Works out the segments from what is known so far. They never overlap, and none is negative: the clocks are one, but the
    /// times were taken in different places.
    fn divide(&mut self) {
        let Self { started, handler_ms, init_ms, gateway, .. } = *self;
        let mut parts = Vec::new();
        let begin = gateway.map_or(self.at, |gateway| gateway.arrived);
        let mut reached = begin;
        let mut until = |part, at: f64| {
            if at > reached {
                parts.push(Segment(part, round(at - reached)));
                reached = at;
            }
        };
        if let Some(gateway) = gateway {
            if let Some(authorized) = gateway.authorized {
                until(Part::Authorizer, begin + authorized);
            }
            if let Some(invoked) = gateway.invoked {
                until(Part::Gateway, begin + invoked);
            }
        }
        if let Some(started) = started {
            until(Part::Waiting, started - init_ms.unwrap_or_default());
            until(Part::Init, started);
            if let Some(handler) = handler_ms {
                until(Part::Handler, started + handler);
            }
        }
        if let Some(gateway) = gateway {
            let last = if gateway.invoked.is_some() { Part::Return } else { Part::Gateway };
            until(last, begin + gateway.answered);
        }
        self.segments = parts;
    }
}

/// To the µs, which is as exact as the feeds are.
fn round(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}

fn text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request { method: "GET".into(), path: "/api/users".into(), status: Some(200) }
    }

    fn parts(invocation: &Invocation) -> Vec<(Part, f64)> {
        invocation.segments.iter().map(|Segment(part, ms)| (*part, *ms)).collect()
    }

    #[test]
    fn a_cold_call_through_the_gateway_has_every_part() {
        let mut call = Invocation::new("t".into(), 1_020.0);
        call.start(1_020.0, true, Some(6.0));
        assert_eq!(parts(&call), [(Part::Init, 6.0)]);
        call.done(Outcome::Success, None, 10.0);
        let gateway =
            Gateway { arrived: 1_000.0, authorized: Some(3.0), invoked: Some(4.5), answered: 31.25 };
        call.pass(request(), gateway, None);
        assert_eq!(
            parts(&call),
            [
                (Part::Authorizer, 3.0),
                (Part::Gateway, 1.5),
                (Part::Waiting, 9.5),
                (Part::Init, 6.0),
                (Part::Handler, 10.0),
                (Part::Return, 1.25)
            ]
        );
        assert_eq!((call.at, call.outcome), (1_000.0, Outcome::Success));
        let sum: f64 = call.segments.iter().map(|Segment(_, ms)| ms).sum();
        assert!((sum - 31.25).abs() < 1e-9);
    }

    #[test]
    fn an_environment_that_was_starting_already_is_waited_for_less_than_its_init() {
        let mut call = Invocation::new("t".into(), 1_004.0);
        call.start(1_004.0, true, Some(50.0));
        call.done(Outcome::Success, None, 1.0);
        call.pass(
            request(),
            Gateway { arrived: 1_000.0, authorized: None, invoked: Some(1.0), answered: 6.0 },
            None,
        );
        assert_eq!(
            parts(&call),
            [(Part::Gateway, 1.0), (Part::Init, 3.0), (Part::Handler, 1.0), (Part::Return, 1.0)]
        );
    }

    #[test]
    fn what_the_gateway_answers_itself_is_refused_and_what_lambda_turned_away_stays_so() {
        let gateway = Gateway { arrived: 1_000.0, authorized: None, invoked: None, answered: 0.4 };
        let mut call = Invocation::new("t".into(), 1_000.0);
        call.pass(request(), gateway, Some("Too Many Requests".into()));
        assert_eq!((call.outcome, call.error.as_deref()), (Outcome::Refused, Some("Too Many Requests")));
        assert_eq!(parts(&call), [(Part::Gateway, 0.4)]);
        let mut call = Invocation::new("t".into(), 1_000.0);
        call.outcome = Outcome::Throttled;
        call.pass(request(), Gateway { invoked: Some(0.2), ..gateway }, None);
        assert_eq!(
            (call.outcome, parts(&call)),
            (Outcome::Throttled, vec![(Part::Gateway, 0.2), (Part::Return, 0.2)])
        );
    }
}
