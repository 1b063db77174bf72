//! A visitor who asks faster than allowed is told to wait, and nobody else is.
//! Only for deployments whose burst is known; in others no number of requests must ever be answered 429.

use super::Check;
use anyhow::ensure;

/// Refilling while the requests are under way lets some more through.
const SLACK: u32 = 3;

// ANCHOR: throttle-check
pub(super) fn check(burst: u32) -> Check {
    Check::new(
        "throttle: a visitor over the burst gets 429 with retry-after, another does not",
        move |service| {
            let (eager, calm) = (service.reader()?, service.reader()?);
            for _ in 0..burst.saturating_mul(SLACK).max(2) {
                let answer = eager.get("/api/users/1")?;
                if answer.body["error"]["code"] == "too_many_requests" {
                    let refused = answer.refused(429, "too_many_requests")?;
                    let wait: u64 = refused.header("retry-after").parse().unwrap_or_default();
                    ensure!(wait >= 1, "expected retry-after in seconds\n{refused}");
                    calm.get("/api/users/1")?.refused(404, "user_not_found")?;
                    return Ok(());
                }
                answer.refused(404, "user_not_found")?;
            }
            anyhow::bail!("never refused")
        },
    )
}
// ANCHOR_END: throttle-check
