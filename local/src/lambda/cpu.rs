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

/// A share is dealt out in periods: a function at 128 MB runs 0.7 ms of every 10 ms. Jobs shorter than its slice finish
/// before the first stop, as on Lambda, where the kernel's bandwidth control works the same way.
const PERIOD: Duration = Duration::from_millis(10);
/// Timers are not much more exact than this.
const SHORTEST_WAIT: Duration = Duration::from_micros(200);

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
    /// CPU seconds it may still use now; below 0 what it used too much, which is stopped off.
    credit: f64,
    used: Duration,
    looked: Instant,
    stopped: bool,
    /// When to look again.
    due: Instant,
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
        if fraction >= 1.0 {
            return;
        }
        let Some(used) = process::cpu_time(pid) else { return };
        let now = Instant::now();
        let mut share =
            Share { pid, fraction, credit: slice(fraction), used, looked: now, stopped: false, due: now };
        share.due = now + share.until_spent();
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
        let mut running = self.lock();
        loop {
            running = match running.iter().map(|share| share.due).min() {
                None => self.changed.wait(running).unwrap_or_else(PoisonError::into_inner),
                Some(due) => {
                    let wait = due.saturating_duration_since(Instant::now());
                    self.changed.wait_timeout(running, wait).unwrap_or_else(PoisonError::into_inner).0
                }
            };
            let now = Instant::now();
            for share in running.iter_mut().filter(|share| share.due <= now) {
                share.settle(now);
            }
        }
    }
}

impl Share {
    /// Works out what was used, and stops or continues the process.
    fn settle(&mut self, now: Instant) {
        // A process that has just ended is taken out by its supervisor.
        let used = process::cpu_time(self.pid).unwrap_or(self.used);
        let spent = used.saturating_sub(self.used).as_secs_f64();
        let earned = self.fraction * (now - self.looked).as_secs_f64();
        self.credit = next_credit(self.credit, earned, spent, self.fraction);
        (self.used, self.looked) = (used, now);
        if self.stopped && self.credit >= 0.99 * slice(self.fraction) {
            process::thaw(self.pid);
            self.stopped = false;
        } else if !self.stopped && self.credit <= 0.0 {
            process::freeze(self.pid);
            self.stopped = true;
        }
        self.due = now + if self.stopped { self.until_refilled() } else { self.until_spent() };
    }

    /// The soonest a process that uses a whole CPU can have spent its credit.
    fn until_spent(&self) -> Duration {
        Duration::from_secs_f64((self.credit / (1.0 - self.fraction)).max(0.0)).max(SHORTEST_WAIT)
    }

    fn until_refilled(&self) -> Duration {
        let missing = (slice(self.fraction) - self.credit).max(0.0);
        Duration::from_secs_f64(missing / self.fraction).max(SHORTEST_WAIT)
    }
}

/// The CPU seconds one period brings.
fn slice(fraction: f64) -> f64 {
    fraction * PERIOD.as_secs_f64()
}

/// Credit is capped at one slice, so that waiting does not save up for a burst.
fn next_credit(credit: f64, earned: f64, spent: f64, fraction: f64) -> f64 {
    (credit + earned - spent).min(slice(fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_saves_up_one_slice_at_most() {
        assert_eq!(next_credit(0.0, 10.0, 0.0, 0.5), slice(0.5));
        assert!(next_credit(0.001, 0.001, 0.005, 0.5) < 0.0);
    }

    #[test]
    fn what_was_used_too_much_is_stopped_off() {
        for fraction in [128.0 / 1769.0, 512.0 / 1769.0, 1024.0 / 1769.0] {
            let now = Instant::now();
            let (pid, used) = (Pid::from_raw(1), Duration::ZERO);
            let mut share =
                Share { pid, fraction, credit: slice(fraction), used, looked: now, stopped: false, due: now };
            let (mut running, mut stopped) = (0.0, 0.0);
            for _ in 0..1000 {
                // Every look comes 0.3 ms late, so every slice is overrun.
                let ran = share.until_spent().as_secs_f64() + 0.0003;
                share.credit = next_credit(share.credit, fraction * ran, ran, fraction);
                let stood = share.until_refilled().as_secs_f64() + 0.0003;
                share.credit = next_credit(share.credit, fraction * stood, 0.0, fraction);
                running += ran;
                stopped += stood;
            }
            let got = running / (running + stopped);
            assert!((got / fraction - 1.0).abs() < 0.05, "{got} for {fraction}");
        }
    }
}
