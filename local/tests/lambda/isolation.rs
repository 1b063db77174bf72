//! What an environment is told, what it may not do, and that nothing of it is left.

use serde_json::{Value, json};

use crate::bench::{Bench, function, lives, wait_for};
use local::lambda::telemetry::Kind;

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_is_told_what_lambda_tells_and_nothing_of_the_host() {
    let bench = Bench::start(function()).await;
    let told = bench.tell("tell").await.unwrap();
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
    assert!(!variables.contains_key("AWS_EXECUTION_ENV") && !variables.contains_key("_X_AMZN_TRACE_ID"));
    assert!(told["arn"].as_str().unwrap().ends_with(":function:Misbehaving"));
    let trace = told["trace"].as_str().unwrap();
    assert!(trace.starts_with("Root=1-0-0;Parent=") && trace.ends_with(";Sampled=0"), "{trace}");
    let deadline: u128 = told["deadline"].as_str().unwrap().parse().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    assert!((now..=now + 30_000).contains(&deadline), "{deadline} at {now}");
    bench.lambda.stop().await;
}

/// A line of /proc/self/limits: soft and hard.
fn limit(told: &Value, name: &str) -> (String, String) {
    let limits = told["limits"].as_str().unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let mut fields = line.split_whitespace().map(str::to_owned);
    (fields.next().unwrap(), fields.next().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_confined() {
    let mut small = function();
    small.memory_mb = 128;
    let bench = Bench::start(small).await;
    let told = bench.tell("tell").await.unwrap();
    let same = |value: u64| (value.to_string(), value.to_string());
    assert_eq!(limit(&told, "Max core file size"), same(0));
    assert_eq!(limit(&told, "Max open files"), same(1024));
    assert_eq!(limit(&told, "Max data size"), same(128 * 1024 * 1024));
    let (processes, _) = limit(&told, "Max processes");
    assert!(processes.parse::<u64>().unwrap() >= 1024);
    let (cpu, _) = limit(&told, "Max cpu time");
    let cores = std::thread::available_parallelism().unwrap().get() as u64;
    assert!((30..=(10 + 30 + 30) * cores + 2).contains(&cpu.parse().unwrap()), "{cpu}");

    // In a folder of its own, which nobody else may read, with nothing to read from and no file of the host's.
    let folder = told["folder"].as_str().unwrap();
    assert_eq!(told["variables"]["TMPDIR"], folder);
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(folder).unwrap());
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(told["input"], "/dev/null");
    assert!(told["files"].as_u64().unwrap() <= 6, "three, the connection, and the folder that was listed");
    assert!(
        told["status"].as_str().unwrap().lines().any(|line| line == "Umask:\t0077"),
        "{}",
        told["status"]
    );

    // The leader of a group of its own, in the session of the host.
    let stat = told["stat"].as_str().unwrap();
    let fields: Vec<i32> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .skip(1)
        .take(3)
        .map(|n| n.parse().unwrap())
        .collect();
    let pid = told["pid"].as_i64().unwrap() as i32;
    let session = nix::unistd::getsid(None).unwrap().as_raw();
    assert_eq!(fields, [std::process::id().cast_signed(), pid, session]);
    bench.lambda.stop().await;
    assert!(!std::path::Path::new(folder).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_function_starts_ends_with_it() {
    let bench = Bench::start(function()).await;
    let child = bench.send(json!({"do": "child", "seconds": 600})).await.unwrap().as_u64().unwrap();
    assert!(lives(child));
    let _ = bench.send(json!({"do": "exit", "status": 1})).await;
    wait_for(|| !lives(child)).await;
    let child = bench.send(json!({"do": "child", "seconds": 600})).await.unwrap().as_u64().unwrap();
    bench.frozen().await;
    bench.lambda.stop().await;
    wait_for(|| !lives(child)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn output_is_passed_on_line_by_line_and_bounded() {
    let bench = Bench::start(function()).await;
    let print = |lines: u64, bytes: u64| json!({"do": "print", "lines": lines, "bytes": bytes});
    bench.send(print(2, 3)).await.unwrap();
    bench.send(print(1, 40_000)).await.unwrap();
    let lines = || {
        bench.records(|_, kind| match kind {
            Kind::Function { line } => Some(line.to_string()),
            _ => None,
        })
    };
    wait_for(|| lines().iter().filter(|line| *line == "printed").count() == 2).await;
    wait_for(|| lines().iter().filter(|line| line.starts_with('x')).count() == 5).await;
    let printed = lines();
    let lengths: Vec<usize> = printed.iter().filter(|line| line.starts_with('x')).map(String::len).collect();
    assert_eq!(lengths, [3, 3, 16 * 1024, 16 * 1024, 40_000 - 2 * 16 * 1024]);

    // Far beyond the budget: the function does not wait, and the host keeps little.
    bench.send(print(3_000, 10_000)).await.unwrap();
    let kept: usize = lines().iter().map(String::len).sum();
    assert!(kept <= 600 * 1024, "{kept}");
    // What comes next says how much is missing.
    while !lines().iter().any(|line| line.contains("bytes left out")) {
        bench.send(print(1, 1)).await.unwrap();
    }
    bench.lambda.stop().await;
}
