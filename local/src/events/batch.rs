//! A batch of messages as a function gets it, and what the function says of it.
//! Knows the two forms; deletes nothing.
//!
//! Forms: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS" (event) and "Implementing partial batch responses".

use serde::Serialize;
use serde_json::{Map, Value, json};
use template::REGION;

use super::sqs::{Content, Delivery};
use crate::lambda::PAYLOAD_LIMIT;

/// What of a record is not its body and attributes, with room to spare.
const FRAME: usize = 2_048;

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// Receipts of the messages to be deleted.
    pub managed: Vec<&'a str>,
    /// Why not all are.
    pub why: Option<String>,
}

impl<'a> Outcome<'a> {
    /// The function managed everything.
    pub fn all(batch: &'a [Delivery]) -> Self {
        Self { managed: batch.iter().map(|delivery| delivery.receipt.as_str()).collect(), why: None }
    }

    /// The function managed nothing.
    pub fn none(why: impl Into<String>) -> Self {
        Self { managed: Vec::new(), why: Some(why.into()) }
    }
}

/// How many more messages of at most `longest` bytes fit into an event below Lambda's limit. Quotes double as they become JSON.
pub fn room(batch: &[Delivery], longest: usize) -> usize {
    let taken: usize = batch.iter().map(|delivery| 2 * delivery.message.content.size() + FRAME).sum();
    PAYLOAD_LIMIT.saturating_sub(taken + FRAME) / (2 * longest + FRAME)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    message_id: &'a str,
    receipt_handle: &'a str,
    body: &'a str,
    attributes: Attributes<'a>,
    message_attributes: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    md5_of_message_attributes: Option<String>,
    md5_of_body: String,
    event_source: &'static str,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: &'a str,
    aws_region: &'static str,
}

/// All of them are texts.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes<'a> {
    approximate_receive_count: String,
    sent_timestamp: String,
    sender_id: &'a str,
    approximate_first_receive_timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letter_queue_source_arn: Option<&'a str>,
}

/// The event for a batch out of the queue with this ARN, as JSON.
pub fn event(batch: &[Delivery], arn: &str) -> String {
    let records: Vec<_> = batch.iter().map(|delivery| record(delivery, arn)).collect();
    json!({"Records": records}).to_string()
}

fn record<'a>(Delivery { receipt, message, .. }: &'a Delivery, arn: &'a str) -> Record<'a> {
    let first = message.first_received_at.unwrap_or(message.sent_at);
    Record {
        message_id: &message.id,
        receipt_handle: receipt,
        body: &message.content.body,
        attributes: Attributes {
            approximate_receive_count: message.receive_count.to_string(),
            sent_timestamp: message.sent_at.to_string(),
            sender_id: &message.sender,
            approximate_first_receive_timestamp: first.to_string(),
            dead_letter_queue_source_arn: message.source.as_deref(),
        },
        message_attributes: attributes(&message.content),
        md5_of_message_attributes: message.content.md5_of_attributes(),
        md5_of_body: message.content.md5_of_body(),
        event_source: "aws:sqs",
        event_source_arn: arn,
        aws_region: REGION,
    }
}

fn attributes(content: &Content) -> Map<String, Value> {
    let attributes = content.attributes.iter().map(|(name, attribute)| {
        let value = json!({
            "stringValue": attribute.value,
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": attribute.data_type,
        });
        (name.clone(), value)
    });
    attributes.collect()
}

/// Reads what a function that reports failures has answered: nothing, or an empty list, is success; what is not the form, or
/// names a message that was not in the batch, is failure of all.
pub fn outcome<'a>(answer: &[u8], batch: &'a [Delivery]) -> Outcome<'a> {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else {
        return Outcome::none("the function's answer is not JSON");
    };
    let failures = match &answer {
        Value::Null => return Outcome::all(batch),
        Value::Object(answer) => answer.get("batchItemFailures").unwrap_or(&Value::Null),
        _ => return Outcome::none("the function's answer is no object"),
    };
    let failures = match failures {
        Value::Null => return Outcome::all(batch),
        Value::Array(failures) => failures,
        _ => return Outcome::none("batchItemFailures is no list"),
    };
    let mut failed = Vec::with_capacity(failures.len());
    for failure in failures {
        let id = failure.get("itemIdentifier").and_then(Value::as_str).unwrap_or_default();
        if !batch.iter().any(|delivery| delivery.message.id == id) {
            return Outcome::none("batchItemFailures names no message of the batch");
        }
        failed.push(id);
    }
    let managed = batch.iter().filter(|delivery| !failed.contains(&delivery.message.id.as_str()));
    let why = (!failed.is_empty()).then(|| format!("the function reports {} failed", failed.len()));
    Outcome { managed: managed.map(|delivery| delivery.receipt.as_str()).collect(), why }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::sqs::{Attribute, Queue};
    use super::*;

    const ARN: &str = "arn:aws:sqs:ap-northeast-2:123456789012:Q";

    fn batch(bodies: &[&str]) -> Vec<Delivery> {
        let mut queue = Queue::new(template::Queue {
            name: "Q".into(),
            arn: ARN.into(),
            url: String::new(),
            visibility_timeout: Duration::from_secs(30),
            retention: Duration::from_secs(60),
            wait: Duration::ZERO,
            delay: Duration::ZERO,
            longest_message: 1_024,
            redrive: None,
        });
        for body in bodies {
            let attribute = Attribute { data_type: "String".into(), value: "World".into() };
            let content =
                Content { body: (*body).into(), attributes: [("Hello".to_owned(), attribute)].into() };
            queue.send(0, 1_545_082_649_183, "AROA:s", content, 0).unwrap();
        }
        queue.receive(0, 1_545_082_649_185, 10).deliveries
    }

    #[test]
    fn a_record_in_full() {
        let batch = batch(&["test"]);
        let event: Value = serde_json::from_str(&event(&batch, ARN)).unwrap();
        let expected = json!({"Records": [{
            "messageId": batch[0].message.id,
            "receiptHandle": batch[0].receipt,
            "body": "test",
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1545082649183",
                "SenderId": "AROA:s",
                "ApproximateFirstReceiveTimestamp": "1545082649185"
            },
            "messageAttributes": {
                "Hello": {"stringValue": "World", "stringListValues": [], "binaryListValues": [], "dataType": "String"}
            },
            "md5OfMessageAttributes": "7db7fb1ba7f41366a8ea5eb18220b26d",
            "md5OfBody": "098f6bcd4621d373cade4e832627b4f6",
            "eventSource": "aws:sqs",
            "eventSourceARN": ARN,
            "awsRegion": "ap-northeast-2"
        }]});
        assert_eq!(event, expected);
    }

    /// "Success and failure conditions" of the guide.
    #[test]
    fn what_an_answer_says_of_a_batch() {
        let batch = batch(&["a", "b", "c"]);
        let managed = |answer: Value| outcome(answer.to_string().as_bytes(), &batch).managed.len();
        for whole in
            [json!(null), json!({}), json!({"batchItemFailures": null}), json!({"batchItemFailures": []})]
        {
            assert_eq!(managed(whole.clone()), 3, "{whole}");
        }
        let failure = |id: Value| json!({"batchItemFailures": [{"itemIdentifier": id}]});
        assert_eq!(managed(failure(batch[1].message.id.clone().into())), 2);
        let kept =
            outcome(failure(batch[1].message.id.clone().into()).to_string().as_bytes(), &batch).managed;
        assert_eq!(kept, [batch[0].receipt.as_str(), &batch[2].receipt]);
        for none in [
            failure(json!("")),
            failure(json!(null)),
            failure(json!("0f0e0d0c-0000-4000-8000-000000000000")),
            json!({"batchItemFailures": [{"id": batch[1].message.id}]}),
            json!({"batchItemFailures": [batch[1].message.id]}),
            json!({"batchItemFailures": "all"}),
            json!("ok"),
        ] {
            assert_eq!(managed(none.clone()), 0, "{none}");
        }
        assert_eq!(outcome(b"not JSON", &batch).managed.len(), 0);
    }

    #[test]
    fn a_batch_of_the_largest_messages_stays_below_lambda_s_limit() {
        assert_eq!(room(&[], 1_048_576), 2);
        let most = room(&[], 1_024);
        assert!(most > 1_000, "{most}");
        let quotes = "\"".repeat(1_024);
        let batch = batch(&[quotes.as_str(); 10]);
        assert!(event(&batch, ARN).len() <= 10 * (2 * batch[0].message.content.size() + FRAME));
    }
}
