//! The live feed of what happens in Lambda, so that a page can show environments being born, frozen, thawed and ended.
//! Knows records and who listens; no function's pool, no process.
//!
//! Records are named after the events of Lambda's Telemetry API (AWS Lambda Developer Guide, "Lambda Telemetry API `Event`
//! schema reference"), so that a reader can look them up. `frozen`, `thawed`, `gone` and `throttled` have no name there: they
//! are what this machine sees beside.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};
use tokio::sync::broadcast;

/// The most records that are kept, and the most a listener may lag behind.
pub const MOST_RECORDS: usize = 2_000;
/// The most bytes of text (lines of functions, names, messages) that are kept of one function.
const MOST_TEXT: usize = 512 * 1024;

/// Something that happened. JSON: `{"sequence", "time", "function", "environmentId", "type", …}` with the fields of its kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Never the same twice while the host runs; later records have higher ones.
    pub sequence: u64,
    /// Unix ms, exact to the µs.
    pub time: f64,
    /// The function's name.
    #[serde(serialize_with = "text")]
    pub function: Arc<str>,
    /// The environment: 32 hex digits, those of its log stream's name. Empty when an event got none (`throttled`).
    #[serde(serialize_with = "text")]
    pub environment_id: Arc<str>,
    /// What happened.
    #[serde(flatten)]
    pub kind: Kind,
}

/// The kinds of records. Durations are in ms, memory in MB where a name says so.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum Kind {
    /// A process was asked for.
    #[serde(rename = "platform.initStart")]
    InitStart {
        /// Why it is started.
        initialization_type: InitializationType,
        /// See [`Phase`].
        phase: Phase,
        /// `MemorySize`.
        #[serde(rename = "memorySizeMB")]
        memory_size_mb: u32,
    },
    /// Init is over, well or not.
    #[serde(rename = "platform.initReport")]
    InitReport {
        /// Why it was started.
        initialization_type: InitializationType,
        /// See [`Phase`].
        phase: Phase,
        /// From asking for the process until its first poll, or its end.
        duration_ms: f64,
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// An event was handed to the environment.
    #[serde(rename = "platform.start")]
    Start {
        /// Which invocation.
        #[serde(flatten)]
        invocation: InvocationId,
        /// The first event of an on-demand environment.
        cold: bool,
    },
    /// The runtime has answered, or will not any more.
    #[serde(rename = "platform.runtimeDone")]
    RuntimeDone {
        /// Which invocation.
        #[serde(flatten)]
        invocation: InvocationId,
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
        /// From handing the event over until the answer.
        duration_ms: f64,
        /// Bytes of the answer.
        produced_bytes: usize,
    },
    /// The invocation is over.
    #[serde(rename = "platform.report")]
    Report {
        /// Which invocation.
        #[serde(flatten)]
        invocation: InvocationId,
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
        /// From handing the event over until the answer.
        duration_ms: f64,
        /// Init and duration, rounded up.
        billed_duration_ms: u64,
        /// On the first invocation of an on-demand environment only.
        #[serde(skip_serializing_if = "Option::is_none")]
        init_duration_ms: Option<f64>,
        /// `MemorySize`.
        #[serde(rename = "memorySizeMB")]
        memory_size_mb: u32,
        /// The most memory the process had held when it was last looked at.
        #[serde(rename = "maxMemoryUsedMB", skip_serializing_if = "Option::is_none")]
        max_memory_used_mb: Option<u64>,
    },
    /// A line the function printed.
    #[serde(rename = "function")]
    Function {
        /// Without the line's end; cut if it was very long.
        #[serde(rename = "record", serialize_with = "text")]
        line: Arc<str>,
    },
    /// Nothing waits: the environment stands still.
    #[serde(rename = "frozen")]
    Frozen,
    /// It goes on, because of an event.
    #[serde(rename = "thawed")]
    Thawed,
    /// Its process is gone.
    #[serde(rename = "gone")]
    Gone {
        /// Why.
        reason: Reason,
        /// How the process ended: `exit status: 1`, `signal: 9 (SIGKILL)`, …
        #[serde(serialize_with = "text")]
        status: Arc<str>,
    },
    /// An event was turned away.
    #[serde(rename = "throttled")]
    Throttled {
        /// Which invocation.
        #[serde(flatten)]
        invocation: InvocationId,
        /// Whose limit it was.
        limit: Limit,
    },
}

/// Names an invocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvocationId {
    /// A UUID.
    #[serde(serialize_with = "text")]
    pub request_id: Arc<str>,
    /// `Root=1-…`: what the gateway's part of the same request has, too.
    #[serde(serialize_with = "text")]
    pub trace_id: Arc<str>,
}

/// `AWS_LAMBDA_INITIALIZATION_TYPE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitializationType {
    /// For an event.
    OnDemand,
    /// Kept ready.
    ProvisionedConcurrency,
}

/// When an init takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Before the first invocation.
    Init,
    /// Inside it, because the one before has failed.
    Invoke,
}

/// How an init or an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// As it should.
    Success,
    /// With an error. (In Lambda's own records an invocation whose error the runtime has reported counts as a success of the
    /// runtime; `reported` tells them apart here.)
    Error {
        /// `Runtime.ExitError`, or what the runtime has called it.
        #[serde(serialize_with = "text")]
        error_type: Arc<str>,
        /// What it says.
        #[serde(serialize_with = "text")]
        error_message: Arc<str>,
        /// Whether the runtime has reported it and lives on; otherwise its process is gone.
        reported: bool,
    },
    /// Not in time.
    Timeout,
}

/// Why an environment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// Nothing to do for too long.
    Idle,
    /// An invocation or an init took too long.
    Timeout,
    /// Its process ended by itself.
    Crashed,
    /// There is a newer package.
    Replaced,
    /// It had lived long enough.
    Recycled,
    /// The host is ending.
    Host,
}

/// A limit of concurrency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Limit {
    /// The function's reserved concurrency.
    Reserved,
    /// What the account has left for functions that reserve nothing.
    Account,
    /// What this machine bears.
    Machine,
}

fn text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// What happened of late in all functions, and what happens from now on. Clones share it.
#[derive(Debug, Clone)]
pub struct Telemetry {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    sequence: AtomicU64,
    /// One for each function, so that functions do not wait for one another.
    rings: Mutex<Vec<Arc<Mutex<Ring>>>>,
    listeners: broadcast::Sender<Arc<Record>>,
}

/// The last records of one function.
#[derive(Debug, Default)]
struct Ring {
    records: VecDeque<Arc<Record>>,
    text: usize,
}

impl Default for Telemetry {
    fn default() -> Self {
        let (listeners, _) = broadcast::channel(MOST_RECORDS);
        Self { shared: Arc::new(Shared { sequence: AtomicU64::new(0), rings: Mutex::default(), listeners }) }
    }
}

impl Telemetry {
    /// The last records of all functions, oldest first: at most [`MOST_RECORDS`].
    pub fn recent(&self) -> Vec<Arc<Record>> {
        let rings = self.shared.rings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut records: Vec<_> = rings.iter().flat_map(|ring| lock(ring).records.clone()).collect();
        records.sort_unstable_by_key(|record| record.sequence);
        records.split_off(records.len().saturating_sub(MOST_RECORDS))
    }

    /// What happens from now on. Who subscribes first and then asks for [`Telemetry::recent`] misses nothing, and knows what is
    /// in both by its `sequence`. A listener that lags more than [`MOST_RECORDS`] behind is told how many it missed.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Record>> {
        self.shared.listeners.subscribe()
    }

    /// Whether anybody listens.
    pub fn is_watched(&self) -> bool {
        self.shared.listeners.receiver_count() > 0
    }

    /// Where one function's records are written.
    pub(super) fn recorder(&self, function: &str) -> Recorder {
        let ring = Arc::<Mutex<Ring>>::default();
        self.shared.rings.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&ring));
        Recorder { telemetry: self.clone(), function: function.into(), ring }
    }
}

/// Writes one function's records.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    telemetry: Telemetry,
    function: Arc<str>,
    ring: Arc<Mutex<Ring>>,
}

impl Recorder {
    /// Writes down what happened. Waits for nobody: who listens too slowly misses records.
    pub fn record(&self, environment_id: &Arc<str>, kind: Kind) {
        let shared = &self.telemetry.shared;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let record = Arc::new(Record {
            sequence: shared.sequence.fetch_add(1, Ordering::Relaxed),
            time: ms(now),
            function: Arc::clone(&self.function),
            environment_id: Arc::clone(environment_id),
            kind,
        });
        lock(&self.ring).push(Arc::clone(&record));
        if self.telemetry.is_watched() {
            // Fails only when the last listener has just gone.
            let _ = shared.listeners.send(record);
        }
    }

    /// Whose records these are.
    pub fn function(&self) -> &str {
        &self.function
    }
}

fn lock(ring: &Mutex<Ring>) -> std::sync::MutexGuard<'_, Ring> {
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ring {
    fn push(&mut self, record: Arc<Record>) {
        self.text += record.text();
        self.records.push_back(record);
        while self.records.len() > MOST_RECORDS || self.text > MOST_TEXT {
            let Some(oldest) = self.records.pop_front() else { return };
            self.text -= oldest.text();
        }
    }
}

impl Record {
    /// Bytes of text that this record alone keeps.
    fn text(&self) -> usize {
        match &self.kind {
            Kind::Function { line } => line.len(),
            Kind::Gone { status, .. } => status.len(),
            Kind::InitReport { outcome: Outcome::Error { error_type, error_message, .. }, .. }
            | Kind::RuntimeDone { outcome: Outcome::Error { error_type, error_message, .. }, .. } => {
                error_type.len() + error_message.len()
            }
            Kind::Start { invocation, .. } | Kind::Throttled { invocation, .. } => {
                invocation.request_id.len() + invocation.trace_id.len()
            }
            _ => 0,
        }
    }
}

/// Milliseconds to the µs.
pub(super) fn ms(duration: Duration) -> f64 {
    // Below 2^53 µs until the year 2255.
    duration.as_micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(text: &str) -> Kind {
        Kind::Function { line: text.into() }
    }

    #[test]
    fn a_record_is_flat_json_with_the_names_of_the_telemetry_api() {
        let telemetry = Telemetry::default();
        let environment: Arc<str> = "0123".into();
        let invocation = InvocationId { request_id: "8f5".into(), trace_id: "Root=1-2-3".into() };
        let report = Kind::Report {
            invocation,
            outcome: Outcome::Error {
                error_type: "Runtime.ExitError".into(),
                error_message: "exit status 1".into(),
                reported: false,
            },
            duration_ms: ms(Duration::from_nanos(1_234_567)),
            billed_duration_ms: 2,
            init_duration_ms: None,
            memory_size_mb: 128,
            max_memory_used_mb: Some(15),
        };
        let recorder = telemetry.recorder("Users");
        recorder.record(&environment, report);
        recorder.record(&environment, Kind::Gone { reason: Reason::Idle, status: "signal: 9".into() });
        let init = Kind::InitReport {
            initialization_type: InitializationType::OnDemand,
            phase: Phase::Init,
            duration_ms: 1.5,
            outcome: Outcome::Success,
        };
        recorder.record(&environment, init);
        let mut records: Vec<_> =
            telemetry.recent().iter().map(|record| serde_json::to_value(record.as_ref()).unwrap()).collect();
        for record in &mut records {
            assert!(record["time"].take().as_f64().unwrap() > 1.7e12);
        }
        assert_eq!(
            records,
            [
                json!({
                    "sequence": 0, "time": null, "function": "Users", "environmentId": "0123",
                    "type": "platform.report", "requestId": "8f5", "traceId": "Root=1-2-3", "status": "error",
                    "errorType": "Runtime.ExitError", "errorMessage": "exit status 1", "reported": false, "durationMs": 1.234, "billedDurationMs": 2, "memorySizeMB": 128,
                    "maxMemoryUsedMB": 15
                }),
                json!({
                    "sequence": 1, "time": null, "function": "Users", "environmentId": "0123", "type": "gone",
                    "reason": "idle", "status": "signal: 9"
                }),
                json!({
                    "sequence": 2, "time": null, "function": "Users", "environmentId": "0123",
                    "type": "platform.initReport", "initializationType": "on-demand", "phase": "init", "durationMs": 1.5,
                    "status": "success"
                }),
            ]
        );
    }

    #[test]
    fn records_and_text_are_bounded_and_the_newest_stay() {
        let telemetry = Telemetry::default();
        let (one, two) = (telemetry.recorder("One"), telemetry.recorder("Two"));
        let environment: Arc<str> = "0".into();
        for n in 0..3 * MOST_RECORDS {
            one.record(&environment, line(&n.to_string()));
        }
        two.record(&environment, line("last"));
        let recent = telemetry.recent();
        assert_eq!(recent.len(), MOST_RECORDS);
        assert_eq!(recent[MOST_RECORDS - 1].kind, line("last"));
        assert!(recent.is_sorted_by_key(|record| record.sequence));
        for _ in 0..100 {
            two.record(&environment, line(&"x".repeat(16 * 1024)));
        }
        let kept: usize = lock(&two.ring).records.iter().map(|record| record.text()).sum();
        assert!(kept <= MOST_TEXT && kept > MOST_TEXT / 2, "{kept}");
        assert_eq!(kept, lock(&two.ring).text);
    }

    #[tokio::test]
    async fn a_listener_gets_what_happens_and_learns_what_it_missed() {
        let telemetry = Telemetry::default();
        let recorder = telemetry.recorder("One");
        let environment: Arc<str> = "0".into();
        recorder.record(&environment, line("before"));
        assert!(!telemetry.is_watched());
        let mut listener = telemetry.subscribe();
        recorder.record(&environment, line("after"));
        assert_eq!(listener.recv().await.unwrap().kind, line("after"));
        for _ in 0..2 * broadcast_capacity() {
            recorder.record(&environment, line("more"));
        }
        assert!(matches!(listener.recv().await, Err(broadcast::error::RecvError::Lagged(1..))));
    }

    /// tokio rounds up to a power of two.
    fn broadcast_capacity() -> usize {
        MOST_RECORDS.next_power_of_two()
    }
}
