//! The live feed of what happens in Lambda, so that a page can show environments being born, frozen, thawed and ended.
//! Knows records and who listens; no function's pool, no process.

mod record;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::broadcast;

pub use record::{InitializationType, InvocationId, Kind, Limit, Outcome, Phase, Reason, Record};

/// The most records that are kept, and the most a listener may lag behind.
pub const MOST_RECORDS: usize = 2_000;
/// The most bytes of text (lines of functions, names, messages) that are kept of one function.
const MOST_TEXT: usize = 512 * 1024;

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
