//! The Runtime API: what is out of order, too large, too late or not there.

use std::time::Duration;

use local::lambda::{InvokeError, PAYLOAD_LIMIT};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bench::{Bench, function};

fn is(answer: &Value, status: u16, error_type: &str) {
    assert_eq!(answer["status"], status, "{answer}");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["errorType"], error_type, "{answer}");
    assert!(!body["errorMessage"].as_str().unwrap().is_empty(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_of_order_is_refused_and_the_environment_lives_on() {
    let bench = Bench::start(function()).await;
    let calls = json!([
        {"method": "GET", "path": "invocation/next"},
        {"method": "POST", "path": "invocation/00000000-0000-0000-0000-000000000000/response", "body": "1"},
        {"method": "POST", "path": "invocation/00000000-0000-0000-0000-000000000000/error", "body": "{}"},
        {"method": "POST", "path": "init/error", "body": "{}"},
        {"method": "GET", "path": "/2018-06-01/ping"},
        {"method": "GET", "path": "restore/next"},
        {"method": "POST", "path": "restore/error"},
        {"method": "POST", "path": "/2020-01-01/extension/register"},
        {"method": "GET", "path": "/2020-01-01/extension/event/next"},
        {"method": "PUT", "path": "/2022-07-01/telemetry"},
        {"method": "PUT", "path": "/2020-08-15/logs"},
        {"method": "GET", "path": "invocation/{id}/response"},
        {"method": "DELETE", "path": "invocation/next"},
        {"method": "GET", "path": "/nonsense"},
    ]);
    let told = bench.send(json!({"do": "call", "calls": calls})).await.unwrap();
    is(&told[0], 403, "InvalidStateTransition");
    is(&told[1], 400, "InvalidRequestID");
    is(&told[2], 400, "InvalidRequestID");
    is(&told[3], 403, "InvalidStateTransition");
    assert_eq!(told[4], json!({"status": 200, "body": "pong"}));
    is(&told[5], 501, "SnapStart.NotSupported");
    is(&told[6], 501, "SnapStart.NotSupported");
    is(&told[7], 501, "Extension.NotSupported");
    is(&told[8], 501, "Extension.NotSupported");
    is(&told[9], 501, "Telemetry.NotSupported");
    is(&told[10], 501, "Telemetry.NotSupported");
    for call in [&told[11], &told[12], &told[13]] {
        is(call, 404, "NotFound");
    }
    let environment = bench.frozen().await;
    assert_eq!(bench.tell("twice").await, Ok(json!("first")));
    is(&bench.tell("echo").await.unwrap(), 400, "InvalidRequestID");
    assert_eq!(bench.frozen().await.environment_id, environment.environment_id);
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_over_six_megabytes_are_refused_both_ways() {
    let bench = Bench::start(function()).await;
    let huge = |bytes: usize| json!({"do": "huge", "bytes": bytes});
    assert!(bench.send(huge(PAYLOAD_LIMIT)).await.is_ok());
    for bytes in [PAYLOAD_LIMIT + 1, 2 * PAYLOAD_LIMIT] {
        let Err(InvokeError::Reported { error_type, .. }) = bench.send(huge(bytes)).await else {
            panic!("{bytes}")
        };
        assert_eq!(error_type, "Function.ResponseSizeTooLarge");
    }
    assert!(bench.send(huge(300)).await.is_ok(), "the environment lives on");
    assert_eq!(bench.frozen().await.invocations, 4);
    let event = json!({"do": "echo", "padding": "x".repeat(PAYLOAD_LIMIT)});
    assert_eq!(bench.send(event).await, Err(InvokeError::TooLarge));
    let fits = PAYLOAD_LIMIT - json!({"do": "echo", "padding": ""}).to_string().len();
    assert_eq!(bench.send(json!({"do": "echo", "padding": "x".repeat(fits)})).await, Ok(json!("echo")));
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_taken_ends_the_invocation() {
    let bench = Bench::start(function()).await;
    let streamed = json!([{
        "method": "POST", "path": "invocation/{id}/response", "body": "1",
        "header": "lambda-runtime-function-response-mode: streaming"
    }]);
    let error = bench.send(json!({"do": "call", "calls": streamed})).await.unwrap_err();
    let InvokeError::Reported { error_type, message } = error else { panic!("{error}") };
    assert_eq!(error_type, "Runtime.InvalidResponseModeHeader");
    assert!(message.contains("cannot be streamed"), "{message}");
    let error = bench.tell("truncate").await.unwrap_err();
    let InvokeError::Reported { error_type, .. } = error else { panic!("{error}") };
    assert_eq!(error_type, "Runtime.TruncatedResponse");
    assert_eq!(bench.tell("echo").await, Ok(json!("echo")));
    bench.lambda.stop().await;
}

/// One request of the test's own to an environment's Runtime API.
pub async fn request(address: &str, method: &str, path: &str, header: &str) -> std::io::Result<String> {
    let base = address.strip_prefix("http://").unwrap_or(address);
    let (host, base) =
        base.split_once('/').map_or((base, String::new()), |(host, base)| (host, format!("/{base}")));
    let mut connection = TcpStream::connect(host).await?;
    let head = format!(
        "{method} {base}{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{header}content-length: 0\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_too_late_is_told_so_while_the_environment_ends() {
    let mut quick = function();
    quick.timeout = Duration::from_secs(1);
    let bench = Bench::start(quick).await;
    let id = || {
        bench.records(|_, kind| Some(serde_json::to_value(kind).unwrap()["requestId"].as_str()?.to_owned()))
    };
    // The output of one that is ended is read for a fifth of a second at most: on a busy machine this test may come too late for
    // that. Then there is nobody any more, and the next one is asked.
    let mut tries = 0;
    loop {
        let told = bench.tell("tell").await.unwrap();
        // Something outside the environment's group keeps its output open, so its end takes a moment longer.
        bench.send(json!({"do": "child", "seconds": 2, "leaves": true})).await.unwrap();
        assert!(matches!(bench.tell("sleep").await, Err(InvokeError::TimedOut { .. })));
        let late = id().pop().unwrap();
        let address = told["variables"]["AWS_LAMBDA_RUNTIME_API"].as_str().unwrap();
        let path = format!("/2018-06-01/runtime/invocation/{late}/response");
        let answer = request(address, "POST", &path, "").await.unwrap();
        let is_ending = answer.starts_with("HTTP/1.1 410 ");
        assert!(!is_ending || answer.contains("InvocationTimedOut"), "{answer}");
        bench.empty().await;
        let gone = request(address, "POST", &path, "").await.unwrap();
        assert!(gone.starts_with("HTTP/1.1 403 "), "{gone}");
        if is_ending {
            break;
        }
        tries += 1;
        assert!(tries < 10 && answer.starts_with("HTTP/1.1 403 "), "{answer}");
    }
    bench.lambda.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_without_the_token_reaches_an_environment() {
    let bench = Bench::start(function()).await;
    let told = bench.tell("tell").await.unwrap();
    let address = told["variables"]["AWS_LAMBDA_RUNTIME_API"].as_str().unwrap();
    let (base, token) = address.rsplit_once('/').unwrap();
    let (host, _) = base.rsplit_once('/').unwrap();
    let id = told["variables"]["AWS_LAMBDA_LOG_STREAM_NAME"].as_str().unwrap().rsplit(']').next().unwrap();
    assert_ne!(id, token);
    for wrong in [
        format!("{base}/{id}"),
        format!("{base}/{}", "0".repeat(32)),
        host.to_owned(),
        format!("{host}/X/{token}"),
    ] {
        let answer = request(&wrong, "POST", "/2018-06-01/runtime/init/error", "").await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 403 "), "{wrong}: {answer}");
    }
    bench.lambda.stop().await;
}
