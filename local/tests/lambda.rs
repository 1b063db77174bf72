//! Lambda with a function that breaks every rule: real processes, real sockets.

#![allow(clippy::unwrap_used, clippy::panic)]

mod log;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use local::lambda::{InvokeError, Lambda, PAYLOAD_LIMIT, Settings};
use log::Log;
use serde_json::{Value, json};
use template::{Asynchronous, Function};

/// The example next to this test, compiled once.
fn bootstrap() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            let built = Command::new(env!("CARGO"))
                .args(["build", "--quiet", "--workspace", "--example", "misbehaving"])
                .status();
            assert!(built.unwrap().success());
            // <target>/debug/deps/lambda-… → <target>/debug/examples/misbehaving
            let test = std::env::current_exe().unwrap();
            test.parent().and_then(Path::parent).unwrap().join("examples/misbehaving")
        })
        .clone()
}

struct Bench {
    lambda: Lambda,
    _folder: tempfile::TempDir,
}

fn function() -> Function {
    Function {
        name: "Misbehaving".into(),
        package: "misbehaving".into(),
        memory_mb: 1769,
        timeout: Duration::from_secs(2),
        environment: BTreeMap::new(),
        reserved: None,
        provisioned: 0,
        schedules: Vec::new(),
        asynchronous: Asynchronous::default(),
    }
}

async fn bench(function: Function) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        idle: Duration::from_secs(60),
        // One environment, unless the function's own limit says otherwise: each call meets the one before.
        most_environments: function.reserved.unwrap_or(1) as usize,
        most_waiting: 10,
        folder: folder.path().to_owned(),
        variables: BTreeMap::from([("AWS_ACCESS_KEY_ID".to_owned(), "AKIATEST".to_owned())]),
        credentials: BTreeMap::new(),
    };
    let lambda = Lambda::start(&[function], settings).await.unwrap();
    lambda.deliver("misbehaving", bootstrap());
    Bench { lambda, _folder: folder }
}

impl Bench {
    async fn send(&self, event: Value) -> Result<Value, InvokeError> {
        let answer = self.lambda.invoke("Misbehaving", event.to_string().into(), "Root=1-0-0".into()).await?;
        Ok(serde_json::from_slice(&answer).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_is_answered_and_the_next_call_gets_a_new_environment() {
    let bench = bench(function()).await;
    for deed in ["exit", "panic"] {
        let Err(InvokeError::Exited { status }) = bench.send(json!({"do": deed})).await else {
            panic!("{deed}")
        };
        assert_eq!(status, if deed == "exit" { "exit status: 3" } else { "exit status: 101" });
        assert_eq!(bench.send(json!({"do": "echo"})).await, Ok(json!("echo")));
    }
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reported_error_keeps_the_environment() {
    let bench = bench(function()).await;
    let stream = |answer: Value| answer["variables"]["AWS_LAMBDA_LOG_STREAM_NAME"].clone();
    let before = stream(bench.send(json!({"do": "tell"})).await.unwrap());
    let error = bench.send(json!({"do": "error"})).await.unwrap_err();
    assert_eq!(error, InvokeError::Reported { error_type: "Asked".into() });
    assert_eq!(stream(bench.send(json!({"do": "tell"})).await.unwrap()), before);
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_ends_the_environment_at_the_functions_limit() {
    let bench = bench(function()).await;
    let began = std::time::Instant::now();
    let error = bench.send(json!({"do": "sleep"})).await.unwrap_err();
    assert_eq!(error, InvokeError::TimedOut { after: Duration::from_secs(2) });
    assert!(began.elapsed() >= Duration::from_secs(2));
    assert_eq!(error.to_string(), "task timed out after 2.00 seconds");
    assert_eq!(bench.send(json!({"do": "echo"})).await, Ok(json!("echo")));
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_init_that_fails_is_answered_and_not_tried_for_ever() {
    let mut broken = function();
    broken.environment.insert("AT_INIT".into(), "exit".into());
    let bench = bench(broken).await;
    for _ in 0..2 {
        let error = bench.send(json!({"do": "echo"})).await.unwrap_err();
        assert_eq!(error, InvokeError::Exited { status: "exit status: 7".into() });
    }
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runtime_api_refuses_what_is_out_of_order() {
    let bench = bench(function()).await;
    assert_eq!(bench.send(json!({"do": "twice"})).await, Ok(json!("first")));
    let second = bench.send(json!({"do": "echo"})).await.unwrap();
    assert_eq!(second["status"], 400);
    assert!(second["body"].as_str().unwrap().contains("InvalidRequestID"), "{second}");
    let again = bench.send(json!({"do": "next-again"})).await.unwrap();
    assert_eq!(again["status"], 403);
    assert!(again["body"].as_str().unwrap().contains("InvalidStateTransition"), "{again}");
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_over_six_megabytes_are_refused_both_ways() {
    let bench = bench(function()).await;
    let error = bench.send(json!({"do": "huge", "bytes": PAYLOAD_LIMIT + 1})).await.unwrap_err();
    assert_eq!(error, InvokeError::Reported { error_type: "Function.ResponseSizeTooLarge".into() });
    assert!(bench.send(json!({"do": "huge", "bytes": 300})).await.is_ok(), "the environment lives on");
    let event = json!({"do": "echo", "padding": "x".repeat(PAYLOAD_LIMIT)});
    assert_eq!(bench.send(event).await, Err(InvokeError::TooLarge));
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_size_is_a_cap() {
    let mut small = function();
    small.memory_mb = 128;
    let bench = bench(small).await;
    let allocate = |mb: usize| json!({"do": "allocate", "bytes": mb * 1024 * 1024});
    assert_eq!(bench.send(allocate(64)).await, Ok(json!(true)));
    assert_eq!(bench.send(allocate(128)).await, Ok(json!(false)));
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reserved_concurrency_throttles_what_goes_beyond_it() {
    let mut reserved = function();
    reserved.reserved = Some(2);
    let bench = Arc::new(bench(reserved).await);
    let calls: Vec<_> = (0..5)
        .map(|_| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { bench.send(json!({"do": "sleep"})).await.unwrap_err() })
        })
        .collect();
    let mut throttled = 0;
    for call in calls {
        throttled += usize::from(call.await.unwrap() == InvokeError::Throttled);
    }
    assert_eq!(throttled, 3);
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_is_told_what_lambda_tells_and_nothing_of_the_host() {
    let bench = bench(function()).await;
    let told = bench.send(json!({"do": "tell"})).await.unwrap();
    let variables = told["variables"].as_object().unwrap();
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", "Misbehaving"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/Misbehaving"),
        ("AWS_ACCESS_KEY_ID", "AKIATEST"),
        ("AWS_REGION", "ap-northeast-2"),
    ] {
        assert_eq!(variables[name], value);
    }
    assert!(!variables.contains_key("HOME") && !variables.contains_key("CARGO_MANIFEST_DIR"));
    assert!(!variables.contains_key("AWS_LAMBDA_MAX_CONCURRENCY"));
    assert!(told["arn"].as_str().unwrap().ends_with(":function:Misbehaving"));
    let deadline: u128 = told["deadline"].as_str().unwrap().parse().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    assert!((now - 5_000..=now + 2_000).contains(&deadline), "{deadline} at {now}");
    bench.lambda.stop().await;
}

/// A current-thread runtime, so that the subscriber of this thread sees every line.
#[tokio::test]
async fn the_log_tells_a_cold_start_a_warm_one_a_crash_and_a_failed_init() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).without_time().finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let bench = bench(function()).await;
    for deed in ["echo", "echo", "exit"] {
        let _ = bench.send(json!({"do": deed})).await;
    }
    bench.lambda.stop().await;
    let text = log.text();
    let of = |kind: &str| text.lines().filter(|line| line.contains(kind)).collect::<Vec<_>>();
    assert_eq!((of("START RequestId").len(), of("END RequestId").len()), (3, 3), "{text}");
    let reports = of("REPORT RequestId");
    assert_eq!(reports.len(), 3, "{text}");
    assert!(reports[0].contains("Init Duration") && !reports[1].contains("Init Duration"), "{text}");
    assert!(
        reports[0].contains("Memory Size: 1769 MB") && reports[0].contains("Max Memory Used: "),
        "{text}"
    );
    assert!(reports[2].contains("Status: error"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_tells_the_life_of_an_environment() {
    let bench = bench(function()).await;
    let telemetry = bench.lambda.telemetry();
    let mut live = telemetry.subscribe();
    bench.send(json!({"do": "echo"})).await.unwrap();
    frozen(&bench).await;
    let told = bench.send(json!({"do": "tell"})).await.unwrap();
    frozen(&bench).await;
    let _ = bench.send(json!({"do": "exit"})).await;
    while bench.lambda.environments()[0].environments.iter().any(|environment| environment.invocations == 3) {
        tokio::task::yield_now().await;
    }
    let records: Vec<Value> =
        telemetry.recent().iter().map(|record| serde_json::to_value(record.as_ref()).unwrap()).collect();
    let kinds: Vec<_> = records.iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "platform.initStart",
            "platform.initReport",
            "platform.start",
            "platform.runtimeDone",
            "platform.report",
            "frozen",
            "thawed",
            "platform.start",
            "platform.runtimeDone",
            "platform.report",
            "frozen",
            "thawed",
            "platform.start",
            "platform.runtimeDone",
            "platform.report",
            "gone",
        ]
    );
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

/// Waits until the only environment is frozen, and gives its snapshot.
async fn frozen(bench: &Bench) -> local::lambda::EnvironmentSnapshot {
    loop {
        let function = bench.lambda.environments().remove(0);
        if let [environment] = &function.environments[..]
            && environment.stage == local::lambda::EnvironmentStage::Idle
        {
            return environment.clone();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_shows_functions_and_their_environments() {
    let bench = bench(function()).await;
    bench.send(json!({"do": "echo"})).await.unwrap();
    let environment = frozen(&bench).await;
    assert_eq!(environment.invocations, 1);
    assert!(environment.init_ms.unwrap() > 0.0 && environment.age_ms > environment.init_ms.unwrap());
    assert!(environment.memory_bytes.unwrap() <= environment.peak_memory_bytes.unwrap());
    assert!(environment.cpu_ms.unwrap() > 0.0);
    let function = bench.lambda.environments().remove(0);
    assert_eq!((function.function.as_str(), function.ready, function.waiting), ("Misbehaving", true, 0));
    assert_eq!((function.memory_size_mb, function.timeout_ms), (1769, 2000));
    assert_eq!((function.counts.invocations, function.counts.cold_starts, function.counts.errors), (1, 1, 0));
    bench.lambda.stop().await;
}
