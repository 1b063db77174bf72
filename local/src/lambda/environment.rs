//! One execution environment: its identity, its process and what it and the Runtime API are in the middle of.
//! Knows bytes and times; where it stands in its life is kept by the placement, and the function's pool moves both along.
//!
//! The transitions are those of the Runtime API: AWS Lambda Developer Guide, "Using the Lambda runtime API".

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::unistd::Pid;
use tokio::sync::{oneshot, watch};

use super::invocation::{Answer, Invocation};
use super::process;
use super::telemetry::{InitializationType, InvocationId, Reason};

/// How old a look at the memory may be.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What `/invocation/next` answers.
#[derive(Debug)]
pub struct Event {
    /// The invocation to work on.
    pub id: InvocationId,
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
    /// It is frozen, and its poll, held open, takes the next event.
    Poll(oneshot::Sender<Event>),
    /// It works on an event.
    Running(Running),
    /// It has answered and has not asked for the next event yet.
    Answered(Finished),
}

/// The invocation an environment works on.
#[derive(Debug)]
pub struct Running {
    /// Its id.
    pub id: InvocationId,
    /// When the event was handed over.
    pub started: Instant,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Answer>,
}

impl Running {
    /// Ends the invocation now; the other part is where its answer goes.
    pub fn finish(self) -> (Finished, oneshot::Sender<Answer>) {
        let Self { id, started, answer } = self;
        (Finished { id, duration: started.elapsed() }, answer)
    }
}

/// What the REPORT line says of an invocation that is over.
#[derive(Debug)]
pub struct Finished {
    /// Its id.
    pub id: InvocationId,
    /// From handing the event over until the answer, or the end without one.
    pub duration: Duration,
}

/// An execution environment in a pool.
#[derive(Debug)]
pub struct Environment {
    /// 32 hex digits, shown to people; the secret token that the Runtime API knows it by is another.
    pub id: Arc<str>,
    /// Kept ready by provisioned concurrency.
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
    /// What it and the Runtime API are in the middle of.
    pub exchange: Exchange,
    /// The most memory the process had held when it was last looked at, bytes, and when that was.
    pub peak_memory: Option<(u64, Instant)>,
    /// Why it is being ended, if it is not its own doing.
    pub ended: Option<Reason>,
}

impl Environment {
    /// Hands an event to an environment that is free, which becomes running.
    /// `timeout` is the function's.
    pub fn run(&mut self, invocation: Invocation, timeout: Duration) -> Event {
        let Invocation { id, event, answer } = invocation;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let deadline_ms = (now + timeout).as_millis();
        self.invocations += 1;
        let running = Running { id: id.clone(), started: Instant::now(), answer };
        self.exchange = Exchange::Running(running);
        Event { id, body: event, deadline_ms }
    }

    /// `AWS_LAMBDA_INITIALIZATION_TYPE`.
    pub fn initialization_type(&self) -> InitializationType {
        match self.provisioned {
            true => InitializationType::ProvisionedConcurrency,
            false => InitializationType::OnDemand,
        }
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

    /// The init duration if the invocation at hand is the first of an on-demand environment: a cold start.
    pub fn cold_init(&self) -> Option<Duration> {
        self.init.filter(|_| self.invocations == 1 && !self.provisioned)
    }
}
