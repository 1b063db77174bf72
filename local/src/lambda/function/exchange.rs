//! What an environment's runtime does at the Runtime API: asks for events, answers them, or gives up its init.
//! Knows the pool; no HTTP.

use std::sync::Arc;
use std::time::Instant;

use nix::unistd::Pid;
use tokio::sync::oneshot;

use super::super::environment::{Event, Exchange, ReportedError, Token};
use super::super::invocation::{Answer, InvokeError};
use super::super::log;
use super::super::placement::{Cause, Freed, Stage};
use super::super::telemetry::{Outcome, Reason};
use super::{Function, Pool};

/// Why the Runtime API refuses a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// No environment has this token, or it is being ended.
    Unknown,
    /// Called out of order.
    InvalidStateTransition,
    /// Not the id of the invocation at hand, or answered already.
    InvalidRequestId,
    /// The invocation has timed out.
    Gone,
}

/// What an environment gets that asks for the next event.
enum Next {
    /// The event.
    Event(Event),
    /// Nothing yet.
    Waits(oneshot::Receiver<Event>),
}

impl Function {
    /// `GET /invocation/next`: the end of init or of an invocation, and the wait for the next event.
    ///
    /// # Errors
    /// Called out of order, or by an environment that is being ended.
    pub async fn next(self: &Arc<Self>, token: Token) -> Result<Event, Refused> {
        let pid = self.pid(token).await.ok_or(Refused::Unknown)?;
        let waits = match self.asks(token, pid)? {
            Next::Event(event) => return Ok(event),
            Next::Waits(waits) => waits,
        };
        waits.await.map_err(|_| Refused::Unknown)
    }

    fn asks(self: &Arc<Self>, token: Token, pid: Pid) -> Result<Next, Refused> {
        let pool = &mut *self.pool();
        let Pool { placement, environments, provisioning, counts, freezes, .. } = pool;
        let environment = environments.get_mut(&token).ok_or(Refused::Unknown)?;
        let stage = placement.stage(&token);
        match (stage, &environment.exchange) {
            _ if environment.init_error.is_some() => return Err(Refused::InvalidStateTransition),
            (Some(Stage::Init | Stage::Responded), _) | (Some(Stage::Running), Exchange::Begun { .. }) => {}
            // The connection of the poll before was lost. Since then the process may have been frozen, and what it had sent has
            // arrived nevertheless: whether it is awake stays as it was.
            (Some(Stage::Idle { .. }), Exchange::Poll(poll)) if poll.is_closed() => {
                let (poll, waits) = oneshot::channel();
                environment.exchange = Exchange::Poll(poll);
                return Ok(Next::Waits(waits));
            }
            (Some(Stage::Idle { .. } | Stage::Running), _) => return Err(Refused::InvalidStateTransition),
            (Some(Stage::Ending) | None, _) => return Err(Refused::Unknown),
        }
        let initialised = environment.init.is_none();
        if initialised {
            let took = environment.started.elapsed();
            environment.init = Some(took);
            if environment.provisioned {
                provisioning.succeeded();
            }
            self.initialised(environment, took, Outcome::Success);
        }
        match std::mem::take(&mut environment.exchange) {
            Exchange::Answered { finished, outcome } => {
                let peak_memory = environment.peak_memory(pid, log::is_read());
                self.report(environment, &finished, outcome, peak_memory);
            }
            Exchange::Begun { invocation, started } => {
                return Ok(Next::Event(self.begin(counts, environment, pid, *invocation, started)));
            }
            _ => {}
        }
        let next = match placement.free(self.now(), &token) {
            Freed::Runs(invocation) => {
                Ok(Next::Event(self.begin(counts, environment, pid, invocation, Instant::now())))
            }
            Freed::Freezes => {
                let (poll, waits) = oneshot::channel();
                environment.exchange = Exchange::Poll(poll);
                self.freeze_soon(freezes, environment);
                Ok(Next::Waits(waits))
            }
            Freed::Ends(cause) => {
                environment.kill(reason(cause));
                Err(Refused::Unknown)
            }
        };
        if initialised {
            // One less that starts: others may.
            self.grow(pool);
        }
        // It may have been let go although an event waits.
        self.look_again(pool);
        next
    }

    /// `POST /invocation/{id}/response` and `…/error`.
    ///
    /// # Errors
    /// The id is not that of the invocation at hand.
    pub async fn respond(&self, token: Token, request_id: &str, answer: Answer) -> Result<(), Refused> {
        let pid = self.pid(token).await.ok_or(Refused::Unknown)?;
        let Pool { placement, environments, counts, .. } = &mut *self.pool();
        let environment = environments.get_mut(&token).ok_or(Refused::Unknown)?;
        match std::mem::take(&mut environment.exchange) {
            Exchange::Running(running) if *running.id.request_id == *request_id => {
                self.platform.cpu.end(pid);
                let (finished, caller) = running.finish();
                let outcome = outcome(&answer);
                let bytes = answer.as_ref().map_or(0, bytes::Bytes::len);
                placement.answered(&token);
                caller.answer(answer);
                self.done(counts, environment, &finished, outcome.clone(), bytes);
                environment.exchange = Exchange::Answered { finished, outcome };
                Ok(())
            }
            other => {
                let refused = match (&other, environment.init) {
                    (_, None) => Refused::InvalidStateTransition,
                    (Exchange::TimedOut(id), _) if **id == *request_id => Refused::Gone,
                    _ => Refused::InvalidRequestId,
                };
                environment.exchange = other;
                Err(refused)
            }
        }
    }

    /// `POST /init/error`: the process must exit now.
    ///
    /// # Errors
    /// Init is over.
    pub fn init_error(&self, token: Token, error: ReportedError) -> Result<(), Refused> {
        let pool = &mut *self.pool();
        let environment = pool.environments.get_mut(&token).ok_or(Refused::Unknown)?;
        if environment.init.is_some() || environment.init_error.is_some() {
            return Err(Refused::InvalidStateTransition);
        }
        environment.init_error = Some((error, Instant::now()));
        Ok(())
    }

    /// The environment's process, which may be quicker at the Runtime API than the news of its start.
    async fn pid(&self, token: Token) -> Option<Pid> {
        let mut announced = {
            let pool = self.pool();
            let environment = pool.environments.get(&token)?;
            if let Some(pid) = *environment.pid.borrow() {
                return Some(pid);
            }
            environment.pid.clone()
        };
        let pid = announced.wait_for(Option::is_some).await.ok()?;
        *pid
    }
}

/// Why an environment ends that has nothing to do.
pub(super) fn reason(cause: Cause) -> Reason {
    match cause {
        Cause::Idle => Reason::Idle,
        Cause::Age => Reason::Recycled,
        Cause::Package => Reason::Replaced,
    }
}

/// How an invocation with this answer ended.
fn outcome(answer: &Answer) -> Outcome {
    match answer {
        Ok(_) => Outcome::Success,
        Err(InvokeError::Reported { error_type, message }) => Outcome::Error {
            error_type: error_type.as_str().into(),
            error_message: message.as_str().into(),
            reported: true,
        },
        Err(other) => Outcome::Error {
            error_type: "Runtime.Unknown".into(),
            error_message: other.to_string().into(),
            reported: true,
        },
    }
}
