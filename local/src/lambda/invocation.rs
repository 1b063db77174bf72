//! One call of a function on its way through Lambda, and the ways it can end.
//! Knows bytes and times only.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::telemetry::InvocationId;

/// Synchronous payloads, both ways: 6 MB ("Lambda quotas"); AWS's own emulator allows these 100 bytes more.
pub const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024 + 100;

/// How an invocation that gave no answer ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The function's binary is still being compiled; nothing of the kind exists on AWS.
    #[error("the function is still being built")]
    Building,
    /// Reserved concurrency is used up: `TooManyRequestsException` of Lambda's own API.
    #[error("the function's concurrency is used up")]
    Throttled,
    /// This machine's own bound of environments and waiting events is reached.
    #[error("too many events are waiting on this machine")]
    Overloaded,
    /// The event is larger than [`PAYLOAD_LIMIT`].
    #[error("the event is larger than 6 MB")]
    TooLarge,
    /// The function posted an error: `{"errorMessage", "errorType"}`.
    #[error("the function reported {error_type}")]
    Reported {
        /// `errorType` as the runtime named it.
        error_type: String,
    },
    /// The process ended before it answered: `Runtime.ExitError`.
    #[error("the runtime exited: {status}")]
    Exited {
        /// `exit status 1`, `signal: killed`, …
        status: String,
    },
    /// No answer within the function's `Timeout`.
    #[error("task timed out after {:.2} seconds", .after.as_secs_f64())]
    TimedOut {
        /// The function's `Timeout`.
        after: Duration,
    },
}

/// What the caller of an invocation gets.
pub type Answer = Result<Bytes, InvokeError>;

/// An event waiting for, or being worked on by, an environment.
#[derive(Debug)]
pub struct Invocation {
    /// A new UUID, and `Root=1-…` for `Lambda-Runtime-Trace-Id`.
    pub id: InvocationId,
    /// The event, JSON.
    pub event: Bytes,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Answer>,
}

impl Invocation {
    /// An invocation and the place its answer arrives at.
    pub fn new(event: Bytes, trace_id: &str) -> (Self, oneshot::Receiver<Answer>) {
        let (answer, answered) = oneshot::channel();
        let mut buffer = uuid::Uuid::encode_buffer();
        let request_id: Arc<str> = (&*uuid::Uuid::new_v4().as_hyphenated().encode_lower(&mut buffer)).into();
        let id = InvocationId { request_id, trace_id: trace_id.into() };
        (Self { id, event, answer }, answered)
    }
}
