//! Inits that fail or last too long, and Lambda's second try inside the first invocation.

use std::time::{Duration, Instant};

use local::lambda::InvokeError;
use local::lambda::telemetry::{Kind, Phase, Reason};
use serde_json::{Value, json};

use crate::bench::{Bench, at_init, wait_for};

/// The phases and endings of all inits so far.
fn inits(bench: &Bench) -> Vec<(Phase, Value)> {
    bench.records(|_, kind| match kind {
        Kind::InitReport { phase, outcome, .. } => {
            let outcome = serde_json::to_value(outcome).unwrap();
            Some((*phase, outcome.get("errorType").unwrap_or(&outcome["status"]).clone()))
        }
        _ => None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_init_that_fails_is_tried_once_more_in_the_invocation_and_not_for_ever() {
    let bench = Bench::start(at_init("exit")).await;
    for _ in 0..2 {
        let error = bench.tell("echo").await.unwrap_err();
        assert_eq!(error, InvokeError::Exited { status: "exit status 7".into() });
    }
    let failed = json!("Runtime.ExitError");
    let twice = [(Phase::Init, failed.clone()), (Phase::Invoke, failed)];
    assert_eq!(inits(&bench), [twice.clone(), twice].concat());
    bench.empty().await;
    assert_eq!(bench.snapshot().counts.errors, 2);
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_init_that_succeeds_serves_the_event_and_is_part_of_its_duration() {
    for deed in ["exit-once", "hang-once"] {
        // Only the one that hangs is to meet the limit: how long a process takes to exit is the machine's affair.
        let bench = Bench::with(at_init(deed), |settings| {
            if deed == "hang-once" {
                settings.init_limit = Duration::from_millis(300);
            }
        });
        let bench = bench.await;
        assert_eq!(bench.tell("echo").await, Ok(json!("echo")), "{deed}");
        let first = if deed == "exit-once" { json!("Runtime.ExitError") } else { json!("timeout") };
        assert_eq!(inits(&bench), [(Phase::Init, first), (Phase::Invoke, json!("success"))]);
        let environment = bench.frozen().await;
        let reports = bench.records(|record, kind| match kind {
            Kind::Report { duration_ms, init_duration_ms, .. } => {
                Some((record.environment_id.clone(), *duration_ms, *init_duration_ms))
            }
            _ => None,
        });
        let [(id, duration, None)] = &reports[..] else { panic!("{reports:?}") };
        assert!(*duration >= environment.init_ms.unwrap(), "{duration}");
        assert_eq!(*id, environment.environment_id);
        let ids = bench.records(|record, _| Some(record.environment_id.clone()));
        assert!(ids.iter().all(|other| other == id), "both inits are the same environment's");
        bench.lambda.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reported_init_error_is_what_the_caller_and_the_log_hear() {
    for deed in ["report", "report-and-stay"] {
        let bench = Bench::start(at_init(deed)).await;
        let error = bench.tell("echo").await.unwrap_err();
        let reported = InvokeError::Reported {
            error_type: "Runtime.ImportModuleError".into(),
            message: "no such module".into(),
        };
        assert_eq!(error, reported, "{deed}");
        let failed = json!("Runtime.ImportModuleError");
        assert_eq!(inits(&bench), [(Phase::Init, failed.clone()), (Phase::Invoke, failed)]);
        bench.lambda.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_init_over_its_limit_is_ended_and_the_second_try_has_the_functions_timeout() {
    let mut function = at_init("hang");
    function.timeout = Duration::from_secs(1);
    let bench = Bench::with(function, |settings| settings.init_limit = Duration::from_millis(300)).await;
    let began = Instant::now();
    let error = bench.tell("echo").await.unwrap_err();
    assert_eq!(error, InvokeError::TimedOut { after: Duration::from_secs(1) });
    assert!(began.elapsed() >= Duration::from_millis(1300), "{:?}", began.elapsed());
    assert_eq!(inits(&bench), [(Phase::Init, json!("timeout")), (Phase::Invoke, json!("timeout"))]);
    bench.empty().await;
    let ends = bench.records(|_, kind| match kind {
        Kind::Gone { reason, .. } => Some(*reason),
        _ => None,
    });
    assert_eq!(ends, [Reason::Timeout], "the environment is one, its processes were two");
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provisioned_init_may_take_longer() {
    let mut function = at_init("slow");
    function.provisioned = 1;
    let bench = Bench::with(function, |settings| settings.init_limit = Duration::from_millis(200)).await;
    let environment = bench.frozen().await;
    assert!(environment.init_ms.unwrap() >= 300.0);
    assert_eq!(inits(&bench), [(Phase::Init, json!("success"))]);
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provisioned_environment_that_fails_is_tried_again_later_and_later() {
    let mut function = at_init("exit");
    function.provisioned = 1;
    let bench = Bench::start(function).await;
    wait_for(|| inits(&bench).len() >= 3).await;
    let starts =
        || bench.records(|record, kind| matches!(kind, Kind::InitStart { .. }).then_some(record.time));
    let times = starts();
    let waits: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(waits[0] >= 1000.0 && waits[1] >= 2000.0, "{waits:?}");
    // A new package is tried at once, and not when the next try is due. It is over at once, too: what stays is its record.
    bench.lambda.deliver("misbehaving", crate::bench::example("misbehaving"));
    wait_for(|| starts().len() > times.len()).await;
    let waited = starts()[times.len()] - times[times.len() - 1];
    assert!(waited < 4000.0, "{waited}");
    bench.lambda.stop().await;
}
