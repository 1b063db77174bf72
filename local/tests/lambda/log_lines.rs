//! The log of an environment, line by line, as Lambda writes it. A current-thread runtime, so that the subscriber of this thread
//! sees every line.

use std::path::PathBuf;
use std::time::Duration;

use local::lambda::Settings;
use serde_json::json;
use template::Function;

use crate::bench::{Bench, at_init, function};
use crate::log::Log;

/// The log of these calls, without times and ids.
async fn log_of(function: Function, trace: &str, events: &[serde_json::Value]) -> Vec<String> {
    log_within(Settings::new(PathBuf::new()).init_limit, function, trace, events).await
}

/// The same where an init may last so long only.
async fn log_within(
    init_limit: Duration,
    function: Function,
    trace: &str,
    events: &[serde_json::Value],
) -> Vec<String> {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let bench = Bench::with(function, |settings| settings.init_limit = init_limit).await;
    for event in events {
        let _ = bench.lambda.invoke(crate::bench::NAME, event.to_string().into(), trace.into()).await;
        bench
            .until(|function| {
                let settled = |one: &local::lambda::EnvironmentSnapshot| {
                    one.stage == local::lambda::EnvironmentStage::Idle
                };
                function.environments.iter().all(settled).then_some(())
            })
            .await;
    }
    bench.lambda.stop().await;
    drop(guard);
    let text = log.text();
    let lines = text.lines().map(|line| {
        let line = line.trim_start().strip_prefix("INFO ").unwrap_or(line);
        let end = line.find(" function=").unwrap_or(line.len());
        plain(&line[..end])
    });
    lines.collect()
}

/// Numbers with a fraction become 0.00, the other varying numbers 0, ids and times their names.
fn plain(line: &str) -> String {
    let words = line.split_inclusive([' ', '\t']).map(|word| {
        let bare = word.trim_end_matches([' ', '\t', ':']);
        let rest = &word[bare.len()..];
        let number = bare.parse::<f64>().is_ok();
        let kept = match bare {
            _ if bare.len() == 36 && bare.matches('-').count() == 4 => "<id>",
            _ if bare.len() == 16 && bare.bytes().all(|byte| byte.is_ascii_hexdigit()) => "<segment>",
            _ if bare.starts_with("20") && bare.contains('T') => "<time>",
            "1.00" | "1769" => bare,
            _ if number && bare.contains('.') => "0.00",
            _ if number => "0",
            _ => bare,
        };
        format!("{kept}{rest}")
    });
    words.collect()
}

const START: &str = "START RequestId: <id> Version: $LATEST";
const END: &str = "END RequestId: <id>";
const REPORT: &str =
    "REPORT RequestId: <id>\tDuration: 0.00 ms\tBilled Duration: 0 ms\tMemory Size: 1769 MB\t";

#[tokio::test]
async fn cold_warm_and_crash() {
    let lines = log_of(
        function(),
        "Root=1-0-0;Sampled=1",
        &[json!({"do": "echo"}), json!({"do": "error"}), json!({"do": "exit", "status": 1})],
    )
    .await;
    let xray = "XRAY TraceId: 1-0-0\tSegmentId: <segment>\tSampled: true\t";
    let used = format!("{REPORT}Max Memory Used: 0 MB\t");
    assert_eq!(
        lines,
        [
            START,
            END,
            &format!("{used}Init Duration: 0.00 ms\t"),
            xray,
            START,
            END,
            &used,
            xray,
            START,
            "RequestId: <id> Error: Runtime exited with error: exit status 0",
            "Runtime.ExitError",
            END,
            &format!("{used}Status: error\tError Type: Runtime.ExitError"),
            xray,
        ]
    );
}

#[tokio::test]
async fn a_timeout() {
    let mut quick = function();
    quick.timeout = Duration::from_secs(1);
    let lines = log_of(quick, "", &[json!({"do": "sleep"})]).await;
    assert_eq!(lines[..3], [START, "<time> <id> Task timed out after 1.00 seconds", END]);
    assert_eq!(
        lines[3..],
        [format!("{REPORT}Max Memory Used: 0 MB\tInit Duration: 0.00 ms\tStatus: timeout")]
    );
}

#[tokio::test]
async fn inits_that_fail() {
    let init = |phase: &str, status: &str| {
        format!("INIT_REPORT Init Duration: 0.00 ms\tPhase: {phase}\tStatus: {status}")
    };
    for (deed, error_type, message) in [
        ("exit", "Runtime.ExitError", "Runtime exited with error: exit status 0"),
        ("report", "Runtime.ImportModuleError", "no such module"),
    ] {
        let lines = log_of(at_init(deed), "", &[json!({"do": "echo"})]).await;
        let status = format!("error\tError Type: {error_type}");
        assert_eq!(
            lines,
            [
                init("init", &status),
                init("invoke", &status),
                START.into(),
                format!("RequestId: <id> Error: {message}"),
                error_type.into(),
                END.into(),
                format!("{REPORT}Status: {status}"),
            ],
            "{deed}"
        );
    }
    let soon = Duration::from_millis(500);
    let lines = log_within(soon, at_init("hang-once"), "", &[json!({"do": "echo"})]).await;
    assert_eq!(
        lines,
        [init("init", "timeout"), START.into(), END.into(), format!("{REPORT}Max Memory Used: 0 MB\t")]
    );
}

#[tokio::test]
async fn a_provisioned_init() {
    let mut provisioned = function();
    provisioned.provisioned = 1;
    let lines = log_of(provisioned, "", &[]).await;
    // Stopped at once, maybe before init was over.
    assert!(lines.is_empty() || lines == ["INIT_REPORT Init Duration: 0.00 ms"], "{lines:?}");
}
