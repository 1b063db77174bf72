//! One call of a function on its way through Lambda, and the ways it can end.
//! Knows bytes and times only.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::oneshot;
use uuid::{Builder, Uuid};

use super::concurrency::Permit;
use super::telemetry::InvocationId;

/// Synchronous payloads, both ways: 6 MB ("Lambda quotas"); AWS's own emulator allows these 100 bytes more.
pub const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024 + 100;

/// How an invocation that gave no answer ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The function's binary is still being compiled; nothing of the kind exists on AWS.
    #[error("the function is still being built")]
    Building,
    /// The function's reserved concurrency, or what the account has left for it, is used up: `TooManyRequestsException` of
    /// Lambda's own API.
    #[error("the function's concurrency is used up")]
    Throttled,
    /// This machine's own bound of environments and waiting events is reached.
    #[error("too many events are waiting on this machine")]
    Overloaded,
    /// The event is larger than [`PAYLOAD_LIMIT`].
    #[error("the event is larger than 6 MB")]
    TooLarge,
    /// The runtime posted an error, `{"errorMessage", "errorType"}`, for the event or for init.
    #[error("the function reported {error_type}: {message}")]
    Reported {
        /// `errorType` as the runtime named it.
        error_type: String,
        /// `errorMessage`.
        message: String,
    },
    /// The process ended before it answered, or could not be started: `Runtime.ExitError`.
    #[error("the runtime exited: {status}")]
    Exited {
        /// `exit status 1`, `signal: killed`, … as Lambda's log says it.
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
    /// Its names in the log and the feed.
    pub id: InvocationId,
    /// `Lambda-Runtime-Trace-Id`: `Root=…;Parent=…;Sampled=0`.
    pub trace: Arc<str>,
    /// The event, JSON.
    pub event: Bytes,
    /// Who asked.
    pub caller: Caller,
}

/// Who waits for the answer, and the place in the account's concurrency that is taken meanwhile.
#[derive(Debug)]
pub struct Caller {
    answer: oneshot::Sender<Answer>,
    permit: Option<Permit>,
}

impl Caller {
    /// Gives the answer. Whether anybody still waits for it does not matter.
    pub fn answer(self, answer: Answer) {
        let _ = self.answer.send(answer);
        drop(self.permit);
    }
}

impl Invocation {
    /// An invocation and the place its answer arrives at. `trace_id` is what the caller has: `Root=1-…`, maybe with more; if it
    /// has none, a trace begins here.
    pub fn new(event: Bytes, trace_id: &str) -> (Self, oneshot::Receiver<Answer>) {
        let (answer, answered) = oneshot::channel();
        let mut buffer = Uuid::encode_buffer();
        // It need only differ from others; nobody is let in by it, so it is worth no system call.
        let random = Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes());
        let request_id: &str = random.as_uuid().as_hyphenated().encode_lower(&mut buffer);
        let (root, trace) = trace(trace_id);
        let id = InvocationId { request_id: request_id.into(), trace_id: root };
        (Self { id, trace, event, caller: Caller { answer, permit: None } }, answered)
    }

    /// Takes a place in the account's concurrency for as long as it lasts.
    pub fn admit(&mut self, permit: Permit) {
        self.caller.permit = Some(permit);
    }
}

/// `Root=…` alone, and the whole header: Lambda adds a segment of its own, whose id is the function's parent.
fn trace(given: &str) -> (Arc<str>, Arc<str>) {
    let segment = fastrand::u64(..);
    let root: Arc<str> = match given.split(';').find(|part| part.starts_with("Root=")) {
        Some(root) => root.into(),
        None => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            format!("Root=1-{now:08x}-{:024x}", fastrand::u128(..) >> 32).into()
        }
    };
    let sampled = u8::from(given.contains("Sampled=1"));
    let header = format!("{root};Parent={segment:016x};Sampled={sampled}").into();
    (root, header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_goes_on_or_begins() {
        let (root, header) =
            trace("Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1");
        assert_eq!(&*root, "Root=1-67891233-abcdef012345678912345678");
        let parent = header.strip_prefix(&*root).unwrap().strip_prefix(";Parent=").unwrap();
        assert!(parent.ends_with(";Sampled=1") && parent.len() == 16 + 10, "{header}");
        assert!(!header.contains("53995c3f42cd8ad8"));
        let (root, header) = trace("");
        assert_eq!((root.len(), root.matches('-').count()), ("Root=1-".len() + 8 + 1 + 24, 2), "{root}");
        assert!(header.ends_with(";Sampled=0"));
    }
}
