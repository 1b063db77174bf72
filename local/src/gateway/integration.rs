//! Calls the function behind a route and turns what came of it into an answer.
//! Knows `Lambda::invoke`; nothing of routes, tokens or throttles.

use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;

use super::arrival::Arrival;
use super::progress::Progress;
use super::refusal::Refusal;
use super::response;
use crate::lambda::{InvokeError, Lambda};

/// How long an integration may take unless the template says less; not raisable for HTTP APIs ("Quotas for HTTP APIs").
const TIMEOUT: Duration = Duration::from_secs(30);

/// Calls a function with an event in payload format 2.0 and waits for as long as the integration may take.
///
/// # Errors
/// What the caller gets where there is no answer, or one that is none.
pub async fn call(
    function: &str,
    timeout: Option<Duration>,
    lambda: &Lambda,
    event: Bytes,
    arrival: &Arrival,
    progress: &mut Progress,
) -> Result<Response, Refusal> {
    progress.invoked = Some(arrival.elapsed_ms());
    let invocation = lambda.invoke(function, event, arrival.trace_id.clone());
    let outcome = tokio::time::timeout(timeout.unwrap_or(TIMEOUT), invocation).await;
    progress.returned = Some(arrival.elapsed_ms());
    match outcome {
        Ok(Ok(payload)) => {
            progress.service_status = Some(200);
            let response = response::read(&payload).ok_or_else(|| {
                progress.integration_error = Some(
                    "The response from the Lambda function doesn't match the format that API Gateway expects"
                        .into(),
                );
                Refusal::InternalError
            })?;
            progress.function_status = Some(response.status().as_u16());
            Ok(response)
        }
        Ok(Err(error)) => Err(failed(&error, progress)),
        Err(_) => {
            progress.integration_error = Some("Integration timed out".into());
            Err(Refusal::Unavailable)
        }
    }
}

/// What the caller of an HTTP API sees of an invocation without an answer.
fn failed(error: &InvokeError, progress: &mut Progress) -> Refusal {
    let (status, refusal) = match error {
        InvokeError::Building => (None, Refusal::Building),
        InvokeError::Throttled => (Some(429), Refusal::Unavailable),
        InvokeError::Overloaded => (None, Refusal::Unavailable),
        InvokeError::TooLarge => (Some(413), Refusal::TooLarge),
        // Lambda itself has answered well: with an error of the function.
        InvokeError::Reported { .. } | InvokeError::Exited { .. } | InvokeError::TimedOut { .. } => {
            (Some(200), Refusal::InternalError)
        }
    };
    progress.service_status = status;
    progress.integration_error = Some(match refusal {
        Refusal::InternalError => {
            format!("The Lambda function returned the following error: {error}. Check your Lambda function code and try again.")
        }
        _ => error.to_string(),
    }.into());
    refusal
}
