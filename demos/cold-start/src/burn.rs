//! Uses the processor for a given time, by the thread's own CPU clock: a throttled thread takes longer, as Lambda's do.
//! Runs on a blocking thread, so that the runtime's thread stays free to answer.

use environment::clock::thread_cpu;
use std::{hint::black_box, time::Duration};
use tokio::task::{JoinError, spawn_blocking};

/// Steps of arithmetic between two looks at the clock: well below a tenth of a millisecond.
const STEPS: u64 = 2_000;

/// Burns `cpu` of processor time and says how much it really was.
///
/// # Errors
/// When the thread could not be started or died.
pub(crate) async fn burn(cpu: Duration) -> Result<Duration, JoinError> {
    if cpu.is_zero() {
        return Ok(cpu);
    }
    spawn_blocking(move || {
        let start = thread_cpu();
        let mut state = 1_u64;
        loop {
            for step in 0..STEPS {
                state = black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step));
            }
            let spent = thread_cpu() - start;
            if spent >= cpu {
                return spent;
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn burns_what_was_asked_and_hardly_more() {
        for asked in [0, 1, 30] {
            let asked = Duration::from_millis(asked);
            let spent = burn(asked).await.unwrap();
            assert!(spent >= asked && spent < asked + Duration::from_millis(2), "{asked:?} {spent:?}");
        }
    }
}
