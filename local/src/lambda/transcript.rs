//! A function's log as a reader of CloudWatch knows it, made from the live feed: the function's own lines and the platform's.
//! Knows records and the form of log lines.

use std::time::Duration;

use super::log;
use super::telemetry::{Kind, Outcome, Record};

/// The lines that the record stands for, if any. `timeout` is the function's.
pub fn lines(record: &Record, timeout: Duration) -> Vec<String> {
    match &record.kind {
        Kind::Function { line } => vec![line.to_string()],
        Kind::Start { invocation, .. } => vec![log::start(&invocation.request_id)],
        Kind::RuntimeDone { invocation, outcome: Outcome::Timeout, .. } => {
            let seconds = timeout.as_secs_f64();
            vec![format!("{} Task timed out after {seconds:.2} seconds", invocation.request_id)]
        }
        Kind::Report {
            invocation,
            outcome,
            duration_ms,
            init_duration_ms,
            memory_size_mb,
            max_memory_used_mb,
            ..
        } => {
            let report = log::Report {
                request_id: invocation.request_id.clone(),
                duration: ms(*duration_ms),
                init: init_duration_ms.map(ms),
                memory_mb: *memory_size_mb,
                peak_memory: max_memory_used_mb.map(|mb| mb * 1024 * 1024),
                status: match outcome {
                    Outcome::Success => None,
                    Outcome::Error { .. } => Some("error"),
                    Outcome::Timeout => Some("timeout"),
                },
            };
            vec![log::end(&invocation.request_id), report.line()]
        }
        Kind::InitReport { duration_ms, outcome: Outcome::Error { error_type }, .. } => {
            vec![log::init_report(ms(*duration_ms), "error", error_type)]
        }
        Kind::InitReport { duration_ms, outcome: Outcome::Timeout, .. } => {
            vec![log::init_report(ms(*duration_ms), "timeout", "Sandbox.Timedout")]
        }
        _ => Vec::new(),
    }
}

fn ms(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::telemetry::{InitializationType, InvocationId, Phase};

    fn of(kind: Kind) -> Vec<String> {
        let record =
            Record { sequence: 0, time: 0.0, function: "Users".into(), environment_id: "0".into(), kind };
        lines(&record, Duration::from_secs(3))
    }

    #[test]
    fn what_stands_in_the_log() {
        let id = || InvocationId { request_id: "8f5".into(), trace_id: "Root=1".into() };
        assert_eq!(
            of(Kind::Start { invocation: id(), cold: true }),
            ["START RequestId: 8f5 Version: $LATEST"]
        );
        assert_eq!(of(Kind::Function { line: "안녕 <b>".into() }), ["안녕 <b>"]);
        let report = |outcome, init_duration_ms| Kind::Report {
            invocation: id(),
            outcome,
            duration_ms: 1.23,
            billed_duration_ms: 17,
            init_duration_ms,
            memory_size_mb: 128,
            max_memory_used_mb: Some(15),
        };
        assert_eq!(
            of(report(Outcome::Success, Some(15.3))),
            [
                "END RequestId: 8f5",
                "REPORT RequestId: 8f5\tDuration: 1.23 ms\tBilled Duration: 17 ms\tMemory Size: 128 MB\t\
                 Max Memory Used: 15 MB\tInit Duration: 15.30 ms\t"
            ]
        );
        assert!(of(report(Outcome::Timeout, None))[1].ends_with("Status: timeout\t"));
        let done =
            |outcome| Kind::RuntimeDone { invocation: id(), outcome, duration_ms: 3002.0, produced_bytes: 0 };
        assert_eq!(of(done(Outcome::Timeout)), ["8f5 Task timed out after 3.00 seconds"]);
        assert!(of(done(Outcome::Success)).is_empty() && of(Kind::Frozen).is_empty());
        let init = |outcome| Kind::InitReport {
            initialization_type: InitializationType::OnDemand,
            phase: Phase::Init,
            duration_ms: 12.0,
            outcome,
        };
        assert!(of(init(Outcome::Success)).is_empty());
        let failed = of(init(Outcome::Error { error_type: "Runtime.ExitError".into() }));
        assert!(
            failed[0].starts_with("INIT_REPORT Init Duration: 12.00 ms")
                && failed[0].contains("Runtime.ExitError")
        );
    }
}
