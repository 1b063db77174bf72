//! Least privilege: every statement names its actions and its resources.
//! Knows IAM's statements, wherever they stand; of S3 it knows that a bucket's objects are written `bucket/*`.

use template::evaluated::{Evaluated, Resource};
use template::yaml::{Node, Value};

use super::{Deployment, Findings};

pub(super) fn statements(deployment: &Deployment, findings: &mut Findings<'_>) {
    for template in [&deployment.system, &deployment.guard] {
        for resource in &template.resources {
            walk(template, resource, &resource.properties, findings);
            let policies = ["Policies", "ManagedPolicyArns"];
            for list in policies.iter().filter_map(|name| resource.at(&[name])) {
                for policy in list.items().iter().filter(|policy| policy.text().is_ok()) {
                    let message = "관리형 정책은 필요한 것보다 많이 준다. 쓰는 동작만 문장으로 적는다.";
                    findings.node(template, resource, policy, message);
                }
            }
        }
    }
}

fn walk(template: &Evaluated, resource: &Resource, node: &Node, findings: &mut Findings<'_>) {
    if node.get("Effect").is_some() {
        statement(template, resource, node, findings);
        return;
    }
    match &node.value {
        Value::Scalar(_) => {}
        Value::List(items) => items.iter().for_each(|item| walk(template, resource, item, findings)),
        Value::Map(entries) => entries.iter().for_each(|(_, item)| walk(template, resource, item, findings)),
    }
}

fn statement(template: &Evaluated, resource: &Resource, statement: &Node, findings: &mut Findings<'_>) {
    // What is denied to everybody for everything is no privilege.
    if statement.get("Effect").map(Node::text) == Some(Ok("Deny")) {
        return;
    }
    for name in ["NotAction", "NotResource", "NotPrincipal"] {
        if let Some(node) = statement.get(name) {
            let message = format!("`{name}`은(는) 적지 않은 모든 것을 허락한다. 허락할 것을 적는다.");
            findings.node(template, resource, node, message);
        }
    }
    for (name, what) in [("Action", "동작"), ("Resource", "리소스"), ("Principal", "대상")] {
        for node in scalars(statement.get(name)) {
            let text = node.text().unwrap_or_default();
            let objects = name == "Resource" && is_objects(text);
            if text.contains('*') && !objects {
                let message = format!("{what} `{text}`에 `*`가 있다. 쓰는 것만 하나하나 적는다.");
                findings.node(template, resource, node, message);
            }
        }
    }
}

/// The statements a role is given in the template, as they are written.
pub(super) fn of_role(role: &Resource) -> Vec<&Node> {
    let policies = role.written.get("Properties").and_then(|properties| properties.get("Policies"));
    let statements = policies.map_or(&[][..], Node::items).iter().filter_map(|policy| {
        let statement = policy.get("PolicyDocument")?.get("Statement")?;
        Some(if statement.entries().is_empty() { statement.items() } else { std::slice::from_ref(statement) })
    });
    statements.flatten().collect()
}

/// `…bucket/*`: the objects of one named bucket.
fn is_objects(resource: &str) -> bool {
    let Some(bucket) = resource.strip_suffix("/*") else { return false };
    let named = bucket.strip_prefix("arn:aws:s3:::").or(bucket.strip_suffix(".Arn")).unwrap_or_default();
    !named.is_empty() && !named.contains('*')
}

/// All scalars below a node: a text, a list of texts, or a mapping of them (`Principal: {Service: …}`).
pub(super) fn scalars(node: Option<&Node>) -> Vec<&Node> {
    let Some(node) = node else { return Vec::new() };
    match &node.value {
        Value::Scalar(_) => vec![node],
        Value::List(items) => items.iter().flat_map(|item| scalars(Some(item))).collect(),
        Value::Map(entries) => entries.iter().flat_map(|(_, item)| scalars(Some(item))).collect(),
    }
}
