//! Passes what a function prints to the log and to the live feed, line by line, within bounds.
//! Knows pipes and bytes; whose output it is comes in.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::task::JoinSet;

use super::process::Child;
use super::telemetry::{Kind, Recorder};

/// Longer lines are cut, so that no function can fill the host's memory.
const LONGEST_LINE: u64 = 16 * 1024;
/// Bytes per second of one environment that are passed on …
const RATE: f64 = 256.0 * 1024.0;
/// … after as many at once. What is beyond is read, so that the function never waits, and left out.
const BURST: f64 = 1024.0 * 1024.0;
/// After the end of a process its pipes are read for this long at most.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What an environment prints, while it is being read.
#[derive(Debug)]
pub struct Output {
    readers: JoinSet<()>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    recorder: Recorder,
    environment_id: Arc<str>,
    log_stream: Arc<str>,
    budget: Mutex<Budget>,
    out_of_memory: AtomicBool,
}

impl Output {
    /// Takes the pipes of a process and begins to read them.
    pub fn follow(
        recorder: &Recorder,
        environment_id: &Arc<str>,
        log_stream: &Arc<str>,
        child: &mut Child,
    ) -> Self {
        let shared = Arc::new(Shared {
            recorder: recorder.clone(),
            environment_id: Arc::clone(environment_id),
            log_stream: Arc::clone(log_stream),
            budget: Mutex::new(Budget { bytes: BURST, at: Instant::now(), left_out: 0 }),
            out_of_memory: AtomicBool::new(false),
        });
        let mut readers = JoinSet::new();
        if let Some(output) = child.stdout.take() {
            readers.spawn(read(output, Arc::clone(&shared)));
        }
        if let Some(output) = child.stderr.take() {
            readers.spawn(read(output, Arc::clone(&shared)));
        }
        Self { readers, shared }
    }

    /// The process has ended: reads the rest. True when its last words were that it got no memory.
    pub async fn end(mut self) -> bool {
        let all = async { while self.readers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(LAST_WORDS, all).await;
        self.shared.out_of_memory.load(Ordering::Relaxed)
    }
}

async fn read(output: impl AsyncRead + Unpin, shared: Arc<Shared>) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while let Ok(1..) = (&mut output).take(LONGEST_LINE).read_until(b'\n', &mut line).await {
        shared.pass(&line);
        line.clear();
    }
}

impl Shared {
    fn pass(&self, line: &[u8]) {
        if tells_of_missing_memory(line) {
            self.out_of_memory.store(true, Ordering::Relaxed);
        }
        let spent =
            self.budget.lock().unwrap_or_else(PoisonError::into_inner).spend(line.len(), Instant::now());
        let Some(left_out) = spent else { return };
        if left_out > 0 {
            let rate = RATE / 1024.0;
            self.write(&format!("({left_out} bytes left out: an environment may print {rate} KB a second)"));
        }
        self.write(String::from_utf8_lossy(line).trim_end());
    }

    fn write(&self, line: &str) {
        let (function, log_stream) = (self.recorder.function(), &*self.log_stream);
        tracing::info!(target: "lambda", function, log_stream, "{line}");
        self.recorder.record(&self.environment_id, Kind::Function { line: line.into() });
    }
}

/// What runtimes print before they give up because they got no memory: Rust's and C++'s allocation errors, V8's and Go's.
fn tells_of_missing_memory(line: &[u8]) -> bool {
    let said = |words: &[u8]| line.windows(words.len()).any(|part| part == words);
    line.starts_with(b"memory allocation of ") || said(b"std::bad_alloc") || said(b"out of memory")
}

#[derive(Debug)]
struct Budget {
    bytes: f64,
    at: Instant,
    left_out: usize,
}

impl Budget {
    /// Whether a line may be passed on, and if so how many bytes before it were not.
    fn spend(&mut self, line: usize, now: Instant) -> Option<usize> {
        self.bytes = BURST.min(self.bytes + now.saturating_duration_since(self.at).as_secs_f64() * RATE);
        self.at = now;
        // An empty line costs something, too.
        let price = (line + 32) as f64;
        if self.bytes < price {
            self.left_out += line;
            return None;
        }
        self.bytes -= price;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_a_rate_and_what_was_left_out_is_told() {
        let start = Instant::now();
        let mut budget = Budget { bytes: BURST, at: start, left_out: 0 };
        let line = 8 * 1024 - 32;
        let passed = (0..1000).filter(|_| budget.spend(line, start).is_some()).count();
        assert_eq!(passed, 128);
        let later = start + Duration::from_secs(1);
        assert_eq!(budget.spend(line, later), Some((1000 - 128) * line));
        let more = (0..1000).filter(|_| budget.spend(line, later).is_some()).count();
        assert_eq!(more, 31);
    }

    #[test]
    fn runtimes_that_got_no_memory_are_understood() {
        for line in [
            "memory allocation of 268435456 bytes failed",
            "terminate called after throwing an instance of 'std::bad_alloc'",
            "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
            "fatal error: runtime: out of memory",
        ] {
            assert!(tells_of_missing_memory(line.as_bytes()), "{line}");
        }
        assert!(!tells_of_missing_memory(b"no memory of it"));
    }
}
