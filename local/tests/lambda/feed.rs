//! The live feed and the snapshot, as a page that shows them gets them.

use serde_json::{Value, json};

use crate::bench::{Bench, function};

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_tells_the_life_of_an_environment() {
    let bench = Bench::start(function()).await;
    let telemetry = bench.lambda.telemetry();
    let mut live = telemetry.subscribe();
    bench.tell("echo").await.unwrap();
    bench.frozen().await;
    let told = bench.tell("tell").await.unwrap();
    bench.frozen().await;
    let _ = bench.tell("exit").await;
    bench.empty().await;
    let records: Vec<Value> =
        telemetry.recent().iter().map(|record| serde_json::to_value(record.as_ref()).unwrap()).collect();
    let kinds: Vec<_> = records.iter().map(|record| record["type"].as_str().unwrap()).collect();
    let invocation = ["platform.start", "platform.runtimeDone", "platform.report"];
    let expected: Vec<_> = ["platform.initStart", "platform.initReport"]
        .into_iter()
        .chain(invocation)
        .chain(["frozen", "thawed"])
        .chain(invocation)
        .chain(["frozen", "thawed"])
        .chain(invocation)
        .chain(["gone"])
        .collect();
    assert_eq!(kinds, expected);
    for record in &records {
        assert_eq!(serde_json::to_value(live.recv().await.unwrap().as_ref()).unwrap(), *record);
        assert_eq!(record["environmentId"], records[0]["environmentId"]);
    }
    assert_eq!((&records[2]["cold"], &records[7]["cold"]), (&json!(true), &json!(false)));
    assert!(records[4]["initDurationMs"].as_f64().unwrap() > 0.0 && records[9]["initDurationMs"].is_null());
    assert_eq!(records[2]["traceId"], "Root=1-0-0");
    assert_eq!(records[14]["errorType"], "Runtime.ExitError");
    assert_eq!(records[15]["reason"], "crashed");

    // What is shown names the environment's log stream and gives its address at the Runtime API away to nobody.
    let id = records[0]["environmentId"].as_str().unwrap();
    let variables = &told["variables"];
    assert!(variables["AWS_LAMBDA_LOG_STREAM_NAME"].as_str().unwrap().ends_with(&format!("[$LATEST]{id}")));
    let address = variables["AWS_LAMBDA_RUNTIME_API"].as_str().unwrap();
    let token = address.rsplit('/').next().unwrap();
    assert_eq!((id.len(), token.len()), (32, 32));
    let open = serde_json::to_string(&records).unwrap()
        + &serde_json::to_string(&bench.lambda.environments()).unwrap();
    assert!(!open.contains(token) && !variables["TMPDIR"].as_str().unwrap().contains(token));
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_shows_functions_and_their_environments() {
    let bench = Bench::start(function()).await;
    bench.tell("echo").await.unwrap();
    let environment = bench.frozen().await;
    assert_eq!(environment.invocations, 1);
    assert!(environment.init_ms.unwrap() > 0.0 && environment.age_ms > environment.init_ms.unwrap());
    assert!(environment.memory_bytes.unwrap() <= environment.peak_memory_bytes.unwrap());
    assert!(environment.cpu_ms.unwrap() > 0.0);
    let function = bench.snapshot();
    assert_eq!((function.function.as_str(), function.ready, function.waiting), ("Misbehaving", true, 0));
    assert_eq!((function.memory_size_mb, function.timeout_ms), (1769, 30_000));
    assert_eq!((function.counts.invocations, function.counts.cold_starts, function.counts.errors), (1, 1, 0));
    bench.lambda.stop().await;
}
