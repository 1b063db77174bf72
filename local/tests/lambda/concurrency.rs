//! Limits of concurrency: reserved, the account's, this machine's.

use std::sync::Arc;

use local::lambda::telemetry::{Kind, Limit};
use local::lambda::{EnvironmentStage, InvokeError, Lambda, Settings};
use serde_json::{Value, json};
use template::Function;

use crate::bench::{Bench, example, function};

/// So many at once, each at work for a while.
async fn burst(bench: &Arc<Bench>, calls: usize, event: &Value) -> Vec<Result<Value, InvokeError>> {
    let calls: Vec<_> = (0..calls)
        .map(|_| {
            let (bench, event) = (Arc::clone(bench), event.clone());
            tokio::spawn(async move { bench.send(event).await })
        })
        .collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    answers
}

fn count(answers: &[Result<Value, InvokeError>], error: &InvokeError) -> usize {
    answers.iter().filter(|answer| answer.as_ref() == Err(error)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn reserved_concurrency_throttles_what_goes_beyond_it() {
    let reserved = Function { reserved: Some(2), ..function() };
    let bench = Arc::new(Bench::with(reserved, |settings| settings.most_environments = 10).await);
    let answers = burst(&bench, 5, &json!({"do": "wait", "ms": 500})).await;
    assert_eq!(count(&answers, &InvokeError::Throttled), 3);
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 2);
    assert_eq!(bench.snapshot().counts.throttles, 3);
    let limits = bench.records(|_, kind| match kind {
        Kind::Throttled { limit, .. } => Some(*limit),
        _ => None,
    });
    assert_eq!(limits, [Limit::Reserved; 3]);
    assert!(bench.tell("echo").await.is_ok());
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reserving_nothing_at_all_switches_a_function_off() {
    let bench = Bench::start(Function { reserved: Some(0), ..function() }).await;
    assert_eq!(bench.tell("echo").await, Err(InvokeError::Throttled));
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_that_reserve_nothing_share_what_the_account_has_left() {
    let folder = tempfile::tempdir().unwrap();
    let named = |name: &str, reserved| Function { name: name.into(), reserved, ..function() };
    let functions = [named("One", None), named("Two", None), named("Reserved", Some(2))];
    let settings = Settings { account_concurrency: 5, ..Settings::new(folder.path().to_owned()) };
    let lambda = Lambda::start(&functions, settings.clone()).await.unwrap();
    lambda.deliver("misbehaving", example("misbehaving"));
    let call = |name: &'static str| {
        let lambda = lambda.clone();
        tokio::spawn(async move {
            lambda.invoke(name, json!({"do": "wait", "ms": 500}).to_string().into(), String::new()).await
        })
    };
    let calls: Vec<_> = ["One", "Two", "One", "Two", "One", "Reserved", "Reserved"].map(call).into();
    let (mut served, mut throttled) = (Vec::new(), 0);
    for (index, call) in calls.into_iter().enumerate() {
        match call.await.unwrap() {
            Ok(_) => served.push(index),
            Err(error) => {
                assert_eq!(error, InvokeError::Throttled);
                throttled += 1;
            }
        }
    }
    assert_eq!((served.len(), throttled), (5, 2), "three are shared, two reserved");
    assert!(served.ends_with(&[5, 6]), "the others cannot take what is reserved");
    assert!(call("One").await.unwrap().is_ok());
    lambda.stop().await;

    let settings = Settings { account_concurrency: 1, ..settings };
    let error = Lambda::start(&functions, settings).await.unwrap_err().to_string();
    assert!(error.contains("--account-concurrency"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn this_machines_own_bound_queues_and_its_queue_is_bounded() {
    let bench = Bench::with(function(), |settings| {
        settings.most_environments = 2;
        settings.most_waiting = 3;
    });
    let bench = Arc::new(bench.await);
    let answers = burst(&bench, 6, &json!({"do": "wait", "ms": 300})).await;
    assert!((1..=3).contains(&count(&answers, &InvokeError::Overloaded)), "{answers:?}");
    assert!(answers.iter().filter(|answer| answer.is_ok()).count() >= 3);
    assert_eq!(bench.snapshot().environments.len(), 2);
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn provisioned_environments_are_used_first_and_spill_over() {
    let provisioned = Function { provisioned: 2, ..function() };
    let bench = Arc::new(Bench::with(provisioned, |settings| settings.most_environments = 10).await);
    bench
        .until(|function| {
            (function.environments.iter().filter(|one| one.init_ms.is_some()).count() == 2).then_some(())
        })
        .await;
    // So long that the third is started before the first two could take its event.
    let answers = burst(&bench, 3, &json!({"do": "wait", "ms": 2000})).await;
    assert!(answers.iter().all(Result::is_ok));
    let counts = bench.snapshot().counts;
    assert_eq!((counts.provisioned_concurrency_spillover_invocations, counts.cold_starts), (1, 1));
    // One that is killed is replaced without anybody calling. Who has answered a moment ago cannot be taken yet.
    bench
        .until(|function| {
            function.environments.iter().all(|one| one.stage == EnvironmentStage::Idle).then_some(())
        })
        .await;
    let told = bench.tell("tell").await.unwrap();
    assert_eq!(told["variables"]["AWS_LAMBDA_INITIALIZATION_TYPE"], "provisioned-concurrency");
    let id = told["variables"]["AWS_LAMBDA_LOG_STREAM_NAME"]
        .as_str()
        .unwrap()
        .rsplit(']')
        .next()
        .unwrap()
        .to_owned();
    let pid = nix::unistd::Pid::from_raw(told["pid"].as_i64().unwrap() as i32);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
    bench
        .until(|function| {
            let provisioned = function.environments.iter().filter(|one| {
                serde_json::to_value(one.initialization_type).unwrap() == "provisioned-concurrency"
                    && one.init_ms.is_some()
                    && *one.environment_id != *id
            });
            (provisioned.count() == 2).then_some(())
        })
        .await;
    bench.lambda.stop().await;
}
