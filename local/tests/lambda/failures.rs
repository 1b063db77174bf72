//! Crashes, panics, timeouts, too much memory: what the caller gets, and what becomes of the environment.

use std::time::{Duration, Instant};

use local::lambda::telemetry::{Kind, Reason};
use local::lambda::{EnvironmentStage, InvokeError};
use serde_json::json;

use crate::bench::{Bench, example, function};

fn exited(status: &str) -> InvokeError {
    InvokeError::Exited { status: status.into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_is_answered_and_the_next_call_gets_a_new_environment() {
    let bench = Bench::start(function()).await;
    let mut seen = Vec::new();
    for (event, status) in [
        (json!({"do": "exit", "status": 3}), "exit status 3"),
        (json!({"do": "exit", "status": 0}), ""),
        (json!({"do": "abort"}), "signal: aborted"),
    ] {
        assert_eq!(bench.tell("echo").await, Ok(json!("echo")));
        seen.push(bench.frozen().await.environment_id);
        assert_eq!(bench.send(event).await, Err(exited(status)));
    }
    bench.empty().await;
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3);
    let ends = bench.records(|_, kind| match kind {
        Kind::Gone { reason, .. } => Some(*reason),
        _ => None,
    });
    assert_eq!(ends, [Reason::Crashed; 3]);
    bench.lambda.stop().await;
}

/// `panic = "unwind"`: Rust's runtime client catches it and reports it.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_that_unwinds_is_reported_and_the_environment_lives_on() {
    let bench = Bench::of(function(), |_| {}, &example("panicking")).await;
    assert_eq!(bench.tell("echo").await, Ok(json!("echo")));
    let environment = bench.frozen().await.environment_id;
    let error = bench.tell("panic").await.unwrap_err();
    let InvokeError::Reported { message, .. } = &error else { panic!("{error}") };
    assert!(message.contains("asked to panic"), "{message}");
    assert_eq!(bench.tell("echo").await, Ok(json!("echo")));
    assert_eq!(bench.frozen().await.environment_id, environment);
    bench.lambda.stop().await;
}

/// `panic = "abort"`, as in the profile the functions are deployed with.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_that_aborts_ends_the_environment() {
    let mut aborting = function();
    aborting.environment.insert("PANIC".into(), "abort".into());
    let bench = Bench::of(aborting, |_| {}, &example("panicking")).await;
    assert_eq!(bench.tell("panic").await, Err(exited("signal: aborted")));
    assert_eq!(bench.tell("echo").await, Ok(json!("echo")));
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reported_error_keeps_the_environment() {
    let bench = Bench::start(function()).await;
    bench.tell("echo").await.unwrap();
    let before = bench.frozen().await;
    let error = bench.tell("error").await.unwrap_err();
    assert_eq!(error, InvokeError::Reported { error_type: "Asked".into(), message: "asked to".into() });
    assert_eq!(bench.frozen().await.environment_id, before.environment_id);
    let counts = bench.snapshot().counts;
    assert_eq!((counts.invocations, counts.errors, counts.cold_starts), (2, 1, 1));
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_ends_the_environment_at_the_functions_limit() {
    for deed in ["sleep", "burn", "answer-and-hang"] {
        let mut quick = function();
        quick.timeout = Duration::from_secs(1);
        let bench = Bench::start(quick).await;
        let began = Instant::now();
        let answer = bench.tell(deed).await;
        if deed == "answer-and-hang" {
            assert_eq!(answer, Ok(json!("last words")), "but it never asks for the next event");
        } else {
            let error = answer.unwrap_err();
            assert_eq!(error, InvokeError::TimedOut { after: Duration::from_secs(1) });
            assert!(began.elapsed() >= Duration::from_secs(1));
            assert_eq!(error.to_string(), "task timed out after 1.00 seconds");
        }
        bench.empty().await;
        assert!(began.elapsed() >= Duration::from_secs(1));
        let ends = bench.records(|_, kind| match kind {
            Kind::Report { outcome, .. } => Some(serde_json::to_value(outcome).unwrap()["status"].clone()),
            Kind::Gone { reason, .. } => Some(json!(reason)),
            _ => None,
        });
        assert_eq!(ends, [json!("timeout"), json!("timeout")], "{deed}");
        assert_eq!(bench.tell("echo").await, Ok(json!("echo")));
        bench.lambda.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exit_after_the_answer_costs_the_environment_only() {
    let bench = Bench::start(function()).await;
    assert_eq!(bench.tell("answer-and-exit").await, Ok(json!("last words")));
    assert_eq!(bench.tell("echo").await, Ok(json!("echo")));
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_size_is_a_cap_and_who_goes_beyond_it_is_killed() {
    let mut small = function();
    small.memory_mb = 128;
    let bench = Bench::start(small).await;
    let allocate = |mb: usize| json!({"do": "allocate", "bytes": mb * 1024 * 1024});
    assert_eq!(bench.send(allocate(64)).await, Ok(json!(true)));
    assert_eq!(bench.send(allocate(128)).await, Ok(json!(false)));
    assert_eq!(bench.tell("devour").await, Err(exited("signal: killed")));
    bench.empty().await;
    let reports = bench.records(|_, kind| match kind {
        Kind::Report { max_memory_used_mb, outcome, .. } => Some((*max_memory_used_mb, outcome.clone())),
        _ => None,
    });
    let (most, outcome) = reports.last().unwrap();
    assert_eq!(*most, Some(128));
    assert_eq!(
        serde_json::to_value(outcome).unwrap(),
        json!({
            "status": "error", "errorType": "Runtime.ExitError", "reported": false,
            "errorMessage": "Runtime exited with error: signal: killed"
        })
    );
    assert_eq!(bench.tell("echo").await, Ok(json!("echo")));
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_environment_is_replaced_whether_it_works_or_is_frozen() {
    let bench = Bench::start(function()).await;
    let told = bench.tell("tell").await.unwrap();
    let pid = nix::unistd::Pid::from_raw(told["pid"].as_i64().unwrap() as i32);
    bench.frozen().await;
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
    bench.empty().await;
    assert_eq!(bench.tell("echo").await, Ok(json!("echo")));

    let told = bench.tell("tell").await.unwrap();
    let pid = nix::unistd::Pid::from_raw(told["pid"].as_i64().unwrap() as i32);
    let (call, ()) = tokio::join!(bench.tell("sleep"), async {
        bench
            .until(|function| {
                let environment = &function.environments[0];
                (environment.stage == EnvironmentStage::Running && environment.invocations == 3).then_some(())
            })
            .await;
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
    });
    assert_eq!(call, Err(exited("signal: killed")));
    assert_eq!(bench.tell("echo").await, Ok(json!("echo")));
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bootstrap_that_cannot_be_run_is_said() {
    let bench = Bench::of(function(), |_| {}, std::path::Path::new("/nowhere/bootstrap")).await;
    let error = bench.tell("echo").await.unwrap_err();
    let InvokeError::Exited { status } = &error else { panic!("{error}") };
    assert!(status.starts_with("fork/exec /nowhere/bootstrap: "), "{status}");
    let types = bench.records(|_, kind| match kind {
        Kind::InitReport { outcome, phase, .. } => {
            Some((*phase, serde_json::to_value(outcome).unwrap()["errorType"].clone()))
        }
        _ => None,
    });
    let invalid = json!("Runtime.InvalidEntrypoint");
    use local::lambda::telemetry::Phase;
    assert_eq!(types, [(Phase::Init, invalid.clone()), (Phase::Invoke, invalid)]);
    bench.lambda.stop().await;
}
