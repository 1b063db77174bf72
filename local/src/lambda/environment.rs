//! One execution environment: its identity, its process and what it and the Runtime API are in the middle of.
//! Knows bytes and times; where it stands in its life is kept by the placement, and the function's pool moves both along.
//!
//! The transitions are those of the Runtime API: AWS Lambda Developer Guide, "Using the Lambda runtime API".

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::unistd::Pid;
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use super::invocation::{Caller, Invocation};
use super::process;
use super::telemetry::{InitializationType, InvocationId, Outcome, Phase, Reason};

/// The secret by which the Runtime API knows an environment: part of the address that only its process is told.
pub type Token = Uuid;

/// How old a look at the memory may be.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What `/invocation/next` answers.
#[derive(Debug)]
pub struct Event {
    /// The invocation to work on.
    pub request_id: Arc<str>,
    /// `Lambda-Runtime-Trace-Id`.
    pub trace: Arc<str>,
    /// The event, JSON.
    pub body: bytes::Bytes,
    /// Unix milliseconds at which the function times out.
    pub deadline_ms: u128,
}

/// What an environment and the Runtime API are in the middle of.
#[derive(Debug, Default)]
pub enum Exchange {
    /// Nothing: it initialises or is being ended.
    #[default]
    Nothing,
    /// It has nothing to do, and its poll, held open, takes the next event.
    Poll(oneshot::Sender<Event>),
    /// It initialises once more, inside an invocation that has begun.
    Begun {
        /// The event it will get.
        invocation: Box<Invocation>,
        /// When the invocation began.
        started: Instant,
    },
    /// It works on an event.
    Running(Running),
    /// It has answered and has not asked for the next event yet.
    Answered {
        /// The invocation.
        finished: Finished,
        /// How it ended.
        outcome: Outcome,
    },
    /// Its invocation has timed out; it is being ended.
    TimedOut(Arc<str>),
}

/// The invocation an environment works on.
#[derive(Debug)]
pub struct Running {
    /// Its names.
    pub id: InvocationId,
    /// Its trace header.
    pub trace: Arc<str>,
    /// When it began.
    pub started: Instant,
    /// Who waits for the answer.
    pub caller: Caller,
}

impl Running {
    /// Ends the invocation now.
    pub fn finish(self) -> (Finished, Caller) {
        let Self { id, trace, started, caller } = self;
        (Finished { id, trace, started, duration: started.elapsed() }, caller)
    }
}

/// What the REPORT line says of an invocation that is over.
#[derive(Debug)]
pub struct Finished {
    /// Its names.
    pub id: InvocationId,
    /// Its trace header.
    pub trace: Arc<str>,
    /// When it began.
    pub started: Instant,
    /// From its beginning until the answer, or the end without one.
    pub duration: Duration,
}

/// An error as a runtime posts it. Both texts are bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedError {
    /// `errorType`.
    pub error_type: String,
    /// `errorMessage`.
    pub message: String,
}

/// An execution environment in a pool.
#[derive(Debug)]
pub struct Environment {
    /// 32 hex digits, shown to people; the secret token that the Runtime API knows it by is another.
    pub id: Arc<str>,
    /// Kept ready by provisioned concurrency.
    pub provisioned: bool,
    /// `YYYY/MM/DD/[$LATEST]<id>`: on AWS, too, one log stream belongs to one environment.
    pub log_stream: Arc<str>,
    /// When its init takes place.
    pub phase: Phase,
    /// The process, once it has been started.
    pub pid: watch::Receiver<Option<Pid>>,
    /// When the process was asked for.
    pub started: Instant,
    /// Start until the first poll; `None` during init.
    pub init: Option<Duration>,
    /// What it posted to `init/error`, and when: it should exit.
    pub init_error: Option<(ReportedError, Instant)>,
    /// Events handed over so far.
    pub invocations: u64,
    /// Since when it has had nothing to do and was not frozen yet; `None` while it works, and once it is frozen.
    pub awake: Option<Instant>,
    /// What it and the Runtime API are in the middle of.
    pub exchange: Exchange,
    /// The most memory the process had held when it was last looked at, bytes, and when that was.
    pub peak_memory: Option<(u64, Instant)>,
    /// Until when its limit of CPU time is enough for certain.
    pub cpu_limit_holds: Instant,
    /// Why it is being ended, if it is not its own doing.
    pub ended: Option<Reason>,
}

impl Environment {
    /// Hands it an event, which began at `started`: it becomes running. `timeout` is the function's.
    pub fn run(&mut self, invocation: Invocation, started: Instant, timeout: Duration) -> Event {
        let Invocation { id, trace, event, caller } = invocation;
        let begun = SystemTime::now() - started.elapsed();
        let deadline_ms = (begun.duration_since(UNIX_EPOCH).unwrap_or_default() + timeout).as_millis();
        self.invocations += 1;
        let event = Event {
            request_id: Arc::clone(&id.request_id),
            trace: Arc::clone(&trace),
            body: event,
            deadline_ms,
        };
        self.exchange = Exchange::Running(Running { id, trace, started, caller });
        event
    }

    /// The most memory the process has held, bytes. Looking costs more than the rest of a warm call, so an older look is good
    /// enough unless `exact`.
    pub fn peak_memory(&mut self, pid: Pid, exact: bool) -> Option<u64> {
        let fresh = self.peak_memory.filter(|(_, looked)| !exact && looked.elapsed() < LOOK_AGAIN);
        if fresh.is_none() {
            self.peak_memory = process::memory(pid).map(|memory| (memory.peak, Instant::now()));
        }
        self.peak_memory.map(|(bytes, _)| bytes)
    }

    /// `AWS_LAMBDA_INITIALIZATION_TYPE`.
    pub fn initialization_type(&self) -> InitializationType {
        match self.provisioned {
            true => InitializationType::ProvisionedConcurrency,
            false => InitializationType::OnDemand,
        }
    }

    /// The init duration if the invocation at hand is the first of an on-demand environment: a cold start. An init inside the
    /// invocation is part of its duration and not told apart.
    pub fn cold_init(&self) -> Option<Duration> {
        self.init.filter(|_| self.invocations == 1 && !self.provisioned && self.phase == Phase::Init)
    }

    /// Ends the process at once, or as soon as it is known. `reason` is told when it is gone.
    pub fn kill(&mut self, reason: Reason) {
        self.ended.get_or_insert(reason);
        if let Some(pid) = *self.pid.borrow() {
            process::kill(pid);
        }
    }
}
