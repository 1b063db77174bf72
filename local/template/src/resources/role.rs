//! Reads the execution roles: `AWS::IAM::Role` and SAM's `Policies`.
//! Knows the form of policy documents. What of it this machine would not honour is a problem, for a statement that is passed
//! over would allow or forbid something else here than on AWS.

use std::collections::BTreeMap;
use std::slice;

use super::{Resource, keep};
use crate::policy::{Effect, ExecutionRole, Statement};
use crate::yaml::{Node, Problem, Value};

/// The service whose actions are judged here.
const SERVICE: &str = "dynamodb";
/// AWS's managed policy that every role SAM makes has: it speaks of logs only.
const BASIC: &str = "AWSLambdaBasicExecutionRole";

pub(super) fn read(resources: &[Resource], problems: &mut Vec<Problem>) -> Vec<ExecutionRole> {
    let of = |kind: &'static str| resources.iter().filter(move |resource| resource.kind == kind);
    let roles: BTreeMap<_, _> =
        of("AWS::IAM::Role").map(|role| (role.id.as_str(), named(role, problems))).collect();
    let mut out = Vec::new();
    for function in of("AWS::Serverless::Function") {
        let (name, statements) = match function.properties.get("Role") {
            Some(role) => {
                let known = role.text().ok().and_then(|text| text.strip_suffix(".Arn"));
                let Some((id, statements)) = known.and_then(|id| roles.get_key_value(id)) else {
                    problems.push(Problem::new(
                        role.place,
                        "Role must be `!GetAtt <role>.Arn` of an AWS::IAM::Role of this template: what another one may do is \
                         not known here",
                    ));
                    continue;
                };
                ((*id).to_owned(), statements.clone())
            }
            // SAM's name for the role it makes.
            None => (format!("{}Role", function.id), of_sam(function, problems)),
        };
        out.push(ExecutionRole { function: function.id.clone(), name, statements });
    }
    out
}

/// The inline policies of a role.
fn named(role: &Resource, problems: &mut Vec<Problem>) -> Vec<Statement> {
    let policies = role.properties.get("Policies").map_or(&[][..], Node::items);
    let mut out = Vec::new();
    for policy in policies {
        match policy.get("PolicyDocument") {
            Some(document) => out.extend(statements(document, problems)),
            None => problems.push(Problem::new(policy.place, "the policy lacks PolicyDocument")),
        }
    }
    out
}

/// `Policies` of a function: for the role that SAM makes where the template names none.
fn of_sam(function: &Resource, problems: &mut Vec<Problem>) -> Vec<Statement> {
    let policies = function.properties.get("Policies").map_or(&[][..], one_or_many);
    let mut out = Vec::new();
    for policy in policies {
        if policy.get("Statement").is_some() {
            out.extend(statements(policy, problems));
        } else if policy.text().ok().and_then(|text| text.rsplit('/').next()) != Some(BASIC) {
            problems.push(Problem::new(
                policy.place,
                "this machine does not know what a managed policy or a policy template allows: write its statements",
            ));
        }
    }
    out
}

/// What a policy document says about DynamoDB.
fn statements(document: &Node, problems: &mut Vec<Problem>) -> Vec<Statement> {
    for (key, _) in document.entries() {
        if !["Id", "Statement", "Version"].contains(&key.text.as_str()) {
            problems.push(Problem::new(key.place, format!("`{}` is no part of a policy document", key.text)));
        }
    }
    let Some(found) = document.get("Statement") else {
        problems.push(Problem::new(document.place, "the policy document lacks Statement"));
        return Vec::new();
    };
    one_or_many(found).iter().filter_map(|node| keep(statement(node), problems)?).collect()
}

/// `None` for a statement about other services.
fn statement(node: &Node) -> Result<Option<Statement>, Problem> {
    let effect = match required(node, "Effect")?.text()? {
        "Allow" => Effect::Allow,
        "Deny" => Effect::Deny,
        _ => return Err(Problem::new(required(node, "Effect")?.place, "Effect is `Allow` or `Deny`")),
    };
    // Without Action there is NotAction, which may mean any service.
    if let Some(action) = node.get("Action") {
        let mut speaks_of_it = false;
        for action in one_or_many(action) {
            speaks_of_it |= service(action)?.is_none_or(|service| service.eq_ignore_ascii_case(SERVICE));
        }
        if !speaks_of_it {
            return Ok(None);
        }
    }
    for (key, _) in node.entries() {
        if !["Action", "Effect", "Resource", "Sid"].contains(&key.text.as_str()) {
            let message = format!(
                "this machine does not honour `{}` in a policy: say it with Effect, Action and Resource alone",
                key.text
            );
            return Err(Problem::new(key.place, message));
        }
    }
    let actions = one_or_many(required(node, "Action")?).iter().map(|action| Ok(action.text()?.to_owned()));
    let resources = one_or_many(required(node, "Resource")?).iter().map(resource);
    let (actions, resources) =
        (actions.collect::<Result<Vec<_>, _>>()?, resources.collect::<Result<Vec<_>, _>>()?);
    Ok(Some(Statement { effect, actions, resources }))
}

/// The service of an action; `None` for the action `*`, which is every service's.
fn service(action: &Node) -> Result<Option<&str>, Problem> {
    let text = action.text()?;
    let is_part = |part: &str, more: &[u8]| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    match text.split_once(':') {
        None if text == "*" => Ok(None),
        Some((service, name)) if is_part(service, b"-") && is_part(name, b"*?") => Ok(Some(service)),
        _ => Err(Problem::new(
            action.place,
            format!("`{text}` is no action: write `dynamodb:GetItem`, `dynamodb:*` or `*`"),
        )),
    }
}

fn resource(node: &Node) -> Result<String, Problem> {
    let text = node.text()?;
    let is_arn = text.starts_with("arn:") && text.splitn(6, ':').count() == 6;
    if text != "*" && (!is_arn || text.contains("${")) {
        return Err(Problem::new(
            node.place,
            format!(
                "`{text}` is neither `*` nor an ARN known here: give what is not DynamoDB's a statement of its own"
            ),
        ));
    }
    Ok(text.to_owned())
}

fn required<'n>(node: &'n Node, name: &str) -> Result<&'n Node, Problem> {
    node.get(name).ok_or_else(|| Problem::new(node.place, format!("the statement lacks {name}")))
}

/// IAM takes a single value for a list of one.
fn one_or_many(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => slice::from_ref(node),
    }
}
