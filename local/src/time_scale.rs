//! Makes minutes pass as seconds, for people who want to see what takes hours on AWS: idle times, recycling, schedules.
//! Knows durations only. What is measured or billed, and every timeout, stays what it is.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// How many times faster than the clock on the wall waiting goes by: 60 makes a minute a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeScale(NonZeroU32);

/// An hour goes by in a second.
const FASTEST: u32 = 3600;

impl Default for TimeScale {
    fn default() -> Self {
        Self(NonZeroU32::MIN)
    }
}

impl TimeScale {
    /// The number itself, at least 1.
    pub fn times(self) -> u32 {
        self.0.get()
    }

    /// How long a wait lasts here that lasts `wait` on AWS.
    pub fn of(self, wait: Duration) -> Duration {
        wait / self.0.get()
    }

    /// How much of AWS's time has gone by when `time` has here.
    pub fn gone_by(self, time: Duration) -> Duration {
        time.saturating_mul(self.0.get())
    }
}

impl fmt::Display for TimeScale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TimeScale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let times = text.parse().ok().filter(|times| (1..=FASTEST).contains(times)).and_then(NonZeroU32::new);
        times
            .map(Self)
            .ok_or_else(|| format!("1부터 {FASTEST}까지의 정수 (a whole number from 1 to {FASTEST})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_pass_as_seconds() {
        let scale: TimeScale = "60".parse().unwrap();
        assert_eq!(scale.of(Duration::from_secs(600)), Duration::from_secs(10));
        assert_eq!(scale.gone_by(Duration::from_secs(10)), Duration::from_secs(600));
        assert_eq!(TimeScale::default().of(Duration::from_secs(600)), Duration::from_secs(600));
        for wrong in ["0", "-1", "3601", "1.5", "", "x"] {
            assert!(wrong.parse::<TimeScale>().is_err(), "{wrong}");
        }
    }
}
