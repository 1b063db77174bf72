//! The clock of schedules and queues, which may run faster than the machine's.
//! Knows time and nothing that waits for it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Runs `scale` times as fast as time does.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    since: Instant,
    scale: u32,
}

impl Clock {
    /// Starts now. A scale of 0 is taken for 1.
    pub fn start(scale: u32) -> Self {
        Self { since: Instant::now(), scale: scale.max(1) }
    }

    /// ms of this clock since it started.
    pub fn now(&self) -> u64 {
        super::sqs::ms(self.since.elapsed().saturating_mul(self.scale))
    }

    /// How long `duration` of this clock lasts.
    pub fn real(&self, duration: Duration) -> Duration {
        duration / self.scale
    }

    /// Waits until this clock shows `moment`, in ms since it started.
    pub async fn until(&self, moment: u64) {
        // Rounded up: a wait that ends a little early would be tried again and again.
        let real = Duration::from_millis(moment.div_ceil(u64::from(self.scale)));
        tokio::time::sleep_until(self.since + real).await;
    }
}

/// Epoch ms, of the machine's own clock.
pub fn wall() -> u64 {
    super::sqs::ms(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}
