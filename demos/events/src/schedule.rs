//! The third source: a schedule. Nobody waits for the answer; an error makes Lambda try twice more.
//! Knows the event that EventBridge Scheduler sends where a schedule has no input of its own.

use crate::{
    shown,
    store::{Event, Outcome, SCHEDULE, Source, Store},
};
use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use environment::{Invocation, TableUse};
use lambda_http::Context;
use lambda_runtime::Diagnostic;
use serde_json::{Value, json};

/// Keeps the event where every reader finds it: it says nothing of anybody.
///
/// # Errors
/// It could not be kept.
pub async fn answer(
    store: &Store,
    invocation: &Invocation,
    event: &Value,
    context: &Context,
) -> Result<Value, Diagnostic> {
    let time =
        event["time"].as_str().and_then(|text| DateTime::from_str(text, DateTimeFormat::DateTime).ok());
    let at = time.and_then(|time| time.to_millis().ok()).and_then(|ms| u64::try_from(ms).ok());
    let event = Event {
        reader: SCHEDULE.to_owned(),
        at: at.unwrap_or_default(),
        id: event["id"].as_str().unwrap_or(&context.request_id).to_owned(),
        source: Source::Schedule,
        outcome: Outcome::Done,
        event: shown::schedule(event),
    };
    let mut used = TableUse::default();
    let kept = store.keep(&mut used, &event, &context.request_id).await;
    tracing::info!(
        requestId = context.request_id,
        source = "schedule",
        kept = kept.is_ok(),
        environment = invocation.environment().id(),
        invocation = invocation.number(),
        cold = invocation.is_cold(),
        handlerMs = environment::clock::milliseconds(invocation.elapsed()),
        capacityUnits = used.capacity_units,
        "answered"
    );
    match kept {
        Ok(_) => Ok(json!(null)),
        Err(_) => Err(Diagnostic {
            error_type: "NotKept".to_owned(),
            error_message: "이벤트를 테이블에 적지 못했다.".to_owned(),
        }),
    }
}
