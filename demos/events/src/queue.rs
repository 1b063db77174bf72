//! The second source: a queue. The event is a batch of messages, and the answer says which of them failed.
//! Knows records and partial batch responses; a message that says it is poison fails, and does nothing else.
//!
//! Answer: AWS Lambda Developer Guide, "Implementing partial batch responses".

use crate::{
    shown,
    store::{Event, Outcome, Source, Store},
};
use environment::{Invocation, TableUse};
use futures_util::future::join_all;
use lambda_http::Context;
use serde_json::{Value, json};
use users::{Namespaces, Visitor};

/// The message attribute that names the reader; API Gateway makes it of the header `x-visitor`.
const VISITOR: &str = "visitor";

// ANCHOR: partial-batch
/// Keeps every message and lists those that failed: the others are deleted and do not come back.
pub async fn answer(
    store: &Store,
    namespaces: &Namespaces,
    invocation: &Invocation,
    event: &Value,
    context: &Context,
) -> Value {
    let records = event["Records"].as_array().map_or(&[][..], Vec::as_slice);
    let each =
        records.iter().map(|record| take(store, namespaces, record, records.len(), &context.request_id));
    let results = join_all(each).await;
    let failed = records.iter().zip(&results).filter(|(_, (managed, _))| !managed);
    let failures: Vec<_> = failed.map(|(record, _)| json!({"itemIdentifier": record["messageId"]})).collect();
    // ANCHOR_END: partial-batch
    let units: f64 = results.iter().map(|(_, used)| used.capacity_units).sum();
    tracing::info!(
        requestId = context.request_id,
        source = "queue",
        records = records.len(),
        failed = failures.len(),
        environment = invocation.environment().id(),
        invocation = invocation.number(),
        cold = invocation.is_cold(),
        handlerMs = environment::clock::milliseconds(invocation.elapsed()),
        capacityUnits = units,
        "answered"
    );
    json!({"batchItemFailures": failures})
}

/// Whether a message was managed, and what the table took for it.
async fn take(
    store: &Store,
    namespaces: &Namespaces,
    record: &Value,
    batch: usize,
    request: &str,
) -> (bool, TableUse) {
    let mut used = TableUse::default();
    let visitor = &record["messageAttributes"][VISITOR]["stringValue"];
    let Ok(visitor) = Visitor::parse(visitor.as_str().unwrap_or_default()) else {
        // To fail it would bring it back, again and again, and nobody could ever read it.
        tracing::warn!("a message of nobody: its visitor is none");
        return (true, used);
    };
    let is_poison = is_poison(record["body"].as_str().unwrap_or_default());
    let event = Event {
        reader: namespaces.of(&visitor).partition(),
        at: record["attributes"]["SentTimestamp"].as_str().and_then(|ms| ms.parse().ok()).unwrap_or_default(),
        id: record["messageId"].as_str().unwrap_or_default().to_owned(),
        source: Source::Queue { batch },
        outcome: if is_poison { Outcome::Failed } else { Outcome::Done },
        event: shown::record(record),
    };
    let kept = store.keep(&mut used, &event, request).await;
    (kept.is_ok() && !is_poison, used)
}

/// `{"poison": true}`, whatever else the message says.
fn is_poison(body: &str) -> bool {
    serde_json::from_str::<Value>(body).is_ok_and(|body| body["poison"] == true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_message_that_says_so_is_poison() {
        assert!(is_poison(r#"{"poison": true, "text": "독"}"#));
        for body in [
            "",
            "poison",
            "true",
            "[]",
            r#"{"poison": "true"}"#,
            r#"{"poison": false}"#,
            r#"[{"poison": true}]"#,
        ] {
            assert!(!is_poison(body), "{body}");
        }
    }
}
