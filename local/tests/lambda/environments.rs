//! Environments are born for events, used again, reclaimed and replaced.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use local::lambda::telemetry::{Kind, Reason};
use local::lambda::{EnvironmentStage, Settings};
use serde_json::json;

use crate::bench::{Bench, example, function};

fn ends(bench: &Bench) -> Vec<Reason> {
    bench.records(|_, kind| match kind {
        Kind::Gone { reason, .. } => Some(*reason),
        _ => None,
    })
}

async fn crowd(calls: usize, change: impl FnOnce(&mut Settings)) -> Arc<Bench> {
    Arc::new(
        Bench::with(function(), |settings| {
            settings.most_environments = calls;
            change(settings);
        })
        .await,
    )
}

/// The environments that answered so many calls at once, each at work for `ms`.
async fn burst(bench: &Arc<Bench>, calls: usize, ms: u64) -> BTreeSet<String> {
    let calls: Vec<_> = (0..calls)
        .map(|_| {
            let bench = Arc::clone(bench);
            tokio::spawn(async move { bench.send(json!({"do": "wait", "ms": ms})).await.unwrap() })
        })
        .collect();
    let mut environments = BTreeSet::new();
    for call in calls {
        environments.insert(call.await.unwrap().as_str().unwrap().to_owned());
    }
    environments
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_slow_calls_at_once_get_fifty_environments_and_the_last_used_is_used_again() {
    let bench = crowd(100, |settings| settings.idle = Duration::from_secs(3600)).await;
    // The first may not be done before the last has started: this machine may be busy.
    let environments = burst(&bench, 50, 5000).await;
    assert_eq!(environments.len(), 50);
    let all_idle = |bench: &Arc<Bench>| {
        let bench = Arc::clone(bench);
        async move {
            bench
                .until(|function| {
                    function.environments.iter().all(|one| one.stage == EnvironmentStage::Idle).then_some(())
                })
                .await;
        }
    };
    all_idle(&bench).await;
    assert_eq!(bench.snapshot().environments.len(), 50);
    let last = bench.send(json!({"do": "wait"})).await.unwrap();
    for _ in 0..5 {
        all_idle(&bench).await;
        assert_eq!(bench.send(json!({"do": "wait"})).await.unwrap(), last);
    }
    let counts = bench.snapshot().counts;
    assert_eq!((counts.invocations, counts.cold_starts, counts.errors), (56, 50, 0));
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_environments_are_reclaimed_and_minutes_may_pass_as_seconds() {
    let bench = crowd(5, |settings| {
        settings.idle = Duration::from_secs(600);
        settings.time_scale = "600".parse().unwrap();
    })
    .await;
    let began = Instant::now();
    let environments = burst(&bench, 3, 300).await;
    bench.empty().await;
    assert!(began.elapsed() >= Duration::from_secs(1), "ten minutes at six hundred times the speed");
    // On a slow machine one may have been started whose event another took that was free first.
    let started = bench.records(|_, kind| matches!(kind, Kind::InitStart { .. }).then_some(()));
    assert!(started.len() >= environments.len());
    assert_eq!(ends(&bench), vec![Reason::Idle; started.len()]);
    assert_eq!(bench.tell("echo").await, Ok(json!("echo")));
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_is_not_scaled() {
    let mut quick = function();
    // Scaled these were not even three milliseconds.
    quick.timeout = Duration::from_secs(10);
    let bench = Bench::with(quick, |settings| settings.time_scale = "3600".parse().unwrap()).await;
    assert!(bench.send(json!({"do": "wait", "ms": 500})).await.is_ok());
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_is_recycled_when_it_is_old_even_if_it_is_busy() {
    let mut provisioned = function();
    provisioned.provisioned = 1;
    let bench = Bench::with(provisioned, |settings| {
        settings.most_age = Duration::from_millis(700);
        settings.most_environments = 3;
    })
    .await;
    // One call after the other, so that one is always busy. The records are kept here: only the last ones are anywhere else.
    let (mut started, mut recycled) = (BTreeMap::new(), BTreeMap::new());
    while recycled.len() < 2 {
        bench.send(json!({"do": "wait", "ms": 1})).await.unwrap();
        let of = |wanted: fn(&Kind) -> bool| {
            bench.records(|record, kind| wanted(kind).then(|| (record.environment_id.clone(), record.time)))
        };
        started.extend(of(|kind| matches!(kind, Kind::InitStart { .. })));
        recycled.extend(of(|kind| matches!(kind, Kind::Gone { reason: Reason::Recycled, .. })));
    }
    for (id, gone) in &recycled {
        assert!(gone - started[id] >= 700.0, "{} ms", gone - started[id]);
    }
    // One that nobody calls is recycled, too.
    let before = ends(&bench).len();
    crate::bench::wait_for(|| ends(&bench).len() > before).await;
    assert_eq!(bench.snapshot().counts.errors, 0);
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_package_replaces_environments_but_not_under_an_invocation() {
    let bench = Arc::new(Bench::with(function(), |settings| settings.most_environments = 2).await);
    let busy = {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move { bench.send(json!({"do": "wait", "ms": 4000})).await })
    };
    bench
        .until(|function| {
            (function.environments.len() == 1 && function.counts.invocations == 1).then_some(())
        })
        .await;
    let idle = bench.send(json!({"do": "wait"})).await.unwrap();
    bench
        .until(|function| {
            function.environments.iter().any(|one| one.stage == EnvironmentStage::Idle).then_some(())
        })
        .await;
    bench.lambda.deliver("misbehaving", example("misbehaving"));
    assert_ne!(bench.send(json!({"do": "wait"})).await.unwrap(), idle);
    assert!(busy.await.unwrap().is_ok());
    crate::bench::wait_for(|| ends(&bench) == [Reason::Replaced; 2]).await;
    bench.lambda.stop().await;
}
