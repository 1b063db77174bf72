//! Writes the platform's log lines (START, END, REPORT, INIT_REPORT) as Lambda writes them, because a chapter teaches reading them.
//! Knows their form only; where they go is decided by the `tracing` subscriber, target `lambda`.
//!
//! Form: AWS Lambda Developer Guide, "Working with Lambda function logs" and "Understanding the Lambda execution environment
//! lifecycle"; billing of init since 2025-08-01: AWS Compute Blog, "AWS Lambda standardizes billing for INIT Phase" (2025-04-29).

use std::time::Duration;

use time::OffsetDateTime;

use super::telemetry::{InitializationType, Kind, Outcome, Phase};

/// Whether anybody reads the log.
pub fn is_read() -> bool {
    tracing::enabled!(target: "lambda", tracing::Level::INFO)
}

/// The lines of a record. `trace` is the invocation's trace header.
pub fn lines(kind: &Kind, trace: &str) -> Vec<String> {
    match kind {
        Kind::Start { invocation, .. } => {
            vec![format!("START RequestId: {} Version: $LATEST", invocation.request_id)]
        }
        Kind::InitReport { .. } => init_report(kind).into_iter().collect(),
        Kind::RuntimeDone {
            invocation,
            outcome: Outcome::Error { error_type, error_message, reported: false },
            ..
        } => {
            vec![format!("RequestId: {} Error: {error_message}\n{error_type}", invocation.request_id)]
        }
        Kind::Report { invocation, .. } => {
            let mut lines = vec![format!("END RequestId: {}", invocation.request_id)];
            lines.extend(report(kind));
            lines.extend(xray(trace));
            lines
        }
        _ => Vec::new(),
    }
}

/// `2026-11-30T01:02:03.004Z 8f5… Task timed out after 3.00 seconds`
pub fn timed_out(at: OffsetDateTime, request_id: &str, after: Duration) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z {request_id} Task timed out after {:.2} seconds",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.millisecond(),
        after.as_secs_f64()
    )
}

/// The REPORT line; its parts are separated by tabs.
fn report(kind: &Kind) -> Option<String> {
    let Kind::Report {
        invocation,
        outcome,
        duration_ms,
        billed_duration_ms,
        init_duration_ms,
        memory_size_mb,
        max_memory_used_mb,
    } = kind
    else {
        return None;
    };
    let mut line = format!(
        "REPORT RequestId: {}\tDuration: {duration_ms:.2} ms\tBilled Duration: {billed_duration_ms} ms\t\
         Memory Size: {memory_size_mb} MB\t",
        invocation.request_id
    );
    if let Some(most) = max_memory_used_mb {
        line.push_str(&format!("Max Memory Used: {most} MB\t"));
    }
    if let Some(init) = init_duration_ms {
        line.push_str(&format!("Init Duration: {init:.2} ms\t"));
    }
    line.push_str(&status(outcome));
    Some(line)
}

/// The line of an init that failed, or of a provisioned environment. One that went well for an event has none: the REPORT line
/// of its first invocation says how long it took.
fn init_report(kind: &Kind) -> Option<String> {
    let Kind::InitReport { initialization_type, phase, duration_ms, outcome } = kind else { return None };
    let line = format!("INIT_REPORT Init Duration: {duration_ms:.2} ms");
    if *outcome == Outcome::Success {
        return (*initialization_type == InitializationType::ProvisionedConcurrency).then_some(line);
    }
    let phase = match phase {
        Phase::Init => "init",
        Phase::Invoke => "invoke",
    };
    Some(format!("{line}\tPhase: {phase}\t{}", status(outcome)))
}

/// An error that the runtime has reported is none of the platform's.
fn status(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Success | Outcome::Error { reported: true, .. } => String::new(),
        Outcome::Timeout => "Status: timeout".into(),
        Outcome::Error { error_type, .. } => format!("Status: error\tError Type: {error_type}"),
    }
}

/// The line of a traced invocation, which Lambda writes only if the trace is sampled.
fn xray(trace: &str) -> Option<String> {
    let part = |name: &str| trace.split(';').find_map(|part| part.strip_prefix(name));
    let (root, segment) = (part("Root=")?, part("Parent=")?);
    (part("Sampled=")? == "1").then(|| format!("XRAY TraceId: {root}\tSegmentId: {segment}\tSampled: true\t"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::telemetry::InvocationId;

    fn invocation() -> InvocationId {
        InvocationId { request_id: "8f5".into(), trace_id: "Root=1-2-3".into() }
    }

    fn report(outcome: Outcome, init_duration_ms: Option<f64>) -> Kind {
        Kind::Report {
            invocation: invocation(),
            outcome,
            duration_ms: 1.234,
            billed_duration_ms: 17,
            init_duration_ms,
            memory_size_mb: 128,
            max_memory_used_mb: Some(15),
        }
    }

    fn error(reported: bool) -> Outcome {
        let (error_type, error_message) = ("Runtime.ExitError", "Runtime exited with error: exit status 1");
        Outcome::Error { error_type: error_type.into(), error_message: error_message.into(), reported }
    }

    fn init(initialization_type: InitializationType, phase: Phase, outcome: Outcome) -> Vec<String> {
        lines(&Kind::InitReport { initialization_type, phase, duration_ms: 9999.794, outcome }, "")
    }

    #[test]
    fn lines_have_lambdas_form() {
        let start = Kind::Start { invocation: invocation(), cold: true };
        assert_eq!(lines(&start, ""), ["START RequestId: 8f5 Version: $LATEST"]);
        assert_eq!(
            lines(&report(Outcome::Success, Some(15.3)), "Root=1-2-3;Parent=4;Sampled=0"),
            [
                "END RequestId: 8f5",
                "REPORT RequestId: 8f5\tDuration: 1.23 ms\tBilled Duration: 17 ms\tMemory Size: 128 MB\t\
                 Max Memory Used: 15 MB\tInit Duration: 15.30 ms\t"
            ]
        );
        assert_eq!(
            lines(&report(Outcome::Timeout, None), "Root=1-2-3;Parent=4;Sampled=1")[1..],
            [
                "REPORT RequestId: 8f5\tDuration: 1.23 ms\tBilled Duration: 17 ms\tMemory Size: 128 MB\t\
                 Max Memory Used: 15 MB\tStatus: timeout",
                "XRAY TraceId: 1-2-3\tSegmentId: 4\tSampled: true\t"
            ]
        );
        assert!(
            lines(&report(error(false), None), "")[1]
                .ends_with("\tStatus: error\tError Type: Runtime.ExitError")
        );
        assert!(lines(&report(error(true), None), "")[1].ends_with("Max Memory Used: 15 MB\t"));
        let done = Kind::RuntimeDone {
            invocation: invocation(),
            outcome: error(false),
            duration_ms: 1.0,
            produced_bytes: 0,
        };
        assert_eq!(
            lines(&done, ""),
            ["RequestId: 8f5 Error: Runtime exited with error: exit status 1\nRuntime.ExitError"]
        );
        assert_eq!(
            timed_out(OffsetDateTime::UNIX_EPOCH, "8f5", Duration::from_secs(3)),
            "1970-01-01T00:00:00.000Z 8f5 Task timed out after 3.00 seconds"
        );
    }

    #[test]
    fn only_an_init_that_failed_or_was_provisioned_has_a_line() {
        use InitializationType::{OnDemand, ProvisionedConcurrency};
        assert_eq!(init(OnDemand, Phase::Init, Outcome::Success), Vec::<String>::new());
        assert_eq!(
            init(ProvisionedConcurrency, Phase::Init, Outcome::Success),
            ["INIT_REPORT Init Duration: 9999.79 ms"]
        );
        assert_eq!(
            init(OnDemand, Phase::Init, Outcome::Timeout),
            ["INIT_REPORT Init Duration: 9999.79 ms\tPhase: init\tStatus: timeout"]
        );
        assert_eq!(
            init(OnDemand, Phase::Invoke, error(false)),
            [
                "INIT_REPORT Init Duration: 9999.79 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError"
            ]
        );
    }

    /// The lines a chapter teaches reading are a recording, broken at tabs: this is what would be written of them today.
    #[test]
    fn the_lines_in_the_book_have_the_form_written_here() {
        let text = include_str!("../../../book/src/data/report-lines.txt");
        let anchored = |name: &str| {
            let (_, rest) = text.split_once(&format!("// ANCHOR: {name}\n")).unwrap();
            rest.split_once("// ANCHOR_END").unwrap().0.replace("\n   ", "\t").replace("  ", "\t")
        };
        let whole = anchored("whole").replace("\t ", "\t");
        let five = anchored("five");
        let mut seen = 0;
        for line in whole.lines().chain(five.lines()) {
            let (id, fields) = line.split_once('\t').unwrap();
            let field = |name: &str, unit: &str| -> Option<f64> {
                let value = fields.split('\t').find_map(|field| field.strip_prefix(name))?;
                value.strip_suffix(unit)?.parse().ok()
            };
            let kind = Kind::Report {
                invocation: InvocationId {
                    request_id: id.trim_start_matches("REPORT RequestId: ").into(),
                    trace_id: "".into(),
                },
                outcome: if fields.contains("Status: timeout") { Outcome::Timeout } else { Outcome::Success },
                duration_ms: field("Duration: ", " ms").unwrap(),
                billed_duration_ms: field("Billed Duration: ", " ms").unwrap() as u64,
                init_duration_ms: field("Init Duration: ", " ms"),
                memory_size_mb: field("Memory Size: ", " MB").unwrap() as u32,
                max_memory_used_mb: field("Max Memory Used: ", " MB").map(|mb| mb as u64),
            };
            let written = super::report(&kind).unwrap();
            assert_eq!(written.split_once('\t').unwrap().1.trim_end(), fields.trim_end(), "{line}");
            seen += 1;
        }
        assert_eq!(seen, 6);
    }
}
