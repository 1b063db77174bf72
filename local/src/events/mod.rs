//! EventBridge Scheduler on one machine: sends a schedule's input to its function, over and over.
//! Knows the template's schedules and `Lambda::invoke`.

use std::time::Duration;

use bytes::Bytes;

use crate::lambda::{InvokeError, Lambda};
use template::{Function, Schedule};

/// A function that is still being compiled is tried again this soon.
const UNTIL_BUILT: Duration = Duration::from_secs(1);

/// Starts all schedules of the functions. Each first fires as soon as its function is live.
pub fn start(functions: &[Function], lambda: &Lambda) {
    for function in functions {
        for schedule in &function.schedules {
            tokio::spawn(run(function.name.clone(), schedule.clone(), lambda.clone()));
        }
    }
}

async fn run(function: String, schedule: Schedule, lambda: Lambda) {
    let input = Bytes::from(schedule.input);
    loop {
        let answer = lambda.invoke(&function, input.clone(), String::new()).await;
        let wait = match answer {
            Err(InvokeError::Building) => {
                tokio::time::sleep(UNTIL_BUILT).await;
                continue;
            }
            Err(error) => {
                tracing::warn!(function, schedule = schedule.name, "schedule: {error}");
                schedule.every
            }
            Ok(_) => schedule.every,
        };
        tokio::time::sleep(lambda.time_scale().of(wait)).await;
    }
}
