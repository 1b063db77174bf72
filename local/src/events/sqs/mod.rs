//! SQS on one machine: the template's queues, in memory. What is in them is gone with the program.
//! Knows queues, roles and the clock; knows neither the gateway that sends nor the function that is invoked.

mod message;
mod queue;
mod refusal;
pub mod wire;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use template::policy::{Role, Target};
use tokio::sync::{Notify, watch};

use super::clock::{Clock, wall};
pub use message::{Attribute, Content};
pub use queue::{Counts, Delivery, MOST_BYTES, MOST_MESSAGES, Message, Place, Queue, ms};
pub use refusal::Refusal;

/// The session in which API Gateway takes on a role.
const SESSION: &str = "BackplaneAssumeRoleSession";

/// All queues; by default none.
#[derive(Debug, Default)]
pub struct Sqs {
    clock: Clock,
    queues: BTreeMap<String, Shared>,
    changes: watch::Sender<u64>,
}

/// A queue that several look at.
#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    /// Wakes whoever waits for a message.
    arrived: Notify,
}

/// What SQS says of a message it has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// `MessageId`
    pub id: String,
    /// `MD5OfMessageBody`
    pub md5_of_body: String,
    /// `MD5OfMessageAttributes`
    pub md5_of_attributes: Option<String>,
}

impl Sqs {
    /// Empty queues.
    pub fn new(queues: &[template::Queue], clock: Clock) -> Self {
        let shared = |config: &template::Queue| Shared {
            queue: Mutex::new(Queue::new(config.clone())),
            arrived: Notify::new(),
        };
        let queues = queues.iter().map(|config| (config.name.clone(), shared(config))).collect();
        Self { clock, queues, changes: watch::Sender::new(0) }
    }

    /// `SendMessage`, by whoever has taken on `role`.
    ///
    /// # Errors
    /// What SQS answers instead.
    pub fn send(
        &self,
        role: &Role,
        name: &str,
        content: Content,
        delay: Option<Duration>,
    ) -> Result<Sent, Refusal> {
        let shared = self.queues.get(name).ok_or(Refusal::NoQueue)?;
        let mut queue = shared.lock();
        let target = Target::Arn(queue.config().arn.clone());
        let decision = role.decide("sqs:SendMessage", &target);
        if decision != template::policy::Decision::Allowed {
            let refusal = Refusal::denied(role, SESSION, "sqs:sendmessage", &queue.config().arn, decision);
            tracing::warn!(
                queue = name,
                "AccessDenied: template.yaml에서 역할 {}의 정책이 허용하지 않는 sqs:SendMessage다",
                role.name
            );
            return Err(refusal);
        }
        refusal::check(&content, queue.config().longest_message)?;
        let sent = |id| Sent {
            id,
            md5_of_body: content.md5_of_body(),
            md5_of_attributes: content.md5_of_attributes(),
        };
        let delay = ms(delay.unwrap_or(queue.config().delay));
        let sender = sender(&role.name);
        let id = queue.send(self.clock.now(), wall(), &sender, content.clone(), delay);
        let sent = id.map(sent).map_err(|queue::Full| Refusal::Full)?;
        drop(queue);
        shared.arrived.notify_one();
        self.changed();
        Ok(sent)
    }

    /// `ReceiveMessage`: up to `most` messages at once, else the first that come within `wait` of the clock. What has come back
    /// too often is moved to its dead-letter queue instead.
    pub async fn receive(&self, name: &str, most: usize, wait: Duration) -> Vec<Delivery> {
        let Some(shared) = self.queues.get(name) else { return Vec::new() };
        let end = self.clock.now() + ms(wait);
        loop {
            let now = self.clock.now();
            let (found, next) = {
                let mut queue = shared.lock();
                let found = queue.receive(now, wall(), most);
                (found, queue.next_visible(now))
            };
            let is_change = !(found.deliveries.is_empty() && found.dead.is_empty());
            self.bury(name, now, found.dead);
            if is_change {
                self.changed();
            }
            if !found.deliveries.is_empty() || now >= end {
                return found.deliveries;
            }
            let next = next.map_or(end, |next| next.min(end));
            tokio::select! {
                () = shared.arrived.notified() => {}
                () = self.clock.until(next) => {}
            }
        }
    }

    /// Moves messages to the dead-letter queue of `name`.
    fn bury(&self, name: &str, now: u64, dead: Vec<Message>) {
        let Some(shared) = self.queues.get(name) else { return };
        let redrive = shared.lock().config().redrive.clone();
        let Some(target) = redrive.and_then(|redrive| self.queues.get(&redrive.queue)) else { return };
        for message in dead {
            tracing::warn!(
                queue = name,
                message = message.id,
                "{}번 받아도 지워지지 않아 DLQ로 옮겼다",
                message.receive_count
            );
            target.lock().take_dead(now, message);
            target.arrived.notify_one();
        }
    }

    /// `DeleteMessage`
    pub fn delete(&self, name: &str, receipt: &str) {
        if let Some(shared) = self.queues.get(name) {
            shared.lock().delete(receipt);
            self.changed();
        }
    }

    /// Puts a whole batch back, see [`Queue::put_back`].
    pub fn put_back(&self, name: &str, batch: &[Delivery]) {
        let Some(shared) = self.queues.get(name) else { return };
        {
            let mut queue = shared.lock();
            batch.iter().for_each(|delivery| queue.put_back(self.clock.now(), &delivery.receipt));
        }
        shared.arrived.notify_one();
        self.changed();
    }

    /// Looks at every queue, one after the other.
    pub fn look<T>(&self, mut at: impl FnMut(&Queue, u64) -> T) -> Vec<T> {
        let look = |shared: &Shared| {
            let now = self.clock.now();
            let mut queue = shared.lock();
            queue.expire(now);
            at(&queue, now)
        };
        self.queues.values().map(look).collect()
    }

    /// Tells of every change of a queue; the number itself means nothing.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `SenderId` of a role in a session: the role's unique id, `AROA` and seventeen characters, before the session's name.
fn sender(role: &str) -> String {
    let digest = Sha256::digest(role.as_bytes());
    let id: String = digest.iter().take(9).map(|byte| format!("{byte:02X}")).collect();
    format!("AROA{}:{SESSION}", &id[..17])
}
