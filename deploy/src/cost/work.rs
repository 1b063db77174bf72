//! What each demo does for one request at the most: processor, waiting, units, bytes.
//! Knows the bounds of the functions; knows no price and no template.

use super::bounds::Bounds;

/// What a demo does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demo {
    /// demos/cold-start without preparation.
    Plain,
    /// The index in init.
    Heavy,
    /// The index in the first call.
    Lazy,
    /// demos/users.
    Users(Operation),
    /// demos/events.
    Events(Source),
    /// demos/payments.
    Payments(Payment),
    /// demos/mistakes: a call that writes what the dearest writes, and then lasts as long as the one that waits.
    Mistakes,
}

/// What a call of demos/users asks of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// All twenty ids in one read.
    List,
    /// One id.
    Read,
    /// All ids, then a conditional write for each until one is free.
    Create,
    /// One conditional write, with a body.
    Replace,
    /// One conditional write.
    Delete,
}

/// What calls demos/events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A reader who looks: the newest events, in two reads.
    List,
    /// A reader who leaves one: one write.
    Keep,
    /// A message nobody manages, so often (`maxReceiveCount`), each time alone in its batch: one write each.
    Queue {
        /// How often.
        receives: u32,
    },
    /// A schedule: one write.
    Schedule,
}

/// What a call of demos/payments asks of the table, whether it is answered or ends the process on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payment {
    /// One read.
    Look,
    /// A conditional write that the account of an hour ago refuses, a write that deletes it, and another that is refused.
    Pay,
    /// One write.
    BeginAnew,
}

/// Work for one request. Nothing is below 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Work {
    /// Calls of the function.
    pub invocations: f64,
    /// Init of each, ms.
    pub init_ms: f64,
    /// Processor time of each handler, ms.
    pub busy_ms: f64,
    /// What each handler waits, ms.
    pub waiting_ms: f64,
    /// Read units of all.
    pub reads: f64,
    /// Write units of all.
    pub writes: f64,
    /// Requests to SQS.
    pub messages: f64,
    /// Body of the request.
    pub body_bytes: f64,
    /// Whether CloudFront charges for what it sends on: not that of reads.
    pub is_sent_on: bool,
    /// Body of the answer.
    pub answer_bytes: f64,
    /// What stays in a table until it expires.
    pub kept_bytes: f64,
}

/// What DynamoDB adds to every item it keeps ("DynamoDB item sizes and formats": 100 bytes).
const ITEM_OVERHEAD: f64 = 100.0;

impl Demo {
    /// The most it does for one request.
    pub fn work(self, bounds: &Bounds) -> Work {
        let one = Work {
            invocations: 1.0,
            init_ms: bounds.init_ms,
            busy_ms: bounds.handler_ms,
            waiting_ms: 0.0,
            reads: 0.0,
            writes: 0.0,
            messages: 0.0,
            body_bytes: 0.0,
            is_sent_on: false,
            answer_bytes: bounds.timing_bytes,
            kept_bytes: 0.0,
        };
        let burning = Work { busy_ms: bounds.work_ms + bounds.handler_ms, waiting_ms: bounds.wait_ms, ..one };
        match self {
            Self::Plain => burning,
            Self::Heavy => Work { init_ms: bounds.init_ms + bounds.prepare_ms, ..burning },
            Self::Lazy => Work { busy_ms: burning.busy_ms + bounds.prepare_ms, ..burning },
            Self::Users(operation) => operation.work(bounds, one),
            Self::Events(source) => source.work(bounds, one),
            Self::Payments(payment) => payment.work(bounds, one),
            Self::Mistakes => Work {
                waiting_ms: bounds.mistake_ms,
                reads: bounds.mistake_reads * bounds.read_units,
                writes: bounds.mistake_writes * bounds.write_units,
                kept_bytes: bounds.mistake_writes * (bounds.write_units * 1_024.0 + ITEM_OVERHEAD),
                ..one
            },
        }
    }
}

impl Operation {
    fn work(self, bounds: &Bounds, one: Work) -> Work {
        let (read, write, users) = (bounds.read_units, bounds.write_units, bounds.users);
        let one = Work { waiting_ms: bounds.table_call_ms, answer_bytes: bounds.user_bytes, ..one };
        let written = Work { writes: write, is_sent_on: true, ..one };
        match self {
            Self::List => Work { reads: users * read, answer_bytes: users * bounds.user_bytes, ..one },
            Self::Read => Work { reads: read, ..one },
            // A batch rounds each item up on its own.
            Self::Create => Work {
                waiting_ms: (1.0 + users) * bounds.table_call_ms,
                reads: users * read,
                writes: users * write,
                body_bytes: bounds.body_bytes,
                kept_bytes: write * 1_024.0 + ITEM_OVERHEAD,
                ..written
            },
            Self::Replace => Work { body_bytes: bounds.body_bytes, ..written },
            Self::Delete => written,
        }
    }
}

impl Source {
    fn work(self, bounds: &Bounds, one: Work) -> Work {
        let write = bounds.event_units;
        let kept = Work {
            waiting_ms: bounds.table_call_ms,
            writes: write,
            body_bytes: bounds.event_body_bytes,
            is_sent_on: true,
            answer_bytes: bounds.event_bytes,
            kept_bytes: write * 1_024.0 + ITEM_OVERHEAD,
            ..one
        };
        match self {
            Self::List => Work {
                waiting_ms: 2.0 * bounds.table_call_ms,
                // Read units are of 4 KB, as large as an event may be; a query adds up before it rounds.
                reads: bounds.events * (write * bounds.read_units / 4.0).ceil(),
                answer_bytes: bounds.events * bounds.event_bytes,
                ..one
            },
            Self::Keep | Self::Schedule => kept,
            Self::Queue { receives } => {
                let receives = f64::from(receives);
                Work {
                    invocations: receives,
                    writes: receives * write,
                    // Sent, received so often, and looked at once more when it goes to the dead-letter queue.
                    messages: receives + 2.0,
                    // SQS's own answer, as XML.
                    answer_bytes: bounds.answer_head_bytes,
                    ..kept
                }
            }
        }
    }
}

impl Payment {
    fn work(self, bounds: &Bounds, one: Work) -> Work {
        let write = bounds.account_units;
        let one = Work { waiting_ms: bounds.table_call_ms, answer_bytes: bounds.account_bytes, ..one };
        let written = Work { writes: write, is_sent_on: true, ..one };
        match self {
            // Read units are of 4 KB.
            Self::Look => Work { reads: (write / 4.0).ceil() * bounds.read_units, ..one },
            Self::Pay => Work {
                waiting_ms: 3.0 * bounds.table_call_ms,
                writes: 3.0 * write,
                body_bytes: bounds.payment_body_bytes,
                kept_bytes: write * 1_024.0 + ITEM_OVERHEAD,
                ..written
            },
            Self::BeginAnew => written,
        }
    }
}
