//! Gives a running environment the share of a CPU that its memory size buys, because on Lambda memory is CPU.
//! Knows processes and fractions; the Runtime API tells it when an invocation begins and ends.
//!
//! Lambda gives one vCPU at 1,769 MB and a proportional share below (AWS Lambda Developer Guide, "Configure Lambda
//! function memory"); init runs at full speed at every size, so the controller is on during invocations only.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::process;

/// The memory size that buys one vCPU, in MB.
pub const FULL_SPEED_MB: u32 = 1769;

/// How often shares are checked. 5 ms holds a share within a percentage point for under 1 % of a core per busy
/// environment; jobs much shorter finish before the first stop, as on Lambda.
const TICK: Duration = Duration::from_millis(5);

/// Stops and continues running environments so that none uses more than its share.
#[derive(Debug, Clone)]
pub struct Controller {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    running: Mutex<Vec<Share>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Share {
    pid: Pid,
    /// Share of one CPU, below 1.
    fraction: f64,
    /// CPU seconds it may still use now.
    credit: f64,
    used: Duration,
    looked: Instant,
    stopped: bool,
}

impl Controller {
    /// Starts the controller's thread, which sleeps while nothing runs.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start() -> std::io::Result<Self> {
        let shared = Arc::new(Shared { running: Mutex::default(), changed: Condvar::new() });
        let controller = Self { shared: Arc::clone(&shared) };
        thread::Builder::new().name("cpu".into()).spawn(move || shared.control())?;
        Ok(controller)
    }

    /// An invocation begins: from now on `pid` gets the share of `memory_mb`.
    pub fn begin(&self, pid: Pid, memory_mb: u32) {
        let fraction = f64::from(memory_mb) / f64::from(FULL_SPEED_MB);
        let Some(used) = process::cpu_time(pid).filter(|_| fraction < 1.0) else { return };
        let credit = fraction * TICK.as_secs_f64();
        let share = Share { pid, fraction, credit, used, looked: Instant::now(), stopped: false };
        self.shared.lock().push(share);
        self.shared.changed.notify_one();
    }

    /// The invocation has answered: `pid` is running when this returns and is not stopped by the controller any more.
    pub fn end(&self, pid: Pid) {
        let mut running = self.shared.lock();
        if let Some(index) = running.iter().position(|share| share.pid == pid) {
            let share = running.swap_remove(index);
            if share.stopped {
                process::thaw(pid);
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<Share>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn control(&self) {
        loop {
            let mut running = self.lock();
            while running.is_empty() {
                running = self.changed.wait(running).unwrap_or_else(PoisonError::into_inner);
            }
            for share in running.iter_mut() {
                share.tick(Instant::now());
            }
            drop(running);
            thread::sleep(TICK);
        }
    }
}

impl Share {
    fn tick(&mut self, now: Instant) {
        // A process that has just ended is taken out by its supervisor.
        let Some(used) = process::cpu_time(self.pid) else { return };
        let spent = used.saturating_sub(self.used).as_secs_f64();
        let earned = self.fraction * (now - self.looked).as_secs_f64();
        self.credit = next_credit(self.credit, earned, spent, self.fraction);
        (self.used, self.looked) = (used, now);
        let stop = self.credit <= 0.0;
        if stop != self.stopped {
            if stop {
                process::freeze(self.pid)
            } else {
                process::thaw(self.pid)
            }
            self.stopped = stop;
        }
    }
}

/// Credit is capped at what one tick earns, so that waiting does not save up for a burst.
fn next_credit(credit: f64, earned: f64, spent: f64, fraction: f64) -> f64 {
    (credit + earned - spent).min(fraction * TICK.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_saves_up_one_tick_at_most() {
        let tick = TICK.as_secs_f64();
        assert_eq!(next_credit(0.0, 10.0, 0.0, 0.5), 0.5 * tick);
        assert!(next_credit(0.001, 0.001, 0.005, 0.5) < 0.0);
    }

    #[test]
    fn over_many_ticks_a_busy_process_gets_its_fraction() {
        for fraction in [128.0 / 1769.0, 512.0 / 1769.0, 1024.0 / 1769.0] {
            let (mut credit, mut spent, tick) = (0.0, 0.0, TICK.as_secs_f64());
            for _ in 0..10_000 {
                let now = if credit > 0.0 { tick } else { 0.0 };
                spent += now;
                credit = next_credit(credit, fraction * tick, now, fraction);
            }
            let share = spent / (10_000.0 * tick);
            assert!((share - fraction).abs() < 0.01, "{share} for {fraction}");
        }
    }
}
