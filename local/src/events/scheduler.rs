//! EventBridge Scheduler on one machine: invokes a function again and again, asynchronously as on AWS.
//! Knows the template's schedules and the clock.
//!
//! The default event: EventBridge Scheduler delivers it where a schedule has no Input (AWS Lambda Developer Guide, "Using Lambda
//! with Amazon EventBridge Scheduler"). Context attributes: EventBridge Scheduler User Guide, "Adding context attributes".

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use template::{ACCOUNT, Asynchronous, Function, REGION, Schedule};
use time::OffsetDateTime;
use tokio::sync::Semaphore;

use super::asynchronous::Invocation;
use super::clock::Clock;
use super::sqs::ms;
use crate::lambda::{Answer, Lambda};

/// Events of one schedule that may be on their way at once. What fires above it is dropped, and that is said.
const MOST_AT_ONCE: usize = 10;

/// Starts all schedules of the functions. Each first fires as soon as its function is compiled.
pub fn start(functions: &[Function], lambda: &Lambda, clock: Clock) {
    for function in functions {
        for schedule in &function.schedules {
            let timer = Timer {
                function: function.name.clone(),
                rules: function.asynchronous,
                schedule: schedule.clone(),
                lambda: lambda.clone(),
                clock,
            };
            tokio::spawn(Arc::new(timer).run());
        }
    }
}

/// One schedule of one function.
struct Timer {
    function: String,
    rules: Asynchronous,
    schedule: Schedule,
    lambda: Lambda,
    clock: Clock,
}

impl Timer {
    async fn run(self: Arc<Self>) {
        let slots = Arc::new(Semaphore::new(MOST_AT_ONCE));
        let every = ms(self.schedule.every).max(1);
        // The first one waits for the function to be compiled, and time begins after it.
        let first = self.invocation();
        let answer = first.attempt(&self.lambda).await;
        tokio::spawn(Arc::clone(&self).settle(first, answer));
        let mut next = self.clock.now() + every;
        loop {
            self.clock.until(next).await;
            match Arc::clone(&slots).try_acquire_owned() {
                Ok(slot) => {
                    let timer = Arc::clone(&self);
                    tokio::spawn(async move {
                        let invocation = timer.invocation();
                        let answer = invocation.attempt(&timer.lambda).await;
                        timer.settle(invocation, answer).await;
                        drop(slot);
                    });
                }
                Err(_) => {
                    let (function, schedule) = (&self.function, &self.schedule.name);
                    tracing::warn!(function, schedule, "앞선 호출이 밀려 이번은 거른다");
                }
            }
            // What was missed because the machine slept is not made up for.
            let late = self.clock.now().saturating_sub(next);
            next += (late / every + 1) * every;
        }
    }

    fn invocation(&self) -> Invocation {
        Invocation {
            function: self.function.clone(),
            event: Bytes::from(event(&self.schedule, OffsetDateTime::now_utc())),
            rules: self.rules,
        }
    }

    async fn settle(self: Arc<Self>, invocation: Invocation, answer: Answer) {
        let (function, schedule) = (&self.function, &self.schedule.name);
        if let Err((error, failures)) = invocation.settle(answer, &self.lambda, self.clock).await {
            tracing::warn!(function, schedule, "일정의 호출이 {failures}번 실패해 그만둔다: {error}");
        }
    }
}

/// The event that is sent at a time.
fn event(schedule: &Schedule, at: OffsetDateTime) -> String {
    let id = uuid::Uuid::new_v4().to_string();
    let arn = format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{}", schedule.name);
    let (hour, minute, second) = at.to_hms();
    let month = u8::from(at.month());
    let time = format!("{:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", at.year(), at.day());
    match &schedule.input {
        Some(input) => input
            .replace("<aws.scheduler.schedule-arn>", &arn)
            .replace("<aws.scheduler.scheduled-time>", &time)
            .replace("<aws.scheduler.execution-id>", &id)
            .replace("<aws.scheduler.attempt-number>", "1"),
        None => json!({
            "version": "0",
            "id": id,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": ACCOUNT,
            "time": time,
            "region": REGION,
            "resources": [arn],
            "detail": "{}",
        })
        .to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::*;

    fn sent(input: Option<&str>) -> Value {
        let schedule =
            Schedule { name: "Tick".into(), every: Duration::from_secs(60), input: input.map(str::to_owned) };
        let at = OffsetDateTime::from_unix_timestamp_nanos(1_795_305_600_123_456_789).unwrap();
        serde_json::from_str(&event(&schedule, at)).unwrap()
    }

    #[test]
    fn without_input_the_scheduler_sends_its_own_event() {
        let mut event = sent(None);
        assert_eq!(event["id"].take().as_str().map(str::len), Some(36));
        let expected = json!({
            "version": "0", "id": null, "detail-type": "Scheduled Event", "source": "aws.scheduler",
            "account": "123456789012", "time": "2026-11-22T00:00:00Z", "region": "ap-northeast-2",
            "resources": ["arn:aws:scheduler:ap-northeast-2:123456789012:schedule/default/Tick"], "detail": "{}"
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn an_input_is_sent_as_it_is_but_for_what_only_the_scheduler_knows() {
        assert_eq!(sent(Some(r#"{"a": [1, "<b>"]}"#)), json!({"a": [1, "<b>"]}));
        let input = r#"{"at": "<aws.scheduler.scheduled-time>", "id": "<aws.scheduler.execution-id>", "n": "<aws.scheduler.attempt-number>"}"#;
        let event = sent(Some(input));
        assert_eq!((&event["at"], &event["n"]), (&json!("2026-11-22T00:00:00Z"), &json!("1")));
        assert_eq!(event["id"].as_str().map(str::len), Some(36));
    }
}
