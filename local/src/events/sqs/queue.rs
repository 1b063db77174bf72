//! One queue: which messages are to be had, which are hidden because somebody has them, which have come back too often.
//! Knows times as numbers and no clock, so that every rule can be tried without waiting; knows no function.
//!
//! Rules: Amazon SQS Developer Guide, "Amazon SQS visibility timeout", "Using dead-letter queues in Amazon SQS".

use std::collections::VecDeque;

use super::message::Content;

/// A moment: ms since the clock of this machine's SQS started.
pub type Moment = u64;

/// The most messages one queue of this machine holds.
pub const MOST_MESSAGES: usize = 10_000;
/// The most bytes they may have together.
pub const MOST_BYTES: usize = 32 * 1024 * 1024;

/// A message in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// `MessageId`
    pub id: String,
    /// What was sent.
    pub content: Content,
    /// `SenderId`
    pub sender: String,
    /// `SentTimestamp`, epoch ms.
    pub sent_at: u64,
    /// `ApproximateFirstReceiveTimestamp`, epoch ms.
    pub first_received_at: Option<u64>,
    /// `ApproximateReceiveCount`
    pub receive_count: u32,
    /// The ARN of the queue it was moved from (`DeadLetterQueueSourceArn`).
    pub source: Option<String>,
    /// When it was sent: retention counts from here, also in another queue.
    sent: Moment,
    /// From when on it can be received.
    visible: Moment,
    /// The receipt of whoever has it, or had it last.
    receipt: Option<String>,
}

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Can be received.
    Visible,
    /// Is hidden for so many ms because somebody has received it.
    InFlight(u64),
    /// Is hidden for so many ms because it was sent with a delay.
    Delayed(u64),
}

/// A message given out, with what deletes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// `ReceiptHandle`: another one at every receive.
    pub receipt: String,
    /// The message as it is now.
    pub message: Message,
    /// When it can be received again, if nobody deletes it.
    pub until: Moment,
}

/// What [`Queue::receive`] found.
#[derive(Debug, Default)]
pub struct Received {
    /// What is given out.
    pub deliveries: Vec<Delivery>,
    /// What has been given out often enough: for the dead-letter queue.
    pub dead: Vec<Message>,
}

/// Numbers since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages sent, or moved, here.
    pub sent: u64,
    /// Messages given out, each time.
    pub received: u64,
    /// Messages deleted.
    pub deleted: u64,
    /// Messages moved to the dead-letter queue.
    pub moved: u64,
    /// Messages nobody wanted for as long as the queue keeps them.
    pub expired: u64,
}

/// A queue.
#[derive(Debug)]
pub struct Queue {
    config: template::Queue,
    messages: VecDeque<Message>,
    bytes: usize,
    counts: Counts,
}

/// The queue holds as much as this machine keeps of one.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

impl Queue {
    /// An empty queue.
    pub fn new(config: template::Queue) -> Self {
        Self { config, messages: VecDeque::new(), bytes: 0, counts: Counts::default() }
    }

    /// What the template says of it.
    pub fn config(&self) -> &template::Queue {
        &self.config
    }

    /// Numbers since the start.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Takes a new message; gives its id.
    ///
    /// # Errors
    /// [`Full`]
    pub fn send(
        &mut self,
        now: Moment,
        sent_at: u64,
        sender: &str,
        content: Content,
        delay: u64,
    ) -> Result<String, Full> {
        self.expire(now);
        if self.messages.len() >= MOST_MESSAGES || self.bytes + content.size() > MOST_BYTES {
            return Err(Full);
        }
        let id = uuid::Uuid::new_v4().to_string();
        self.add(Message {
            id: id.clone(),
            content,
            sender: sender.to_owned(),
            sent_at,
            first_received_at: None,
            receive_count: 0,
            source: None,
            sent: now,
            visible: now + delay,
            receipt: None,
        });
        Ok(id)
    }

    /// Takes a message of another queue, whose dead-letter queue this is. It keeps its id and its age; what is over the bound
    /// of this machine pushes out the oldest.
    pub fn take_dead(&mut self, now: Moment, message: Message) {
        self.expire(now);
        while self.messages.len() >= MOST_MESSAGES || self.bytes + message.content.size() > MOST_BYTES {
            let Some(oldest) = self.messages.pop_front() else { break };
            self.bytes -= oldest.content.size();
            self.counts.expired += 1;
        }
        self.add(Message { visible: now, receipt: None, ..message });
    }

    fn add(&mut self, message: Message) {
        self.bytes += message.content.size();
        self.counts.sent += 1;
        self.messages.push_back(message);
    }

    /// Gives out up to `most` visible messages, the oldest first, and hides them. `wall` is epoch ms. Whatever has been given
    /// out `maxReceiveCount` times is not given out again.
    pub fn receive(&mut self, now: Moment, wall: u64, most: usize) -> Received {
        self.expire(now);
        let hidden_until = now + ms(self.config.visibility_timeout);
        let limit = self.config.redrive.as_ref().map(|redrive| redrive.max_receive_count);
        let mut received = Received::default();
        let mut index = 0;
        while index < self.messages.len() && received.deliveries.len() < most {
            let message = &mut self.messages[index];
            if message.visible > now {
                index += 1;
                continue;
            }
            if limit.is_some_and(|limit| message.receive_count >= limit) {
                if let Some(message) = self.messages.remove(index) {
                    self.bytes -= message.content.size();
                    self.counts.moved += 1;
                    received.dead.push(Message { source: Some(self.config.arn.clone()), ..message });
                }
                continue;
            }
            let receipt = uuid::Uuid::new_v4().simple().to_string();
            message.receive_count += 1;
            message.first_received_at.get_or_insert(wall);
            message.visible = hidden_until;
            message.receipt = Some(receipt.clone());
            let delivery = Delivery { receipt, message: message.clone(), until: hidden_until };
            received.deliveries.push(delivery);
            self.counts.received += 1;
            index += 1;
        }
        received
    }

    /// Deletes a message by its receipt. An old receipt does nothing when somebody else has received the message since.
    pub fn delete(&mut self, receipt: &str) {
        if let Some(index) = self.position(receipt)
            && let Some(message) = self.messages.remove(index)
        {
            self.bytes -= message.content.size();
            self.counts.deleted += 1;
        }
    }

    /// Puts a message back as if nobody had received it: for a function that is still being compiled, which no function of
    /// Lambda's ever is.
    pub fn put_back(&mut self, now: Moment, receipt: &str) {
        if let Some(index) = self.position(receipt) {
            let message = &mut self.messages[index];
            message.receive_count -= 1;
            message.visible = now;
            message.receipt = None;
            if message.receive_count == 0 {
                message.first_received_at = None;
            }
            self.counts.received -= 1;
        }
    }

    fn position(&self, receipt: &str) -> Option<usize> {
        self.messages.iter().position(|message| message.receipt.as_deref() == Some(receipt))
    }

    /// When the next message becomes visible that is hidden now; `None` when none is hidden.
    pub fn next_visible(&self, now: Moment) -> Option<Moment> {
        self.messages.iter().map(|message| message.visible).filter(|visible| *visible > now).min()
    }

    /// Whether a message can be received, or is to be moved.
    pub fn has_visible(&self, now: Moment) -> bool {
        self.messages.iter().any(|message| message.visible <= now)
    }

    /// Every message with its place, the oldest first.
    pub fn messages(&self, now: Moment) -> impl DoubleEndedIterator<Item = (&Message, Place)> {
        self.messages.iter().map(move |message| (message, message.place(now)))
    }

    /// Bytes of all messages.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets what is older than the queue keeps.
    pub fn expire(&mut self, now: Moment) {
        let retention = ms(self.config.retention);
        let (bytes, count) = (&mut self.bytes, &mut self.counts.expired);
        self.messages.retain(|message| {
            let is_kept = now < message.sent + retention;
            if !is_kept {
                *bytes -= message.content.size();
                *count += 1;
            }
            is_kept
        });
    }
}

impl Message {
    /// ms since it was sent.
    pub fn age(&self, now: Moment) -> u64 {
        now.saturating_sub(self.sent)
    }

    fn place(&self, now: Moment) -> Place {
        match (self.visible.checked_sub(now), &self.receipt) {
            (None | Some(0), _) => Place::Visible,
            (Some(left), Some(_)) => Place::InFlight(left),
            (Some(left), None) => Place::Delayed(left),
        }
    }
}

/// Whole ms.
pub fn ms(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 4)
}

#[cfg(test)]
mod tests;
