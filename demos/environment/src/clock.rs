//! CPU clocks: how much processor time a process or a thread really got.
//! Knows only the operating system; wall time is `std::time`'s business.

use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// CPU time this process has used since it was started, loading of the program included.
///
/// Zero if the system refuses the clock, which Linux and macOS do not.
#[must_use]
pub fn process_cpu() -> Duration {
    read(ClockId::CLOCK_PROCESS_CPUTIME_ID)
}

/// CPU time the calling thread has used. Stands still while the thread waits or is denied the processor.
#[must_use]
pub fn thread_cpu() -> Duration {
    read(ClockId::CLOCK_THREAD_CPUTIME_ID)
}

fn read(clock: ClockId) -> Duration {
    clock_gettime(clock).map(Duration::from).unwrap_or_default()
}

/// Milliseconds with three decimals, the way every answer states a duration.
#[must_use]
pub fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_clocks_advance_with_work_and_stand_still_while_waiting() {
        let (process, thread) = (process_cpu(), thread_cpu());
        while thread_cpu() < thread + Duration::from_millis(5) {}
        assert!(process_cpu() >= process + Duration::from_millis(5));

        let before = thread_cpu();
        std::thread::park_timeout(Duration::from_millis(40));
        assert!(thread_cpu() - before < Duration::from_millis(20));
    }

    #[test]
    fn milliseconds_keep_three_decimals() {
        assert_eq!(milliseconds(Duration::from_nanos(1_234_567)), 1.235);
        assert_eq!(milliseconds(Duration::ZERO), 0.0);
    }
}
