//! Lambda's asynchronous invocation: nobody waits for the answer, so Lambda itself tries again.
//! Knows `Lambda::invoke` and the clock; knows no event.
//!
//! Rules: AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation".

use std::time::Duration;

use bytes::Bytes;
use template::Asynchronous;

use super::clock::Clock;
use super::sqs::ms;
use crate::lambda::{Answer, InvokeError, Lambda};

/// A function that is still being compiled is tried again this soon.
const UNTIL_BUILT: Duration = Duration::from_secs(1);
/// Before the second attempt, and before every further one.
const AFTER_ERROR: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];
/// After a throttled attempt: doubles from the first to the last.
const AFTER_THROTTLE: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(300)];

/// An event on its way to a function.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Name of the function.
    pub function: String,
    /// The event, JSON.
    pub event: Bytes,
    /// The function's `EventInvokeConfig`.
    pub rules: Asynchronous,
}

impl Invocation {
    /// One attempt. Waits for a function that is still being compiled, of which there are none on AWS.
    pub async fn attempt(&self, lambda: &Lambda) -> Answer {
        loop {
            match lambda.invoke(&self.function, self.event.clone(), String::new()).await {
                Err(InvokeError::Building) => tokio::time::sleep(UNTIL_BUILT).await,
                answer => return answer,
            }
        }
    }

    /// Goes on from the first attempt's answer until the function has managed it, or the rules say it is enough.
    ///
    /// # Errors
    /// The last error, and how often the function failed.
    pub async fn settle(
        self,
        mut answer: Answer,
        lambda: &Lambda,
        clock: Clock,
    ) -> Result<(), (InvokeError, u32)> {
        let end = clock.now() + ms(self.rules.age);
        let (mut failures, mut throttle) = (0, AFTER_THROTTLE[0]);
        loop {
            let wait = match &answer {
                Ok(_) => return Ok(()),
                Err(InvokeError::Throttled | InvokeError::Overloaded) => {
                    let wait = throttle;
                    throttle = (throttle * 2).min(AFTER_THROTTLE[1]);
                    wait
                }
                Err(_) => {
                    failures += 1;
                    AFTER_ERROR[usize::from(failures > 1)]
                }
            };
            if let Err(error) = answer
                && (failures > self.rules.retries || clock.now() + ms(wait) > end)
            {
                return Err((error, failures));
            }
            tokio::time::sleep(clock.real(wait)).await;
            answer = self.attempt(lambda).await;
        }
    }
}
