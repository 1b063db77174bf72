//! Lambda's event source mappings of SQS queues: polls, gathers batches, invokes, and deletes what the function managed.
//! Knows queues, the function's role and `Lambda::invoke`; what a function says of a batch is read in `batch`.
//!
//! Rules: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS" and "Handling errors for an SQS event source in Lambda".

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use template::EventSourceMapping;
use template::policy::{Decision, Target};
use tokio::sync::Semaphore;

use super::batch;
use super::clock::Clock;
use super::sqs::{Delivery, Sqs, ms};
use crate::iam::Iam;
use crate::lambda::{InvokeError, Lambda};

/// Batches of one mapping at once where the template says nothing: with so many Lambda begins.
const CONCURRENCY: usize = 5;
/// Between two receives of a queue that is not polled long.
const PAUSE: Duration = Duration::from_secs(1);
/// A function that is still being compiled is tried again this soon.
const UNTIL_BUILT: Duration = Duration::from_secs(1);
/// A throttled batch is tried again after this long, then after twice as long, up to the longest.
const BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);
/// ReceiveMessage gives out at most so many at once.
const ONE_RECEIVE: usize = 10;
/// Without one of these Lambda does not poll.
const POLLING: [&str; 2] = ["ReceiveMessage", "GetQueueAttributes"];

/// What a mapping has done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Receives, the empty ones too: each is a request that AWS bills.
    pub polls: u64,
    /// Receives that found nothing.
    pub empty_polls: u64,
    /// Invocations with a batch.
    pub batches: u64,
    /// Batches of which at least one message was not deleted.
    pub failed_batches: u64,
    /// What keeps the mapping from its work.
    pub problem: Option<String>,
}

/// A mapping at work.
#[derive(Debug)]
pub struct Mapping {
    config: EventSourceMapping,
    iam: Iam,
    /// ARN of the queue.
    queue: String,
    /// `ReceiveMessageWaitTimeSeconds`
    wait: Duration,
    /// `MaximumMessageSize`
    longest: usize,
    progress: Mutex<Progress>,
    clock: Clock,
}

impl Mapping {
    /// A mapping that has not begun.
    pub fn new(config: EventSourceMapping, queue: &template::Queue, iam: Iam, clock: Clock) -> Self {
        let progress = Mutex::new(Progress::default());
        let template::Queue { arn, wait, longest_message, .. } = queue;
        Self { config, iam, queue: arn.clone(), wait: *wait, longest: *longest_message, progress, clock }
    }

    /// What the template says of it.
    pub fn config(&self) -> &EventSourceMapping {
        &self.config
    }

    /// What it has done so far.
    pub fn progress(&self) -> Progress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Polls for ever. While the function's role does not let it, it waits for the role to change.
    pub async fn run(self: Arc<Self>, sqs: Arc<Sqs>, lambda: Lambda) {
        let slots = Arc::new(Semaphore::new(self.config.max_concurrency.unwrap_or(CONCURRENCY)));
        let mut roles = self.iam.changes();
        loop {
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            roles.mark_unchanged();
            if !POLLING.into_iter().all(|action| self.may(action, "메시지를 가져오지 않는다")) {
                let _ = roles.changed().await;
                continue;
            }
            let batch = self.gather(&sqs).await;
            if batch.is_empty() {
                if self.wait.is_zero() {
                    tokio::time::sleep(self.clock.real(PAUSE)).await;
                }
                continue;
            }
            let (mapping, sqs, lambda) = (Arc::clone(&self), Arc::clone(&sqs), lambda.clone());
            tokio::spawn(async move {
                mapping.invoke(&sqs, &lambda, &batch).await;
                drop(slot);
            });
        }
    }

    /// Whether the function's role allows this action on the queue at this moment. If not, that is told, with what follows of it.
    fn may(&self, name: &str, follows: &str) -> bool {
        let EventSourceMapping { function, queue, .. } = &self.config;
        let Some(role) = self.iam.role(function) else { return false };
        let action = format!("sqs:{name}");
        let decision = role.decide(&action, &Target::Arn(self.queue.clone()));
        if decision == Decision::Allowed {
            self.note(|progress| {
                progress.problem.take_if(|problem| problem.contains(name));
            });
            return true;
        }
        self.iam.denied(&role, &action, &self.queue, decision);
        let problem = format!("The provided execution role does not have permissions to call {name} on SQS");
        tracing::warn!(function, queue, "{problem}: {follows}");
        self.note(|progress| progress.problem = Some(problem));
        false
    }

    /// A batch: whatever one receive finds, or with a batching window everything until it is over or the batch is full.
    async fn gather(&self, sqs: &Sqs) -> Vec<Delivery> {
        let mut batch = self.receive(sqs, &[], self.wait).await;
        let end = self.clock.now() + ms(self.config.window);
        while !batch.is_empty() {
            let left = end.saturating_sub(self.clock.now());
            if left == 0 || self.room(&batch) == 0 {
                break;
            }
            batch.extend(self.receive(sqs, &batch, Duration::from_millis(left)).await);
        }
        batch
    }

    /// How many messages more the batch may have.
    fn room(&self, batch: &[Delivery]) -> usize {
        (self.config.batch_size - batch.len()).min(batch::room(batch, self.longest))
    }

    async fn receive(&self, sqs: &Sqs, batch: &[Delivery], wait: Duration) -> Vec<Delivery> {
        let most = self.room(batch).clamp(1, ONE_RECEIVE);
        let found = sqs.receive(&self.config.queue, most, wait).await;
        self.note(|progress| {
            progress.polls += 1;
            progress.empty_polls += u64::from(found.is_empty());
        });
        found
    }

    /// Invokes the function with a batch and deletes what it managed. What is left comes back by itself.
    async fn invoke(&self, sqs: &Sqs, lambda: &Lambda, batch: &[Delivery]) {
        let EventSourceMapping { function, queue, .. } = &self.config;
        let event = Bytes::from(batch::event(batch, &self.queue));
        let hidden_until = batch.iter().map(|delivery| delivery.until).min().unwrap_or_default();
        let mut backoff = BACKOFF;
        let answer = loop {
            match lambda.invoke(function, event.clone(), String::new()).await {
                Err(InvokeError::Building) => {
                    sqs.put_back(queue, batch);
                    return tokio::time::sleep(UNTIL_BUILT).await;
                }
                // Lambda goes on trying as long as nobody else can receive the messages.
                Err(InvokeError::Throttled | InvokeError::Overloaded)
                    if self.clock.now() + ms(backoff) < hidden_until =>
                {
                    tokio::time::sleep(self.clock.real(backoff)).await;
                    backoff = (backoff * 2).min(LONGEST_BACKOFF);
                }
                answer => break answer,
            }
        };
        let outcome = match &answer {
            Ok(answer) if self.config.reports_failures => batch::outcome(answer, batch),
            Ok(_) => batch::Outcome::all(batch),
            Err(error) => batch::Outcome::none(error.to_string()),
        };
        if let Some(why) = &outcome.why {
            tracing::warn!(function, queue, "{why}: 지우지 않은 메시지는 가시성 제한 시간이 지나면 돌아온다");
        }
        let is_whole = outcome.managed.len() == batch.len();
        self.note(|progress| {
            progress.batches += 1;
            progress.failed_batches += u64::from(!is_whole);
        });
        if !outcome.managed.is_empty() && self.may("DeleteMessage", "처리한 메시지도 다시 온다") {
            outcome.managed.iter().for_each(|receipt| sqs.delete(queue, receipt));
        }
    }
}
