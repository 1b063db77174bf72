//! What invokes functions beside the API: EventBridge Scheduler and SQS on one machine.
//! Knows the template's schedules, queues and event source mappings, IAM, and `Lambda::invoke`.

mod asynchronous;
mod batch;
pub mod clock;
mod event_source_mapping;
mod scheduler;
mod snapshot;
pub mod sqs;

use std::sync::Arc;

use template::{EventSourceMapping, Function, Queue};
use tokio::sync::watch;

use crate::iam::Iam;
use crate::lambda::Lambda;
use clock::Clock;
use event_source_mapping::Mapping;
pub use snapshot::{MappingSnapshot, MessageSnapshot, QueueSnapshot};
use sqs::Sqs;

/// What the template says of them.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The functions with their schedules.
    pub functions: &'a [Function],
    /// The queues.
    pub queues: &'a [Queue],
    /// Which of them invokes which function.
    pub mappings: &'a [EventSourceMapping],
}

/// The event sources of a system at work.
#[derive(Debug, Clone)]
pub struct Events {
    sqs: Arc<Sqs>,
    mappings: Arc<[Arc<Mapping>]>,
}

impl Events {
    /// Starts schedules, queues and mappings. Their clock runs as fast as Lambda's waiting goes by.
    pub fn start(sources: &Sources<'_>, lambda: &Lambda, iam: &Iam) -> Self {
        let clock = Clock::start(lambda.time_scale());
        scheduler::start(sources.functions, lambda, clock);
        let sqs = Arc::new(Sqs::new(sources.queues, clock));
        let mappings = sources.mappings.iter().filter_map(|config| {
            let queue = sources.queues.iter().find(|queue| queue.name == config.queue)?;
            Some(Arc::new(Mapping::new(config.clone(), queue, iam.clone(), clock)))
        });
        let mappings: Arc<[_]> = mappings.collect();
        for mapping in mappings.iter() {
            tokio::spawn(Arc::clone(mapping).run(Arc::clone(&sqs), lambda.clone()));
        }
        Self { sqs, mappings }
    }

    /// The queues, for who sends.
    pub fn sqs(&self) -> Arc<Sqs> {
        Arc::clone(&self.sqs)
    }

    /// Every queue as it is now, by name.
    pub fn snapshot(&self) -> Vec<QueueSnapshot> {
        self.sqs.look(|queue, now| {
            let polls = |mapping: &&Arc<Mapping>| mapping.config().queue == queue.config().name;
            snapshot::of(queue, now, self.mappings.iter().find(polls).map(Arc::as_ref))
        })
    }

    /// Tells of every change of a queue; the number itself means nothing.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.sqs.changes()
    }
}
