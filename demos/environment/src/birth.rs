//! Measures the init phase: from the start of the process to the moment the function asks for its first event.
//! Knows the clocks and the Lambda environment variables; makes an `Environment`.

use crate::{Environment, clock};
use std::time::{Duration, Instant, SystemTime};

/// The start of `main`, seen by two clocks.
#[derive(Debug)]
pub struct Birth {
    cpu_before_main: Duration,
    main: Instant,
    at: SystemTime,
}

// ANCHOR: init-measurement
impl Birth {
    /// Take this in the first line of `main`.
    ///
    /// What happened before `main` (loading, linking) no wall clock of ours has seen, but the process's CPU clock has:
    /// it starts at zero with the process.
    #[must_use]
    pub fn now() -> Self {
        Self { cpu_before_main: clock::process_cpu(), main: Instant::now(), at: SystemTime::now() }
    }

    /// Take this when everything is prepared, right before the runtime asks for its first event: init ends here.
    ///
    /// # Errors
    /// When the operating system gives no random bytes for the environment's id.
    pub fn complete(self) -> Result<Environment, getrandom::Error> {
        let init = self.cpu_before_main + self.main.elapsed();
        Environment::new(init, self.at)
    }
}
// ANCHOR_END: init-measurement

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn init_counts_what_happened_before_main_and_after() {
        let birth = Birth {
            cpu_before_main: Duration::from_millis(700),
            main: Instant::now(),
            at: SystemTime::now() - Duration::from_secs(2),
        };
        let environment = birth.complete().unwrap();
        assert!(environment.init() >= Duration::from_millis(700));
        assert!(environment.init() < Duration::from_millis(900), "{:?}", environment.init());
        assert!(environment.age() >= Duration::from_secs(2));
    }
}
