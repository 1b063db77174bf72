//! Reads the roles: `AWS::IAM::Role` and SAM's `Policies`.
//! Knows the form of policy documents. What of it this machine would not honour is a problem, for a statement that is passed
//! over would allow or forbid something else here than on AWS.

use std::collections::BTreeMap;
use std::slice;

use super::{Resource, events, keep};
use crate::policy::{Effect, ExecutionRole, Role, Statement};
use crate::support::FUNCTION;
use crate::yaml::{Node, Problem, Value};

/// The services whose actions are judged here.
const SERVICES: [&str; 2] = ["dynamodb", "sqs"];
/// What `AWSLambdaSQSQueueExecutionRole` allows beside logs: SAM gives it to the roles it makes for functions with a queue.
const POLLING: [&str; 3] = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];
/// AWS's managed policy that every role SAM makes has: it speaks of logs only.
const BASIC: &str = "AWSLambdaBasicExecutionRole";

/// The roles of a template, by logical id.
pub(super) type Roles = BTreeMap<String, Role>;

/// All roles that are resources.
pub(super) fn roles(resources: &[Resource], problems: &mut Vec<Problem>) -> Roles {
    let roles = resources.iter().filter(|resource| resource.kind == "AWS::IAM::Role");
    let role = |role: &Resource| Role { name: role.id.clone(), statements: named(role, problems) };
    roles.map(role).map(|role| (role.name.clone(), role)).collect()
}

/// The role that the property `name` refers to.
pub(super) fn referred<'r>(
    node: &Node,
    name: &str,
    roles: &'r Roles,
    problems: &mut Vec<Problem>,
) -> Option<&'r Role> {
    let role = node.text().ok().and_then(|text| roles.get(text.strip_suffix(".Arn")?));
    if role.is_none() {
        problems.push(Problem::new(
            node.place,
            format!(
                "{name} must be `!GetAtt <role>.Arn` of an AWS::IAM::Role of this template: what another one may do is not \
                 known here"
            ),
        ));
    }
    role
}

/// What each function may do.
pub(super) fn of_functions(
    resources: &[Resource],
    roles: &Roles,
    problems: &mut Vec<Problem>,
) -> Vec<ExecutionRole> {
    let mut out = Vec::new();
    for function in resources.iter().filter(|resource| resource.kind == FUNCTION) {
        let Role { name, statements } = match function.properties.get("Role") {
            Some(node) => match referred(node, "Role", roles, problems) {
                Some(role) => role.clone(),
                None => continue,
            },
            // SAM's name for the role it makes.
            None => Role { name: format!("{}Role", function.id), statements: of_sam(function, problems) },
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
    if events::polls(function) {
        let actions = POLLING.map(|name| format!("sqs:{name}")).to_vec();
        out.push(Statement { effect: Effect::Allow, actions, resources: vec!["*".to_owned()] });
    }
    out
}

/// What a policy document says about the services judged here.
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
            let judged = |service: &str| SERVICES.iter().any(|judged| service.eq_ignore_ascii_case(judged));
            speaks_of_it |= service(action)?.is_none_or(judged);
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
                "`{text}` is neither `*` nor an ARN known here: give what is neither DynamoDB's nor SQS's a statement of its own"
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
