//! Reads `AWS::ApiGatewayV2::Integration`: what the gateway calls, a function or SQS.
//! Knows the forms of the two; which route leads to one is the API's.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::api::Behind;
use super::{Resource, keep, required, role};
use crate::REGION;
use crate::parameter_mapping::Mapping;
use crate::support::FUNCTION;
use crate::system::{Integration, MappedAttribute, SendMessage};
use crate::yaml::{Node, Problem};

/// `TimeoutInMillis` of an HTTP API's integration ("Quotas for HTTP APIs").
const TIMEOUT_MS: std::ops::RangeInclusive<u64> = 50..=30_000;
const SEND_MESSAGE: &str = "SQS-SendMessage";
/// Attributes one message may have (Amazon SQS Developer Guide, "Amazon SQS message metadata").
const MOST_ATTRIBUTES: usize = 10;
/// Seconds.
const LONGEST_DELAY: u64 = 900;

/// An integration and how long the gateway waits for it.
pub(super) struct Integrated {
    pub target: Integration,
    pub timeout: Option<Duration>,
}

/// All integrations, by logical id.
pub(super) fn read(
    resources: &[Resource],
    behind: &Behind<'_>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Integrated> {
    let permitted = permitted(resources, problems);
    let mut integrations = BTreeMap::new();
    for integration in resources.iter().filter(|resource| resource.kind == "AWS::ApiGatewayV2::Integration") {
        let timeout = integration.properties.get("TimeoutInMillis");
        let timeout = timeout.and_then(|node| keep(integration_timeout(node), problems));
        let target = match integration.properties.get("IntegrationSubtype") {
            None => function(integration, resources, &permitted, problems).map(Integration::Function),
            Some(subtype) if subtype.text() == Ok(SEND_MESSAGE) => {
                send_message(integration, behind, problems)
                    .map(|send| Integration::SendMessage(Box::new(send)))
            }
            Some(subtype) => {
                let message = format!("the only IntegrationSubtype honoured here is {SEND_MESSAGE}");
                problems.push(Problem::new(subtype.place, message));
                None
            }
        };
        if let Some(target) = target {
            integrations.insert(integration.id.clone(), Integrated { target, timeout });
        }
    }
    integrations
}

/// The functions that API Gateway may invoke.
fn permitted(resources: &[Resource], problems: &mut Vec<Problem>) -> Vec<String> {
    let permissions = resources.iter().filter(|resource| resource.kind == "AWS::Lambda::Permission");
    let permitted = permissions.filter_map(|permission| {
        let principal = required(permission, "Principal", problems)?;
        if principal.text() != Ok("apigateway.amazonaws.com") {
            return None;
        }
        let name = required(permission, "FunctionName", problems)?;
        named_function(keep(name.text(), problems)?)
    });
    permitted.collect()
}

fn only(resource: &Resource, name: &str, value: &str, problems: &mut Vec<Problem>) {
    if let Some(node) = required(resource, name, problems)
        && node.text() != Ok(value)
    {
        problems.push(Problem::new(node.place, format!("only {name} {value} is honoured here")));
    }
}

fn function(
    resource: &Resource,
    resources: &[Resource],
    permitted: &[String],
    problems: &mut Vec<Problem>,
) -> Option<String> {
    only(resource, "IntegrationType", "AWS_PROXY", problems);
    only(resource, "PayloadFormatVersion", "2.0", problems);
    for name in ["CredentialsArn", "RequestParameters"] {
        if let Some(node) = resource.properties.get(name) {
            let message = format!("`{name}` of a function's integration is not honoured on this machine");
            problems.push(Problem::new(node.place, message));
        }
    }
    let uri = required(resource, "IntegrationUri", problems)?;
    let function = named_function(keep(uri.text(), problems)?)?;
    if !resources.iter().any(|known| known.kind == FUNCTION && known.id == function) {
        problems.push(Problem::new(uri.place, format!("`{function}` is no function of this template")));
        return None;
    }
    if !permitted.contains(&function) {
        problems.push(Problem::new(
            uri.place,
            format!("API Gateway may not invoke `{function}`: add an AWS::Lambda::Permission for it"),
        ));
    }
    Some(function)
}

fn integration_timeout(node: &Node) -> Result<Duration, Problem> {
    let milliseconds = node.parse("a whole number")?;
    if !TIMEOUT_MS.contains(&milliseconds) {
        let (low, high) = (TIMEOUT_MS.start(), TIMEOUT_MS.end());
        return Err(Problem::new(node.place, format!("{milliseconds} ms is outside {low}–{high}")));
    }
    Ok(Duration::from_millis(milliseconds))
}

/// The function's name in a name or an ARN, with or without an alias.
pub(super) fn named_function(text: &str) -> Option<String> {
    match text.split_once(":function:") {
        Some((_, rest)) => rest.split(':').next().map(str::to_owned),
        None => Some(text.to_owned()),
    }
}

fn send_message(
    resource: &Resource,
    behind: &Behind<'_>,
    problems: &mut Vec<Problem>,
) -> Option<SendMessage> {
    only(resource, "IntegrationType", "AWS_PROXY", problems);
    only(resource, "PayloadFormatVersion", "1.0", problems);
    let credentials = required(resource, "CredentialsArn", problems)?;
    let role = role::referred(credentials, "CredentialsArn", behind.roles, problems)?.clone();
    let parameters = required(resource, "RequestParameters", problems)?;
    for (key, _) in parameters.entries() {
        if !PARAMETERS.contains(&key.text.as_str()) {
            let message = format!(
                "the parameter `{}` of {SEND_MESSAGE} is not honoured on this machine; these are: {}",
                key.text,
                PARAMETERS.join(", ")
            );
            problems.push(Problem::new(key.place, message));
        }
    }
    let lacks = |name: &str| Problem::new(parameters.place, format!("RequestParameters lack `{name}`"));
    let url = keep(parameters.get("QueueUrl").ok_or_else(|| lacks("QueueUrl")), problems)?;
    let Some(queue) = behind.queues.iter().find(|queue| url.text() == Ok(queue.url.as_str())) else {
        problems.push(Problem::new(url.place, "QueueUrl must be `!Ref <queue>` of a queue of this template"));
        return None;
    };
    if let Some(region) = parameters.get("Region")
        && region.text() != Ok(REGION)
    {
        problems.push(Problem::new(region.place, format!("the only Region here is {REGION}")));
    }
    let body = keep(parameters.get("MessageBody").ok_or_else(|| lacks("MessageBody")), problems)?;
    let attributes = parameters.get("MessageAttributes").map(attributes).transpose();
    let delay = parameters.get("DelaySeconds").map(delay).transpose();
    Some(SendMessage {
        queue: queue.name.clone(),
        body: keep(mapping(body), problems)?,
        attributes: keep(attributes, problems)?.unwrap_or_default(),
        delay: keep(delay, problems)?,
        role,
    })
}

/// Of those of "Integration subtype reference" what a standard queue takes.
const PARAMETERS: [&str; 5] = ["DelaySeconds", "MessageAttributes", "MessageBody", "QueueUrl", "Region"];

fn mapping(node: &Node) -> Result<Mapping, Problem> {
    Mapping::parse(node.text()?).map_err(|message| Problem::new(node.place, message))
}

fn delay(node: &Node) -> Result<Duration, Problem> {
    let seconds = mapping(node)?.constant().and_then(|text| text.parse().ok());
    let seconds = seconds.filter(|seconds: &u64| *seconds <= LONGEST_DELAY);
    let message =
        || format!("DelaySeconds is a number of 0–{LONGEST_DELAY}; a mapped one is not honoured here");
    seconds.map(Duration::from_secs).ok_or_else(|| Problem::new(node.place, message()))
}

/// `MessageAttributes`, a JSON object in a text.
fn attributes(node: &Node) -> Result<Vec<MappedAttribute>, Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct Attribute {
        data_type: String,
        string_value: String,
    }
    let problem = |message: String| Problem::new(node.place, format!("MessageAttributes: {message}"));
    let written: BTreeMap<String, Attribute> =
        serde_json::from_str(node.text()?).map_err(|error| problem(error.to_string()))?;
    if written.len() > MOST_ATTRIBUTES {
        return Err(problem(format!("a message has {MOST_ATTRIBUTES} attributes at most")));
    }
    let attribute = |(name, Attribute { data_type, string_value }): (String, Attribute)| {
        let kind = data_type.split('.').next().unwrap_or_default();
        if !["Number", "String"].contains(&kind) {
            return Err(problem(format!(
                "only the DataTypes String and Number are honoured here, not `{data_type}`"
            )));
        }
        if !is_attribute_name(&name) {
            return Err(problem(format!("`{name}` is no name of an attribute")));
        }
        let value = Mapping::parse(&string_value).map_err(problem)?;
        Ok(MappedAttribute { name, data_type, value })
    };
    written.into_iter().map(attribute).collect()
}

/// Letters, digits, `_`, `-` and single dots, not the names AWS keeps for itself ("Amazon SQS message metadata").
fn is_attribute_name(name: &str) -> bool {
    let kept = ["aws.", "amazon."].iter().any(|prefix| name.to_ascii_lowercase().starts_with(prefix));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    !kept
        && (1..=256).contains(&name.len())
        && name.bytes().all(plain)
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter_mapping::{Part, Source};
    use crate::yaml::Place;

    fn read(text: &str) -> Result<Vec<MappedAttribute>, String> {
        let node = Node::scalar(text, Place { line: 1, column: 1 });
        attributes(&node).map_err(|problem| problem.message)
    }

    #[test]
    fn attributes_are_json_with_expressions_in_their_values() {
        let found =
            read(r#"{"visitor": {"DataType": "String", "StringValue": "${request.header.x-visitor}"}}"#)
                .unwrap();
        let value = Mapping { parts: vec![Part::Source(Source::Header("x-visitor".into()))] };
        assert_eq!(found, [MappedAttribute { name: "visitor".into(), data_type: "String".into(), value }]);
        for (text, expected) in [
            ("{", "EOF"),
            (r#"{"a": {"DataType": "String"}}"#, "StringValue"),
            (r#"{"a": {"DataType": "Binary", "StringValue": "x"}}"#, "only the DataTypes"),
            (r#"{"a": {"DataType": "String", "StringValue": "x", "BinaryValue": "y"}}"#, "BinaryValue"),
            (r#"{"a..b": {"DataType": "String", "StringValue": "x"}}"#, "no name of an attribute"),
            (r#"{"AWS.x": {"DataType": "String", "StringValue": "x"}}"#, "no name of an attribute"),
            (r#"{"a": {"DataType": "String", "StringValue": "${context.x}"}}"#, "not honoured"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
