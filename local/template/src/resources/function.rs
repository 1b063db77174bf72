//! Reads `AWS::Serverless::Function`.
//! Knows SAM's property names and Lambda's bounds (AWS Lambda Developer Guide, "Lambda quotas", 2026).

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Resource, keep, required};
use crate::PACKAGES;
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
    let package = keep(package(code), problems)?;
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
        package,
        memory_mb,
        timeout: Duration::from_secs(timeout),
        environment: environment(properties, problems),
        reserved,
        provisioned,
        schedules,
    })
}

/// The cargo package behind `CodeUri`. One form alone is understood, because what is packaged must be what is deployed.
pub(crate) fn package(code: &Node) -> Result<String, Problem> {
    let text = code.text()?;
    let name = text.strip_prefix(PACKAGES).and_then(|rest| rest.strip_prefix('/')?.strip_suffix(".zip"));
    // The characters of a cargo package's name (the Cargo book, "The manifest format").
    let is_name = |name: &&str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name.filter(is_name).map(str::to_owned).ok_or_else(|| {
        Problem::new(
            code.place,
            format!("CodeUri `{text}`: write `{PACKAGES}/<package>.zip`, the zip of a cargo package of this workspace"),
        )
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
    use crate::yaml::Place;

    #[test]
    fn packages() {
        let code = |text: &str| Node::scalar(text, Place { line: 3, column: 7 });
        assert_eq!(package(&code("target/lambda/cold-start.zip")), Ok("cold-start".to_owned()));
        for text in [
            "target/lambda/users/",
            "target/lambda/users",
            "target/lambda/.zip",
            "target/lambda/../users.zip",
            "target/lambda/a b.zip",
            "target/lambda/-users.zip",
            "lambda/users.zip",
            "target/lambda-users.zip",
            "",
        ] {
            let problem = package(&code(text)).unwrap_err();
            assert_eq!((problem.place.line, problem.place.column), (3, 7), "{text}");
            assert!(problem.message.contains("target/lambda/<package>.zip"), "{}", problem.message);
        }
    }

    #[test]
    fn rates() {
        assert_eq!(rate("rate(5 minutes)"), Some(Duration::from_secs(300)));
        assert_eq!(rate("rate(1 day)"), Some(Duration::from_secs(86_400)));
        for text in ["rate(0 minutes)", "rate(5)", "cron(0 7 * * ? *)", "rate(5 fortnights)", ""] {
            assert_eq!(rate(text), None, "{text}");
        }
    }
}
