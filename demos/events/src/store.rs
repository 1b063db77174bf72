//! The only place that speaks to the table: one event is one item, written again when it comes again.
//! Knows the SDK and attribute names; knows no source's form.
//!
//! The partition key is a reader, the sort key the time and id of an event: the newest of a reader's are one Query.

use aws_sdk_dynamodb::{
    Client,
    primitives::{DateTime, DateTimeFormat},
    types::{
        AttributeValue, ConsumedCapacity, ReturnConsumedCapacity, ReturnValue,
        ReturnValuesOnConditionCheckFailure,
    },
};
use environment::TableUse;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use users::{Failure, Refusal};

/// Whose the schedule's events are. No reader's namespace is written like this.
pub const SCHEDULE: &str = "schedule";
/// The most bytes of an item, by DynamoDB's rule: four write units.
pub const LONGEST_ITEM: usize = 4_096;
/// Seconds from the last time an event came to its end.
const LIFETIME: u64 = 3_600;

type Attributes = HashMap<String, AttributeValue>;

/// The table of events.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: String,
}

/// An event that came in.
pub struct Event {
    /// The partition key.
    pub reader: String,
    /// When it was sent, epoch ms.
    pub at: u64,
    /// What its source calls it; another delivery of the same event has the same.
    pub id: String,
    /// Its source.
    pub source: Source,
    /// What became of it.
    pub outcome: Outcome,
    /// What is kept of it.
    pub event: Value,
}

/// Where an event came from.
#[derive(Clone, Copy)]
pub enum Source {
    Http,
    /// With how many messages were in its batch.
    Queue {
        batch: usize,
    },
    Schedule,
}

/// What became of an event.
#[derive(Clone, Copy)]
pub enum Outcome {
    Done,
    Failed,
}

/// An event as it is shown.
pub struct Kept {
    /// When it was sent, epoch ms.
    pub at: u64,
    /// The JSON for readers.
    pub shown: Value,
}

impl Store {
    /// A table by name, through a client that is ready.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    // ANCHOR: keep-event
    /// Writes an event down and counts how often the function was given it. `request` names this invocation: a write that the
    /// SDK sent twice, because the first answer got lost, counts once.
    ///
    /// # Errors
    /// Why the table did not answer.
    pub async fn keep(&self, used: &mut TableUse, event: &Event, request: &str) -> Result<Value, Refusal> {
        let now = now();
        let (source, batch) = match event.source {
            Source::Http => ("http", None),
            Source::Queue { batch } => ("queue", Some(batch)),
            Source::Schedule => ("schedule", None),
        };
        let mut update = "SET #source = :source, #event = :event, #outcome = :outcome, #receivedAt = :now, \
                          #expiresAt = :expiresAt, #request = :request"
            .to_owned();
        let mut call = self.client.update_item();
        if let Some(batch) = batch {
            update.push_str(", #batchSize = :batchSize");
            call = call.expression_attribute_names("#batchSize", "batchSize");
            call = call.expression_attribute_values(":batchSize", number(batch));
        }
        let call = call
            .table_name(&self.table)
            .key("reader", text(&event.reader))
            .key("at", text(&format!("{:013}#{}", event.at, event.id)))
            .update_expression(update + " ADD #runs :one")
            .condition_expression("attribute_not_exists(#request) OR #request <> :request")
            .expression_attribute_names("#source", "source")
            .expression_attribute_names("#event", "event")
            .expression_attribute_names("#outcome", "outcome")
            .expression_attribute_names("#receivedAt", "receivedAt")
            .expression_attribute_names("#expiresAt", "expiresAt")
            .expression_attribute_names("#request", "request")
            .expression_attribute_names("#runs", "runs")
            .expression_attribute_values(":source", text(source))
            .expression_attribute_values(":event", text(&event.event.to_string()))
            .expression_attribute_values(":outcome", text(event.outcome.name()))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":expiresAt", number(now / 1_000 + LIFETIME))
            .expression_attribute_values(":request", text(request))
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let started = Instant::now();
        let answer = call.send().await;
        let (attributes, units) = match answer {
            Ok(answer) => (answer.attributes, units(answer.consumed_capacity.iter())),
            Err(error) => match Failure::of("UpdateItem", error) {
                // It is written already, by this very invocation. Errors carry no report; a refused write costs a unit at least.
                Failure::Condition(attributes) => (attributes, 1.0),
                Failure::Other(refusal) => {
                    used.add(started.elapsed(), 0.0);
                    return Err(refusal);
                }
            },
        };
        used.add(started.elapsed(), units);
        read(&attributes.unwrap_or_default()).map(|kept| kept.shown).ok_or(Refusal::Internal)
    }
    // ANCHOR_END: keep-event

    /// The newest events of a reader, at most `most`, the newest first.
    ///
    /// # Errors
    /// Why the table did not answer.
    pub async fn newest(&self, used: &mut TableUse, reader: &str, most: i32) -> Result<Vec<Kept>, Refusal> {
        let call = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#reader = :reader")
            .expression_attribute_names("#reader", "reader")
            .expression_attribute_values(":reader", text(reader))
            .scan_index_forward(false)
            .limit(most)
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let started = Instant::now();
        let answer = call.send().await;
        used.add(started.elapsed(), 0.0);
        let answer = answer.map_err(|error| Failure::of("Query", error).refusal())?;
        used.add(Duration::ZERO, units(answer.consumed_capacity.iter()));
        let now = now() / 1_000;
        let mut found = Vec::new();
        for attributes in answer.items.unwrap_or_default() {
            // DynamoDB deletes what has expired within days; until then it is there, but not for readers.
            let expires: u64 = digits(&attributes, "expiresAt").ok_or(Refusal::Internal)?;
            if expires > now {
                found.push(read(&attributes).ok_or(Refusal::Internal)?);
            }
        }
        Ok(found)
    }
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// Reads an item; nothing if it is none of this function's.
fn read(attributes: &Attributes) -> Option<Kept> {
    let texts = |name: &str| attributes.get(name).and_then(|value| value.as_s().ok());
    let (at, id) = texts("at")?.split_once('#')?;
    let at = at.parse().ok()?;
    let event: Value = serde_json::from_str(texts("event")?).ok()?;
    let mut shown = json!({
        "source": texts("source")?,
        "id": id,
        "outcome": texts("outcome")?,
        "runs": digits::<u64>(attributes, "runs")?,
        "sentAt": iso_8601(at)?,
        "receivedAt": iso_8601(digits(attributes, "receivedAt")?)?,
        "expiresAt": iso_8601(digits::<u64>(attributes, "expiresAt")?.checked_mul(1_000)?)?,
        "event": event,
    });
    if let Some(batch) = digits::<u64>(attributes, "batchSize") {
        shown["batchSize"] = batch.into();
    }
    Some(Kept { at, shown })
}

fn digits<T: std::str::FromStr>(attributes: &Attributes, name: &str) -> Option<T> {
    attributes.get(name)?.as_n().ok()?.parse().ok()
}

/// In UTC, always with three decimals: such texts sort as times do.
fn iso_8601(ms: u64) -> Option<String> {
    let seconds = i64::try_from(ms / 1_000).ok()?;
    let whole = DateTime::from_secs(seconds).fmt(DateTimeFormat::DateTime).ok()?;
    Some(format!("{}.{:03}Z", whole.strip_suffix('Z')?, ms % 1_000))
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// DynamoDB takes and gives numbers as decimal text.
fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn units<'a>(reports: impl Iterator<Item = &'a ConsumedCapacity>) -> f64 {
    reports.filter_map(ConsumedCapacity::capacity_units).sum()
}

/// Epoch ms.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown;

    #[test]
    fn times_have_three_decimals() {
        assert_eq!(iso_8601(1_795_305_600_012).as_deref(), Some("2026-11-22T00:00:00.012Z"));
        assert_eq!(iso_8601(0).as_deref(), Some("1970-01-01T00:00:00.000Z"));
        assert_eq!(iso_8601(u64::MAX), None);
    }

    /// DynamoDB's rule: names and texts count their UTF-8 bytes, a number about a byte for each two digits, and one more.
    #[test]
    fn the_largest_item_is_below_four_kilobytes() {
        let texts = [
            ("reader", 24),
            ("at", 13 + 1 + 100),
            ("source", 8),
            ("outcome", 6),
            ("event", shown::LONGEST),
            ("request", 36),
        ];
        let numbers = [("receivedAt", 13_usize), ("expiresAt", 10), ("runs", 20), ("batchSize", 5)];
        let texts: usize = texts.iter().map(|(name, bytes)| name.len() + bytes).sum();
        let numbers: usize = numbers.iter().map(|(name, digits)| name.len() + digits.div_ceil(2) + 1).sum();
        assert!(texts + numbers <= LONGEST_ITEM, "{texts} + {numbers}");
    }
}
