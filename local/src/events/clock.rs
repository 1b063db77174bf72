//! The clock of schedules and queues, which may run faster than the machine's.
//! Knows time and nothing that waits for it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::time_scale::TimeScale;

/// Runs `scale` times as fast as time does.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    since: Instant,
    scale: TimeScale,
}

impl Default for Clock {
    fn default() -> Self {
        Self::start(TimeScale::default())
    }
}

impl Clock {
    /// Starts now.
    pub fn start(scale: TimeScale) -> Self {
        Self { since: Instant::now(), scale }
    }

    /// ms of this clock since it started.
    pub fn now(&self) -> u64 {
        super::sqs::ms(self.scale.gone_by(self.since.elapsed()))
    }

    /// How long `duration` of this clock lasts.
    pub fn real(&self, duration: Duration) -> Duration {
        self.scale.of(duration)
    }

    /// Waits until this clock shows `moment`, in ms since it started.
    pub async fn until(&self, moment: u64) {
        // Rounded up: a wait that ends a little early would be tried again and again.
        let real = self.scale.of(Duration::from_millis(moment)) + Duration::from_nanos(1);
        tokio::time::sleep_until(self.since + real).await;
    }
}

/// Epoch ms, of the machine's own clock.
pub fn wall() -> u64 {
    super::sqs::ms(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}
