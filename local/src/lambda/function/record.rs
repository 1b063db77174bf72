//! Tells the log and the live feed what happens to invocations and inits of one function, and counts it.
//! Knows the forms of records; what happens is decided elsewhere.

use std::sync::Arc;
use std::time::Duration;

use super::super::environment::{Environment, Finished, ReportedError};
use super::super::exit::Exit;
use super::super::log;
use super::super::snapshot::Counts;
use super::super::telemetry::{InvocationId, Kind, Outcome, Phase, Reason, ms};
use super::Function;

const MB: u64 = 1024 * 1024;

/// Invocations and inits of an environment whose process is gone end like this.
pub fn failure(environment: &Environment, exit: &Exit) -> Outcome {
    let (error_type, message) = match &environment.init_error {
        Some((ReportedError { error_type, message }, _)) => (error_type.as_str(), message.clone()),
        None if environment.init.is_none() && environment.ended == Some(Reason::Timeout) => {
            return Outcome::Timeout;
        }
        None => (exit.error_type, exit.message()),
    };
    Outcome::Error { error_type: error_type.into(), error_message: message.into(), reported: false }
}

impl Function {
    /// Tells what happened.
    pub(super) fn tell(&self, environment: &Environment, kind: Kind, trace: &str) {
        if log::is_read() {
            for line in log::lines(&kind, trace) {
                self.log(environment, &line);
            }
        }
        self.recorder.record(&environment.id, kind);
    }

    /// A line of the platform's own.
    pub(super) fn log(&self, environment: &Environment, line: &str) {
        let log_stream = &*environment.log_stream;
        tracing::info!(target: "lambda", function = self.config.name, log_stream, "{line}");
    }

    /// A process is asked for.
    pub(super) fn initialises(&self, environment: &Environment) {
        let record = Kind::InitStart {
            initialization_type: environment.initialization_type(),
            phase: environment.phase,
            memory_size_mb: self.config.memory_mb,
        };
        self.tell(environment, record, "");
    }

    /// Init is over.
    pub(super) fn initialised(&self, environment: &Environment, took: Duration, outcome: Outcome) {
        let record = Kind::InitReport {
            initialization_type: environment.initialization_type(),
            phase: environment.phase,
            duration_ms: ms(took),
            outcome,
        };
        self.tell(environment, record, "");
    }

    /// An environment got an event.
    pub(super) fn started(&self, counts: &mut Counts, environment: &Environment, invocation: InvocationId) {
        let cold = environment.cold_init().is_some();
        counts.invocations += 1;
        counts.cold_starts +=
            u64::from(cold || environment.phase == Phase::Invoke && environment.invocations < 2);
        if self.config.provisioned > 0 && !environment.provisioned {
            counts.provisioned_concurrency_spillover_invocations += 1;
        }
        self.tell(environment, Kind::Start { invocation, cold }, "");
    }

    /// The runtime has answered, or will not any more.
    pub(super) fn done(
        &self,
        counts: &mut Counts,
        environment: &Environment,
        finished: &Finished,
        outcome: Outcome,
        produced_bytes: usize,
    ) {
        counts.errors += u64::from(outcome != Outcome::Success);
        counts.timeouts += u64::from(outcome == Outcome::Timeout);
        let record = Kind::RuntimeDone {
            invocation: finished.id.clone(),
            outcome,
            duration_ms: ms(finished.duration),
            produced_bytes,
        };
        self.tell(environment, record, &finished.trace);
    }

    /// The invocation is over. `peak_memory` is in bytes.
    pub(super) fn report(
        &self,
        environment: &Environment,
        finished: &Finished,
        outcome: Outcome,
        peak_memory: Option<u64>,
    ) {
        let init = environment.cold_init();
        let billed = finished.duration + init.unwrap_or_default();
        let record = Kind::Report {
            invocation: finished.id.clone(),
            outcome,
            duration_ms: ms(finished.duration),
            // Far below 2^53.
            billed_duration_ms: (billed.as_secs_f64() * 1000.0).ceil() as u64,
            init_duration_ms: init.map(ms),
            memory_size_mb: self.config.memory_mb,
            max_memory_used_mb: peak_memory.map(|bytes| bytes.div_ceil(MB)),
        };
        self.tell(environment, record, &finished.trace);
    }

    /// The environment is gone.
    pub(super) fn gone(&self, environment: &Environment, exit: &Exit) {
        let reason = environment.ended.unwrap_or(Reason::Crashed);
        let status: Arc<str> = exit.status.as_str().into();
        self.tell(environment, Kind::Gone { reason, status }, "");
    }
}
