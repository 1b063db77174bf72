//! One execution environment: its identity, its phase and what it is allowed to do next.
//! Knows the lifecycle (init → running → responded → idle …); the function's pool moves it along.
//!
//! The transitions are those of the Runtime API: AWS Lambda Developer Guide, "Using the Lambda runtime API".

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::unistd::Pid;
use tokio::sync::{oneshot, watch};

use super::invocation::{Answer, Invocation};

/// What `/invocation/next` answers.
#[derive(Debug)]
pub struct Event {
    /// The invocation to work on.
    pub request_id: String,
    /// The event, JSON.
    pub body: bytes::Bytes,
    /// `Lambda-Runtime-Trace-Id`.
    pub trace_id: String,
    /// Unix milliseconds at which the function times out.
    pub deadline_ms: u128,
}

/// Where an environment stands in its life.
#[derive(Debug)]
pub enum Phase {
    /// Started, has not asked for an event yet.
    Init,
    /// Frozen; its poll is held open.
    Idle {
        /// Takes the next event.
        poll: oneshot::Sender<Event>,
        /// Since when.
        since: Instant,
    },
    /// Working on an event.
    Running(Running),
    /// Has answered and has not asked for the next event yet.
    Responded(Finished),
    /// Being ended; leaves the pool when its process is gone.
    Ending,
}

/// The invocation an environment works on.
#[derive(Debug)]
pub struct Running {
    /// Its id.
    pub request_id: String,
    /// When the event was handed over.
    pub started: Instant,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Answer>,
}

/// What the REPORT line says of an invocation that has been answered.
#[derive(Debug)]
pub struct Finished {
    /// Its id.
    pub request_id: String,
    /// From handing the event over until the answer.
    pub duration: Duration,
}

/// An execution environment in a pool.
#[derive(Debug)]
pub struct Environment {
    /// Which delivered package it runs; an older one is ended as soon as it is free.
    pub generation: u64,
    /// Kept ready by provisioned concurrency: not ended for being idle.
    pub provisioned: bool,
    /// `YYYY/MM/DD/[$LATEST]<32 hex>`: on AWS, too, one log stream belongs to one environment.
    pub log_stream: String,
    /// The process, once it has been started.
    pub pid: watch::Receiver<Option<Pid>>,
    /// When it was asked for.
    pub started: Instant,
    /// Start until the first poll; `None` during init.
    pub init: Option<Duration>,
    /// Events handed over so far.
    pub invocations: u64,
    /// Where it stands.
    pub phase: Phase,
}

impl Environment {
    /// Hands an event to an environment that is free, which becomes running.
    /// `timeout` is the function's.
    pub fn run(&mut self, invocation: Invocation, timeout: Duration) -> Event {
        let Invocation { request_id, event, trace_id, answer, arrived: _ } = invocation;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let deadline_ms = (now + timeout).as_millis();
        self.invocations += 1;
        self.phase =
            Phase::Running(Running { request_id: request_id.clone(), started: Instant::now(), answer });
        Event { request_id, body: event, trace_id, deadline_ms }
    }

    /// The init duration if the invocation at hand is the first of an on-demand environment: a cold start.
    pub fn cold_init(&self) -> Option<Duration> {
        self.init.filter(|_| self.invocations == 1 && !self.provisioned)
    }
}
