//! Ends what has lasted too long: invocations over the function's timeout, inits over their limit, idle and old environments.
//! Knows the pool; called again and again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::environment::{Environment, Exchange};
use super::super::invocation::InvokeError;
use super::super::log;
use super::super::snapshot::Counts;
use super::super::telemetry::{Outcome, Phase, Reason};
use super::{Function, Pool};

/// A process that has reported an error of its init has this long to exit.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// The memory of an invocation that lasts longer than this is looked at meanwhile: it may not live to answer.
const WATCHED_AFTER: Duration = Duration::from_millis(100);

impl Function {
    /// Ends what is overdue, and starts what is due.
    pub fn sweep(self: &Arc<Self>) {
        let pool = &mut *self.pool();
        self.reclaim(pool);
        let now = Instant::now();
        let Pool { placement, environments, counts, .. } = pool;
        for (token, environment) in environments {
            match &environment.exchange {
                Exchange::Running(running) if now - running.started >= self.config.timeout => {
                    placement.end(token);
                    self.time_out(counts, environment);
                }
                Exchange::Begun { started, .. } if now - *started >= self.config.timeout => {
                    placement.end(token);
                    self.time_out_in_init(counts, environment);
                }
                // It had answered in time, but an invocation ends with the next poll.
                Exchange::Answered { finished, .. } if now - finished.started >= self.config.timeout => {
                    placement.end(token);
                    let Exchange::Answered { finished, .. } = std::mem::take(&mut environment.exchange)
                    else {
                        continue;
                    };
                    self.report(environment, &finished, Outcome::Timeout, None);
                    environment.kill(Reason::Timeout);
                }
                Exchange::Running(running) if now - running.started >= WATCHED_AFTER => {
                    let pid = *environment.pid.borrow();
                    pid.and_then(|pid| environment.peak_memory(pid, false));
                }
                _ => self.check_init(environment, now),
            }
        }
        self.grow(pool);
    }

    fn check_init(&self, environment: &mut Environment, now: Instant) {
        if environment.init.is_some() {
            return;
        }
        let limit = self.platform.init_limit(&self.config, environment.provisioned);
        if environment.init_error.as_ref().is_some_and(|(_, told)| now - *told >= LAST_WORDS) {
            // Not its own end, but its own fault.
            environment.kill(Reason::Crashed);
        } else if environment.phase == Phase::Init && now - environment.started >= limit {
            environment.kill(Reason::Timeout);
        }
    }

    /// Ends an environment whose invocation has reached the function's `Timeout`.
    fn time_out(&self, counts: &mut Counts, environment: &mut Environment) {
        let Exchange::Running(running) = std::mem::take(&mut environment.exchange) else { return };
        let after = self.config.timeout;
        let (mut finished, caller) = running.finish();
        // It was noticed a little later.
        finished.duration = after;
        let pid = *environment.pid.borrow();
        let peak_memory = pid.and_then(|pid| environment.peak_memory(pid, true));
        if log::is_read() {
            self.log(
                environment,
                &log::timed_out(time::OffsetDateTime::now_utc(), &finished.id.request_id, after),
            );
        }
        self.done(counts, environment, &finished, Outcome::Timeout, 0);
        self.report(environment, &finished, Outcome::Timeout, peak_memory);
        if let Some(pid) = pid {
            self.platform.cpu.end(pid);
        }
        environment.exchange = Exchange::TimedOut(finished.id.request_id);
        environment.kill(Reason::Timeout);
        caller.answer(Err(InvokeError::TimedOut { after }));
    }

    /// The same for an invocation whose init lasts too long.
    fn time_out_in_init(&self, counts: &mut Counts, environment: &mut Environment) {
        let Exchange::Begun { invocation, started } = std::mem::take(&mut environment.exchange) else {
            return;
        };
        self.initialised(environment, environment.started.elapsed(), Outcome::Timeout);
        // Its end is told already.
        environment.init = Some(environment.started.elapsed());
        let id = invocation.id.clone();
        environment.run(*invocation, started, self.config.timeout);
        self.started(counts, environment, id);
        self.time_out(counts, environment);
    }
}
