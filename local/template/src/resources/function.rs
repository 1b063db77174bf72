//! Reads `AWS::Serverless::Function`.
//! Knows SAM's property names and Lambda's bounds (AWS Lambda Developer Guide, "Lambda quotas", 2026).

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Resource, bounded, events, keep, required};
use crate::PACKAGES;
use crate::support::FUNCTION;
use crate::system::Function;
use crate::yaml::{Node, Problem};

/// Lambda's bounds and defaults.
const MEMORY_MB: std::ops::RangeInclusive<u32> = 128..=10_240;
const TIMEOUT_S: std::ops::RangeInclusive<u64> = 1..=900;
const DEFAULT_TIMEOUT_S: u64 = 3;

pub(super) fn read(resources: &[Resource], problems: &mut Vec<Problem>) -> Vec<Function> {
    let functions = resources.iter().filter(|resource| resource.kind == FUNCTION);
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
    Some(Function {
        name: resource.id.clone(),
        package,
        memory_mb,
        timeout: Duration::from_secs(timeout),
        environment: environment(properties, problems),
        reserved,
        provisioned,
        schedules: events::schedules(properties, problems),
        asynchronous: events::asynchronous(properties, problems),
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
}
