//! Reads `AWS::Serverless::Function`.
//! Knows SAM's property names and Lambda's bounds (AWS Lambda Developer Guide, "Lambda quotas", 2026).

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Resource, keep, required};
use crate::system::{Function, Schedule};
use crate::yaml::{Node, Problem};

/// Lambda's bounds and defaults.
const MEMORY_MB: std::ops::RangeInclusive<u32> = 128..=10_240;
const TIMEOUT_S: std::ops::RangeInclusive<u64> = 1..=900;
const DEFAULT_TIMEOUT_S: u64 = 3;

pub(super) fn read(resources: &[Resource], problems: &mut Vec<Problem>) -> Vec<Function> {
    let functions = resources.iter().filter(|resource| resource.kind == "AWS::Serverless::Function");
    functions.filter_map(|resource| function(resource, problems)).collect()
}

fn function(resource: &Resource, problems: &mut Vec<Problem>) -> Option<Function> {
    let properties = &resource.properties;
    for (name, only) in [("Runtime", "provided.al2023"), ("Handler", "bootstrap")] {
        if let Some(node) = required(resource, name, problems)
            && node.text() != Ok(only)
        {
            problems.push(Problem::new(
                node.place,
                format!("only {name} `{only}` runs here: the functions are Rust"),
            ));
        }
    }
    let code = required(resource, "CodeUri", problems)?;
    let package = keep(code.text(), problems)?.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let memory_mb = bounded(properties.get("MemorySize"), *MEMORY_MB.start(), &MEMORY_MB, "MB", problems)?;
    let timeout = bounded(properties.get("Timeout"), DEFAULT_TIMEOUT_S, &TIMEOUT_S, "seconds", problems)?;
    let reserved = match properties.get("ReservedConcurrentExecutions") {
        Some(node) => Some(keep(node.parse("a whole number"), problems)?),
        None => None,
    };
    let provisioned = match properties.get("ProvisionedConcurrencyConfig") {
        Some(node) => provisioned(node, properties, problems)?,
        None => 0,
    };
    let mut schedules = Vec::new();
    for (name, event) in properties.get("Events").map_or(&[][..], Node::entries) {
        schedules.extend(keep(schedule(&name.text, event), problems));
    }
    Some(Function {
        name: resource.id.clone(),
        package: package.to_owned(),
        memory_mb,
        timeout: Duration::from_secs(timeout),
        environment: environment(properties, problems),
        reserved,
        provisioned,
        schedules,
    })
}

fn bounded<T>(
    node: Option<&Node>,
    default: T,
    bounds: &std::ops::RangeInclusive<T>,
    unit: &str,
    problems: &mut Vec<Problem>,
) -> Option<T>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display + Copy,
{
    let Some(node) = node else { return Some(default) };
    let value = keep(node.parse("a whole number"), problems)?;
    if !bounds.contains(&value) {
        let (low, high) = (bounds.start(), bounds.end());
        problems.push(Problem::new(node.place, format!("{value} {unit} is outside {low}–{high}")));
        return None;
    }
    Some(value)
}

fn provisioned(node: &Node, properties: &Node, problems: &mut Vec<Problem>) -> Option<u32> {
    if properties.get("AutoPublishAlias").is_none() {
        problems.push(Problem::new(
            node.place,
            "provisioned concurrency hangs on a version: add AutoPublishAlias and let the integration name the alias",
        ));
    }
    match node.get("ProvisionedConcurrentExecutions") {
        Some(count) => keep(count.parse("a whole number"), problems),
        None => keep(Err(Problem::new(node.place, "lacks ProvisionedConcurrentExecutions")), problems),
    }
}

fn environment(properties: &Node, problems: &mut Vec<Problem>) -> BTreeMap<String, String> {
    let Some(environment) = properties.get("Environment") else { return BTreeMap::new() };
    let variables = environment.get("Variables").map_or(&[][..], Node::entries);
    let variables = variables.iter().filter_map(|(key, node)| {
        // Lambda sets these itself and refuses a template that does ("Using Lambda environment variables").
        if key.text.starts_with("AWS_") {
            problems.push(Problem::new(key.place, format!("`{}` is reserved: Lambda sets it", key.text)));
        }
        Some((key.text.clone(), keep(node.text(), problems)?.to_owned()))
    });
    variables.collect()
}

fn schedule(name: &str, event: &Node) -> Result<Schedule, Problem> {
    let kind = event.get("Type").map(Node::text).transpose()?;
    if kind != Some("ScheduleV2") {
        return Err(Problem::new(
            event.place,
            "only events of type ScheduleV2 are honoured here; routes are resources",
        ));
    }
    let properties = event.get("Properties").unwrap_or(event);
    let field = |field: &str| {
        let missing = || Problem::new(event.place, format!("the schedule lacks {field}"));
        properties.get(field).ok_or_else(missing)
    };
    let expression = field("ScheduleExpression")?;
    let every = rate(expression.text()?).ok_or_else(|| {
        Problem::new(expression.place, "only `rate(N minutes|hours|days)` is honoured here, N at least 1")
    })?;
    let input = field("Input")?;
    if let Err(error) = serde_json::from_str::<serde_json::Value>(input.text()?) {
        return Err(Problem::new(input.place, format!("Input is not JSON: {error}")));
    }
    Ok(Schedule { name: name.to_owned(), every, input: input.text()?.to_owned() })
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
