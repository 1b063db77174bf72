//! Reads what invokes a function beside the API: SAM's `Events`, and how Lambda repeats an asynchronous invocation.
//! Knows the two kinds of event source this machine has: EventBridge Scheduler (`ScheduleV2`) and SQS.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::{Resource, bounded, keep};
use crate::support::{self, FUNCTION};
use crate::system::{Asynchronous, DeployOnly, EventSourceMapping, Function, Queue, Schedule};
use crate::yaml::{Node, Problem};

/// Bounds and defaults of an event source mapping of a standard queue (AWS Lambda API Reference, "CreateEventSourceMapping").
const BATCH: (RangeInclusive<usize>, usize) = (1..=10_000, 10);
/// A batch above this needs a batching window.
const BATCH_WITHOUT_WINDOW: usize = 10;
const WINDOW: (RangeInclusive<u64>, u64) = (0..=300, 0);
const CONCURRENCY: RangeInclusive<usize> = 2..=1_000;
/// Of an asynchronous invocation (AWS Lambda API Reference, "PutFunctionEventInvokeConfig").
const RETRIES: (RangeInclusive<u32>, u32) = (0..=2, 2);
const AGE: (RangeInclusive<u64>, u64) = (60..=21_600, 21_600);

/// A function's events: name in the template, kind, properties.
fn events(properties: &Node) -> impl Iterator<Item = (&str, Option<&str>, &Node)> {
    properties.get("Events").map_or(&[][..], Node::entries).iter().map(|(name, event)| {
        let kind = event.get("Type").and_then(|node| node.text().ok());
        (name.text.as_str(), kind, event)
    })
}

/// Whether Lambda polls a queue for the function.
pub(super) fn polls(function: &Resource) -> bool {
    events(&function.properties).any(|(_, kind, _)| kind == Some("SQS"))
}

/// Checks the kinds of event and the names of their properties.
pub(super) fn check(resource: &Resource, deploy_only: &mut DeployOnly, problems: &mut Vec<Problem>) {
    if resource.kind != FUNCTION {
        return;
    }
    for (_, kind, event) in events(&resource.properties) {
        let Some(kind) = kind.filter(|kind| ["ScheduleV2", "SQS"].contains(kind)) else {
            problems.push(Problem::new(
                event.place,
                "only events of type ScheduleV2 and SQS are honoured here; routes are resources",
            ));
            continue;
        };
        for (key, _) in event.entries() {
            if !["Type", "Properties"].contains(&key.text.as_str()) {
                problems.push(Problem::new(key.place, format!("`{}` is no part of an event", key.text)));
            }
        }
        let kind = format!("{FUNCTION}.{kind}");
        for property in support::check(&kind, event.get("Properties").unwrap_or(event), problems) {
            deploy_only.add_property(&kind, &property);
        }
    }
}

/// The schedules of a function.
pub(super) fn schedules(properties: &Node, problems: &mut Vec<Problem>) -> Vec<Schedule> {
    let mut found = Vec::new();
    for (name, kind, event) in events(properties) {
        if kind == Some("ScheduleV2") {
            let schedule = keep(schedule(name, event), problems);
            found.extend(schedule.filter(|_| is_on(event, "State", ["ENABLED", "DISABLED"], problems)));
        }
    }
    found
}

/// Whether the property that switches an event source on or off leaves it on.
fn is_on(event: &Node, property: &str, [on, off]: [&str; 2], problems: &mut Vec<Problem>) -> bool {
    let Some(node) = event.get("Properties").and_then(|properties| properties.get(property)) else {
        return true;
    };
    let text = node.text().unwrap_or_default();
    if ![on, off].contains(&text) {
        problems.push(Problem::new(node.place, format!("{property} is `{on}` or `{off}`")));
    }
    text != off
}

fn schedule(name: &str, event: &Node) -> Result<Schedule, Problem> {
    let lacks = |field: &str| Problem::new(event.place, format!("the schedule lacks {field}"));
    let properties = event.get("Properties").ok_or_else(|| lacks("Properties"))?;
    let expression = properties.get("ScheduleExpression").ok_or_else(|| lacks("ScheduleExpression"))?;
    let every = rate(expression.text()?).ok_or_else(|| {
        Problem::new(expression.place, "only `rate(N minutes|hours|days)` is honoured here, N at least 1")
    })?;
    if let Some(input) = properties.get("Input")
        && let Err(error) = serde_json::from_str::<serde_json::Value>(input.text()?)
    {
        return Err(Problem::new(input.place, format!("Input is not JSON: {error}")));
    }
    let input = properties.get("Input").and_then(|node| node.text().ok()).map(str::to_owned);
    Ok(Schedule { name: name.to_owned(), every, input })
}

/// `rate(5 minutes)` (EventBridge Scheduler User Guide, "Schedule types").
fn rate(expression: &str) -> Option<Duration> {
    let (count, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let count: u64 = count.parse().ok().filter(|count| (1..=10_000).contains(count))?;
    let minutes = match unit {
        "minute" | "minutes" => 1,
        "hour" | "hours" => 60,
        "day" | "days" => 24 * 60,
        _ => return None,
    };
    Some(Duration::from_secs(count * minutes * 60))
}

/// `EventInvokeConfig` of a function.
pub(super) fn asynchronous(properties: &Node, problems: &mut Vec<Problem>) -> Asynchronous {
    let config = properties.get("EventInvokeConfig");
    for (key, _) in config.map_or(&[][..], Node::entries) {
        if !["MaximumEventAgeInSeconds", "MaximumRetryAttempts"].contains(&key.text.as_str()) {
            let message = format!("`{}` of EventInvokeConfig is not honoured on this machine", key.text);
            problems.push(Problem::new(key.place, message));
        }
    }
    let field = |name: &str| config.and_then(|config| config.get(name));
    let ((retries, some), (ages, long)) = (RETRIES, AGE);
    let retries = bounded(field("MaximumRetryAttempts"), some, &retries, "retries", problems);
    let age = bounded(field("MaximumEventAgeInSeconds"), long, &ages, "seconds", problems);
    Asynchronous { retries: retries.unwrap_or(some), age: Duration::from_secs(age.unwrap_or(long)) }
}

/// The event source mappings of all functions.
pub(super) fn mappings(
    resources: &[Resource],
    functions: &[Function],
    queues: &[Queue],
    problems: &mut Vec<Problem>,
) -> Vec<EventSourceMapping> {
    let mut found = Vec::new();
    for resource in resources.iter().filter(|resource| resource.kind == FUNCTION) {
        let function = functions.iter().find(|function| function.name == resource.id);
        for (name, kind, event) in events(&resource.properties) {
            if let (Some("SQS"), Some(function)) = (kind, function) {
                let mapping = mapping(name, event, function, queues, problems);
                found.extend(mapping.filter(|_| is_on(event, "Enabled", ["true", "false"], problems)));
            }
        }
    }
    found
}

fn mapping(
    name: &str,
    event: &Node,
    function: &Function,
    queues: &[Queue],
    problems: &mut Vec<Problem>,
) -> Option<EventSourceMapping> {
    let mut lacks = |field: &str| {
        problems.push(Problem::new(event.place, format!("the event source lacks {field}")));
        None
    };
    let Some(properties) = event.get("Properties") else { return lacks("Properties") };
    let Some(source) = properties.get("Queue") else { return lacks("Queue") };
    let Some(queue) = queues.iter().find(|queue| source.text() == Ok(queue.arn.as_str())) else {
        let message = "Queue must be `!GetAtt <queue>.Arn` of a queue of this template";
        problems.push(Problem::new(source.place, message));
        return None;
    };
    let ((batches, some), (windows, none)) = (BATCH, WINDOW);
    let batch_size = bounded(properties.get("BatchSize"), some, &batches, "messages", problems)?;
    let window =
        bounded(properties.get("MaximumBatchingWindowInSeconds"), none, &windows, "seconds", problems)?;
    if batch_size > BATCH_WITHOUT_WINDOW && window == 0 {
        problems.push(Problem::new(
            event.place,
            format!(
                "a BatchSize above {BATCH_WITHOUT_WINDOW} needs MaximumBatchingWindowInSeconds of at least 1"
            ),
        ));
    }
    // Lambda makes no such mapping; these are its words.
    let (hidden, timeout) = (queue.visibility_timeout.as_secs(), function.timeout.as_secs());
    if hidden < timeout {
        problems.push(Problem::new(
            event.place,
            format!(
                "Queue visibility timeout: {hidden} seconds is less than Function timeout: {timeout} seconds"
            ),
        ));
    }
    let types = properties.get("FunctionResponseTypes").map_or(&[][..], Node::items);
    for unknown in types.iter().filter(|node| node.text() != Ok("ReportBatchItemFailures")) {
        problems
            .push(Problem::new(unknown.place, "the only FunctionResponseTypes is ReportBatchItemFailures"));
    }
    let max_concurrency = match properties.get("ScalingConfig") {
        Some(node) => Some(max_concurrency(node, problems)?),
        None => None,
    };
    Some(EventSourceMapping {
        name: name.to_owned(),
        function: function.name.clone(),
        queue: queue.name.clone(),
        batch_size,
        window: Duration::from_secs(window),
        reports_failures: !types.is_empty(),
        max_concurrency,
    })
}

fn max_concurrency(scaling: &Node, problems: &mut Vec<Problem>) -> Option<usize> {
    for (key, _) in scaling.entries() {
        if key.text != "MaximumConcurrency" {
            let message = format!("`{}` of ScalingConfig is not honoured on this machine", key.text);
            problems.push(Problem::new(key.place, message));
        }
    }
    let Some(node) = scaling.get("MaximumConcurrency") else {
        problems.push(Problem::new(scaling.place, "ScalingConfig lacks MaximumConcurrency"));
        return None;
    };
    bounded(Some(node), *CONCURRENCY.start(), &CONCURRENCY, "invocations at once", problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates() {
        assert_eq!(rate("rate(5 minutes)"), Some(Duration::from_secs(300)));
        assert_eq!(rate("rate(1 day)"), Some(Duration::from_secs(86_400)));
        for text in ["rate(0 minutes)", "rate(5)", "cron(0 7 * * ? *)", "rate(5 fortnights)", ""] {
            assert_eq!(rate(text), None, "{text}");
        }
    }
}
