//! A function's log as a reader of CloudWatch knows it, made from the live feed: the function's own lines and the platform's.
//! Knows records and the form of log lines.

use std::time::Duration;

use time::OffsetDateTime;

use super::log;
use super::telemetry::{Kind, Outcome, Record};

/// The lines that the record stands for, if any. `timeout` is the function's.
pub fn lines(record: &Record, timeout: Duration) -> Vec<String> {
    match &record.kind {
        Kind::Function { line } => vec![line.to_string()],
        Kind::RuntimeDone { invocation, outcome: Outcome::Timeout, .. } => {
            vec![log::timed_out(at(record.time), &invocation.request_id, timeout)]
        }
        kind @ Kind::Report { invocation, .. } => log::lines(kind, &invocation.trace_id),
        kind => log::lines(kind, ""),
    }
}

/// `ms` since 1970; what no calendar holds is its beginning.
fn at(ms: f64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH
        .checked_add(time::Duration::seconds_f64(ms / 1000.0))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
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
        assert!(of(report(Outcome::Timeout, None))[1].ends_with("Status: timeout"));
        let done =
            |outcome| Kind::RuntimeDone { invocation: id(), outcome, duration_ms: 3002.0, produced_bytes: 0 };
        assert_eq!(
            of(done(Outcome::Timeout)),
            ["1970-01-01T00:00:00.000Z 8f5 Task timed out after 3.00 seconds"]
        );
        assert!(of(done(Outcome::Success)).is_empty() && of(Kind::Frozen).is_empty());
        let init = |outcome| Kind::InitReport {
            initialization_type: InitializationType::OnDemand,
            phase: Phase::Init,
            duration_ms: 12.0,
            outcome,
        };
        assert!(of(init(Outcome::Success)).is_empty());
        let failed = of(init(Outcome::Error {
            error_type: "Runtime.ExitError".into(),
            error_message: "exit status 1".into(),
            reported: false,
        }));
        assert!(
            failed[0].starts_with("INIT_REPORT Init Duration: 12.00 ms")
                && failed[0].contains("Runtime.ExitError")
        );
    }
}
