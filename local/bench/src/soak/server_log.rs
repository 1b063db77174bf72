//! What the server's log says of environments that failed: it must explain every 500.
//! Knows the REPORT and INIT_REPORT lines (`Status: …`, in text or JSON); nothing of who caused them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Counts while the server runs.
#[derive(Debug, Default)]
pub struct ServerLog {
    errors: AtomicU64,
    timeouts: AtomicU64,
    scheduled: AtomicU64,
    panics: AtomicU64,
    warnings: Mutex<Vec<String>>,
}

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Environments that ended before they answered, in init or in an invocation.
    pub errors: u64,
    /// Invocations and inits over their time.
    pub timeouts: u64,
    /// Invocations of the function that nobody but its schedule calls.
    pub scheduled: u64,
    /// Panics of the server's own threads.
    pub panics: u64,
}

/// Warnings that are kept.
const MOST_WARNINGS: usize = 20;

/// The function that is kept warm; the soak itself never calls it.
const SCHEDULED: &str = "WarmFunction";

impl ServerLog {
    /// Takes a line.
    pub fn line(&self, line: &str) {
        let count = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        let says = |text: &str, json: &str| line.contains(text) || line.contains(json);
        if says("Status: error", r#""status":"error""#) {
            count(&self.errors);
        }
        if says("Status: timeout", r#""status":"timeout""#) {
            count(&self.timeouts);
        }
        if says("REPORT RequestId", "platform.report") && line.contains(SCHEDULED) {
            count(&self.scheduled);
        }
        let panicked = line.contains("panicked at");
        if panicked {
            count(&self.panics);
        }
        if panicked || line.contains("WARN") || line.contains("ERROR") {
            let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
            if warnings.len() < MOST_WARNINGS {
                warnings.push(line.to_owned());
            }
        }
    }

    /// The first warnings, of the server and of functions.
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was counted so far.
    pub fn counted(&self) -> Counted {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counted {
            errors: read(&self.errors),
            timeouts: read(&self.timeouts),
            scheduled: read(&self.scheduled),
            panics: read(&self.panics),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_in_both_forms() {
        let log = ServerLog::default();
        for line in [
            "INFO REPORT RequestId: 1\tDuration: 2 ms\tStatus: error\t function=\"Plain128Function\"",
            "INFO INIT_REPORT Init Duration: 2 ms\tPhase: init\tStatus: timeout\tError Type: x\t",
            r#"{"type":"platform.report","record":{"status":"error"}}"#,
            "INFO REPORT RequestId: 1\tDuration: 2 ms\t function=\"WarmFunction\"",
            "thread 'tokio' panicked at src/x.rs:1:1",
            "INFO START RequestId: 1",
        ] {
            log.line(line);
        }
        assert_eq!(log.counted(), Counted { errors: 2, timeouts: 1, scheduled: 1, panics: 1 });
        assert_eq!(log.warnings(), ["thread 'tokio' panicked at src/x.rs:1:1"]);
    }
}
