//! What TLS costs the first call of `users` where CPU is scarce: at 128 MB, with the controller that gives each function its share.
//! Knows Lambda on this machine from inside, because no template has such a function; the function is `users` but for its roots.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use local::lambda::{Lambda, Settings};
use serde_json::{Value, json};
use template::Stack;
use tokio::time::sleep;

use super::endpoint::Endpoint;
use crate::process::{self, Identity};
use crate::server::compile;

/// What the function has.
pub const MEMORY_MB: u32 = 128;
/// `users` with roots of its own.
const PACKAGE: &str = "users-over-tls";
const PLAIN: &str = "OverHttp";
const TLS: &str = "OverTls";
/// Init of a provisioned environment takes a few ms.
const SOON: Duration = Duration::from_secs(20);

/// Times in ms, one of each for every environment.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    /// How long the first call took.
    pub wall: Vec<f64>,
    /// CPU time the function used in it.
    pub cpu: Vec<f64>,
    /// How long the second took.
    pub second: Vec<f64>,
}

/// First calls over both.
#[derive(Debug, Clone, Default)]
pub struct FirstCalls {
    /// Over HTTP.
    pub plain: Calls,
    /// Over TLS.
    pub tls: Calls,
}

/// Calls `calls` new environments over each, in turns. Init is over before: it has a whole CPU, as on Lambda.
///
/// # Errors
/// The function does not compile or start, or does not answer 200.
pub async fn measure(root: &Path, calls: usize) -> Result<FirstCalls> {
    let bootstrap = compile(root, PACKAGE, &[], "lambda").await?;
    let folder = tempfile::tempdir()?;
    let stack = Stack {
        id: "arn:aws:cloudformation:ap-northeast-2:123456789012:stack/bench/0",
        origin: "http://127.0.0.1",
    };
    let system = template::load(root, "local", stack)?;
    let endpoint = Endpoint::open(&system.tables, folder.path()).await?;
    let users = system
        .functions
        .iter()
        .find(|function| function.package == "users")
        .context("no function `users`")?;
    let function = |name: &str, address: String| {
        let mut function = users.clone();
        function.name = name.to_owned();
        function.package = PACKAGE.to_owned();
        (function.memory_mb, function.provisioned, function.reserved) = (MEMORY_MB, 1, None);
        let roots = endpoint.roots.to_string_lossy().into_owned();
        let own = [
            ("AWS_ENDPOINT_URL_DYNAMODB", address),
            ("AWS_ACCESS_KEY_ID", "BENCH".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "bench".to_owned()),
            ("TRUSTED_ROOTS", roots),
        ];
        function.environment.extend(own.map(|(key, value)| (key.to_owned(), value)));
        function
    };
    let functions = [
        function(PLAIN, format!("http://{}", endpoint.plain)),
        function(TLS, format!("https://{}", endpoint.tls)),
    ];
    let lambda = Lambda::start(&functions, Settings::new(folder.path().join("environments"))).await?;
    lambda.deliver(PACKAGE, bootstrap);
    let mut found = FirstCalls::default();
    for _ in 0..calls {
        call(&lambda, PLAIN, &mut found.plain).await?;
        call(&lambda, TLS, &mut found.tls).await?;
    }
    lambda.stop().await;
    Ok(found)
}

/// Calls a new environment twice and ends it.
async fn call(lambda: &Lambda, name: &str, calls: &mut Calls) -> Result<()> {
    let environment = ready(name).await?;
    let used = || process::cpu_time(environment.pid).context("the environment has ended");
    let before = used()?;
    calls.wall.push(invoke(lambda, name).await?);
    calls.cpu.push((used()? - before).as_secs_f64() * 1e3);
    calls.second.push(invoke(lambda, name).await?);
    process::kill_child(own_pid(), environment);
    let end = Instant::now() + SOON;
    while process::lives(environment) {
        ensure!(Instant::now() < end, "the environment does not end");
        sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// Waits for a provisioned environment of the function that stands still: its init is over.
async fn ready(name: &str) -> Result<Identity> {
    let end = Instant::now() + SOON;
    loop {
        let own = process::children(own_pid()).into_iter().find(|seen| {
            seen.state == 'T'
                && process::variable(seen.identity.pid, "AWS_LAMBDA_FUNCTION_NAME").as_deref() == Some(name)
        });
        if let Some(seen) = own {
            return Ok(seen.identity);
        }
        ensure!(Instant::now() < end, "{name} does not initialise");
        sleep(Duration::from_millis(5)).await;
    }
}

/// ms of one call that reads the table once.
async fn invoke(lambda: &Lambda, name: &str) -> Result<f64> {
    let event = Bytes::from(event().to_string());
    let began = Instant::now();
    let answer = lambda.invoke(name, event, String::new()).await.with_context(|| name.to_owned())?;
    let took = began.elapsed().as_secs_f64() * 1e3;
    let answer: Value = serde_json::from_slice(&answer)?;
    ensure!(answer["statusCode"] == 200, "{name} answered {answer}");
    Ok(took)
}

/// `GET /api/users` as API Gateway sends it (payload format 2.0).
fn event() -> Value {
    let headers = BTreeMap::from([("x-visitor", "0123456789abcdef0123456789abcdef"), ("host", "127.0.0.1")]);
    json!({
        "version": "2.0", "routeKey": "GET /api/users", "rawPath": "/api/users", "rawQueryString": "", "headers": headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "bench", "domainName": "127.0.0.1", "domainPrefix": "127",
            "http": {
                "method": "GET", "path": "/api/users", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench"
            },
            "requestId": "bench", "routeKey": "GET /api/users", "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1_767_225_600_000_u64
        },
        "isBase64Encoded": false
    })
}

fn own_pid() -> i32 {
    std::process::id().cast_signed()
}
