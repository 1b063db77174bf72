//! Amazon's own runtime client for Python, unchanged: it takes no base path, so its environment has a port of its own.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use local::lambda::telemetry::{Kind, Phase};
use local::lambda::{EnvironmentStage, InvokeError};
use serde_json::{Value, json};

use crate::bench::{Bench, function};
use crate::runtime_api::request;

const APP: &str = r#"
import os

if os.environ.get("AT_INIT") == "raise":
    raise ImportError("nothing to import")

def handler(event, context):
    deed = event.get("do")
    if deed == "raise":
        raise ValueError("asked to")
    if deed == "exit":
        os._exit(4)
    return {
        "hello": event.get("name"),
        "request": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "left": context.get_remaining_time_in_millis(),
        "stream": context.log_stream_name,
        "trace": os.environ.get("_X_AMZN_TRACE_ID"),
        "address": os.environ["AWS_LAMBDA_RUNTIME_API"],
    }
"#;

/// A Python that has the client: that of `./test`, or the machine's.
fn python() -> Option<PathBuf> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/python/bin/python");
    [tools, "python3".into()].into_iter().find_map(|python| {
        let asked = Command::new(&python)
            .args(["-c", "import awslambdaric, runtime_client, sys; print(sys.executable)"])
            .stderr(Stdio::null())
            .output();
        let answer = asked.ok().filter(|answer| answer.status.success())?;
        Some(PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim()))
    })
}

/// Says so where it is seen: what `eprintln!` prints in a test that passes is kept back.
fn skipped() {
    let reason = "skipped: this machine has no Python with awslambdaric (pip install awslambdaric)";
    std::io::stderr().write_all(format!("{reason}\n").as_bytes()).unwrap();
}

/// A package whose bootstrap is a script that starts the client.
fn package(python: &Path) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.py"), APP).unwrap();
    let bootstrap = folder.path().join("bootstrap");
    let mut file = std::fs::File::create(&bootstrap).unwrap();
    write!(
        file,
        "#!/bin/sh\ncd \"$LAMBDA_TASK_ROOT\"\nexec {} -m awslambdaric app.handler\n",
        python.display()
    )
    .unwrap();
    file.set_permissions(Permissions::from_mode(0o755)).unwrap();
    (folder, bootstrap)
}

#[tokio::test(flavor = "multi_thread")]
async fn pythons_client_runs_a_function_unchanged() {
    let Some(python) = python() else {
        skipped();
        return;
    };
    let (_package, bootstrap) = package(&python);
    let bench = Bench::of(function(), |_| {}, &bootstrap).await;
    let first = bench.send(json!({"name": "Lambda"})).await.unwrap();
    assert_eq!(first["hello"], "Lambda");
    assert!(first["arn"].as_str().unwrap().ends_with(":function:Misbehaving"));
    assert!((20_000..=30_000).contains(&first["left"].as_i64().unwrap()), "{first}");
    assert!(first["trace"].as_str().unwrap().starts_with("Root=1-0-0;Parent="), "{first}");
    let address = first["address"].as_str().unwrap();
    assert!(address.parse::<std::net::SocketAddrV4>().is_ok(), "{address}");
    let environment = bench.frozen().await;
    assert!(first["stream"].as_str().unwrap().ends_with(&*environment.environment_id));

    // Its port is for its own processes alone.
    let stranger = request(address, "GET", "/2018-06-01/runtime/invocation/next", "").await;
    assert!(stranger.is_err() || stranger.unwrap().is_empty());

    let second = bench.send(json!({"name": "again"})).await.unwrap();
    assert_eq!((&second["hello"], &second["stream"]), (&json!("again"), &first["stream"]));
    assert_ne!(second["request"], first["request"]);
    let error = bench.tell("raise").await.unwrap_err();
    assert_eq!(error, InvokeError::Reported { error_type: "ValueError".into(), message: "asked to".into() });
    assert_eq!(bench.frozen().await.invocations, 3);
    assert_eq!(bench.tell("exit").await, Err(InvokeError::Exited { status: "exit status 4".into() }));
    let third = bench.send(json!({"name": "new"})).await.unwrap();
    assert_ne!(third["stream"], first["stream"]);
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pythons_client_reports_a_failed_init() {
    let Some(python) = python() else {
        skipped();
        return;
    };
    let (_package, bootstrap) = package(&python);
    let mut broken = function();
    broken.environment.insert("AT_INIT".into(), "raise".into());
    let bench = Bench::of(broken, |_| {}, &bootstrap).await;
    let error = bench.tell("anything").await.unwrap_err();
    let InvokeError::Reported { error_type, message } = &error else { panic!("{error}") };
    assert_eq!(error_type, "Runtime.ImportModuleError");
    assert!(message.contains("nothing to import"), "{message}");
    let inits = bench.records(|_, kind| match kind {
        Kind::InitReport { phase, outcome, .. } => {
            Some((*phase, serde_json::to_value(outcome).unwrap()["errorType"].clone()))
        }
        _ => None,
    });
    let failed = Value::from("Runtime.ImportModuleError");
    assert_eq!(inits, [(Phase::Init, failed.clone()), (Phase::Invoke, failed)]);
    let stages: Vec<_> = bench.snapshot().environments.iter().map(|one| one.stage).collect();
    assert!(!stages.contains(&EnvironmentStage::Idle));
    bench.lambda.stop().await;
}
