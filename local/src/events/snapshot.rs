//! What is in the queues at a moment, for whoever shows it: numbers, and a few of the last messages.
//! Knows queues and mappings; every list and every text in it is bounded.

use serde::Serialize;

use super::event_source_mapping::Mapping;
use super::sqs::{Message, Place, Queue};

/// Messages of a queue that are shown, the newest.
const SHOWN: usize = 10;
/// Characters of a message's body that are shown.
const BODY: usize = 200;

/// A queue at a moment. Ages and times are ms of the clock of this machine's SQS.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct QueueSnapshot {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Messages that can be received.
    pub visible: usize,
    /// Messages somebody has.
    pub in_flight: usize,
    /// Messages sent with a delay that is not over.
    pub delayed: usize,
    /// Bytes of all messages.
    pub bytes: usize,
    /// Age of the oldest message; `None` for an empty queue.
    pub oldest_ms: Option<u64>,
    /// `VisibilityTimeout`, ms.
    pub visibility_timeout_ms: u64,
    /// `maxReceiveCount` of its redrive policy.
    pub max_receive_count: Option<u32>,
    /// Name of its dead-letter queue.
    pub dead_letter_queue: Option<String>,
    /// Messages sent, or moved, here since the start.
    pub sent: u64,
    /// Messages given out, each time.
    pub received: u64,
    /// Messages deleted.
    pub deleted: u64,
    /// Messages moved to the dead-letter queue.
    pub moved: u64,
    /// Messages the queue kept for as long as it does.
    pub expired: u64,
    /// Who polls it.
    pub mapping: Option<MappingSnapshot>,
    /// The newest messages, the newest first.
    pub messages: Vec<MessageSnapshot>,
}

/// An event source mapping at a moment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct MappingSnapshot {
    /// Name of the function.
    pub function: String,
    /// `BatchSize`
    pub batch_size: usize,
    /// Whether it takes partial batch responses.
    pub reports_failures: bool,
    /// Receives, the empty ones too.
    pub polls: u64,
    /// Receives that found nothing.
    pub empty_polls: u64,
    /// Invocations with a batch.
    pub batches: u64,
    /// Batches of which at least one message was not deleted.
    pub failed_batches: u64,
    /// What keeps it from its work.
    pub problem: Option<String>,
}

/// A message at a moment.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct MessageSnapshot {
    /// `MessageId`
    pub id: String,
    /// The first characters of its body.
    pub body: String,
    /// Whether that is not all.
    pub is_cut: bool,
    /// `ApproximateReceiveCount`
    pub receive_count: u32,
    /// Since it was sent, ms.
    pub age_ms: u64,
    /// `visible`, `inFlight` or `delayed`.
    pub place: &'static str,
    /// For how long it is hidden, ms; 0 for a visible one.
    pub hidden_ms: u64,
    /// The ARN of the queue it was moved from.
    pub dead_letter_of: Option<String>,
}

/// A queue as it is now.
pub fn of(queue: &Queue, now: u64, mapping: Option<&Mapping>) -> QueueSnapshot {
    let config = queue.config();
    let count = |is: fn(Place) -> bool| queue.messages(now).filter(|(_, place)| is(*place)).count();
    let counts = queue.counts();
    QueueSnapshot {
        name: config.name.clone(),
        arn: config.arn.clone(),
        visible: count(|place| place == Place::Visible),
        in_flight: count(|place| matches!(place, Place::InFlight(_))),
        delayed: count(|place| matches!(place, Place::Delayed(_))),
        bytes: queue.bytes(),
        oldest_ms: queue.messages(now).map(|(message, _)| message.age(now)).max(),
        visibility_timeout_ms: super::sqs::ms(config.visibility_timeout),
        max_receive_count: config.redrive.as_ref().map(|redrive| redrive.max_receive_count),
        dead_letter_queue: config.redrive.as_ref().map(|redrive| redrive.queue.clone()),
        sent: counts.sent,
        received: counts.received,
        deleted: counts.deleted,
        moved: counts.moved,
        expired: counts.expired,
        mapping: mapping.map(of_mapping),
        messages: queue
            .messages(now)
            .rev()
            .take(SHOWN)
            .map(|(message, place)| of_message(message, place, now))
            .collect(),
    }
}

fn of_mapping(mapping: &Mapping) -> MappingSnapshot {
    let (config, progress) = (mapping.config(), mapping.progress());
    MappingSnapshot {
        function: config.function.clone(),
        batch_size: config.batch_size,
        reports_failures: config.reports_failures,
        polls: progress.polls,
        empty_polls: progress.empty_polls,
        batches: progress.batches,
        failed_batches: progress.failed_batches,
        problem: progress.problem,
    }
}

fn of_message(message: &Message, place: Place, now: u64) -> MessageSnapshot {
    let body: String = message.content.body.chars().take(BODY).collect();
    let (name, hidden_ms) = match place {
        Place::Visible => ("visible", 0),
        Place::InFlight(left) => ("inFlight", left),
        Place::Delayed(left) => ("delayed", left),
    };
    MessageSnapshot {
        id: message.id.clone(),
        is_cut: body.len() < message.content.body.len(),
        body,
        receive_count: message.receive_count,
        age_ms: message.age(now),
        place: name,
        hidden_ms,
        dead_letter_of: message.source.clone(),
    }
}
