//! What belongs to one function: its role opens the tables and the log group it uses and no others, and no two resources want one name.
//! With several functions that look alike, a line copied from the neighbour is the mistake; on AWS it is an answer of 500, a log nobody
//! gets to see, or a reader's data in another function's reach.

use std::collections::BTreeMap;

use template::evaluated::{Evaluated, Resource};
use template::yaml::{Node, Place};

use super::functions::{FUNCTION, LOG_GROUP};
use super::table::TABLE;
use super::{Deployment, Findings, policies};
use crate::references;

/// A kind of thing that a function uses and its role opens.
struct Belonging {
    kind: &'static str,
    /// What the names of the actions on it begin with.
    service: &'static str,
    /// Where a function names what it uses of it.
    named: [&'static str; 2],
    /// Whether it holds what another function must not see. Functions that share a role may write to each other's logs.
    is_kept: bool,
}

const BELONGINGS: [Belonging; 2] = [
    Belonging { kind: TABLE, service: "dynamodb:", named: ["Environment", "Variables"], is_kept: true },
    Belonging { kind: LOG_GROUP, service: "logs:", named: ["LoggingConfig", "LogGroup"], is_kept: false },
];

/// The resources of a kind that a node names, each with the place of its name.
fn named<'a>(template: &Evaluated, node: Option<&'a Node>, kind: &str) -> Vec<(Place, &'a str)> {
    let Some(node) = node else { return Vec::new() };
    let parts: Vec<&Node> = if node.items().is_empty() {
        node.entries().iter().map(|(_, value)| value).collect()
    } else {
        node.items().iter().collect()
    };
    let parts = if parts.is_empty() { vec![node] } else { parts };
    let names = parts
        .into_iter()
        .flat_map(|part| references::names(part).into_iter().map(move |name| (part.place, name)));
    names.filter(|(_, name)| template.resource(name).is_some_and(|resource| resource.kind == kind)).collect()
}

fn property<'a>(resource: &'a Resource, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(resource.written.get("Properties")?, |node, key| node.get(key))
}

/// What a role may act on of a service.
fn opened<'a>(role: &'a Resource, service: &str) -> Vec<&'a Node> {
    let speaks = |statement: &&Node| {
        let actions = policies::scalars(statement.get("Action"));
        let is_of = |action: &&Node| action.text().is_ok_and(|action| action.starts_with(service));
        statement.get("Effect").map(Node::text) == Some(Ok("Allow")) && actions.iter().any(is_of)
    };
    let statements = policies::of_role(role).into_iter().filter(speaks);
    statements.filter_map(|statement| statement.get("Resource")).collect()
}

pub(super) fn roles(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    let mut of_role: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
    for function in template.of(FUNCTION) {
        for (_, role) in named(template, property(function, &["Role"]), "AWS::IAM::Role") {
            of_role.entry(role).or_default().push(function);
        }
    }
    for (role, functions) in of_role {
        let Some(role) = template.resource(role) else { continue };
        for belonging in &BELONGINGS {
            compare(template, role, &functions, belonging, findings);
        }
    }
}

fn compare(
    template: &Evaluated,
    role: &Resource,
    functions: &[&Resource],
    belonging: &Belonging,
    findings: &mut Findings<'_>,
) {
    let resources = opened(role, belonging.service);
    // `*` opens this too; what is wrong with it is said elsewhere.
    let all =
        resources.iter().flat_map(|node| policies::scalars(Some(node))).any(|node| node.text() == Ok("*"));
    let opened: Vec<_> =
        resources.iter().flat_map(|node| named(template, Some(node), belonging.kind)).collect();
    let used = |function| named(template, property(function, &belonging.named), belonging.kind);
    for function in functions {
        for (place, name) in used(function) {
            if !all && !opened.iter().any(|(_, opened)| *opened == name) {
                let message = format!(
                    "`{}`은(는) `{name}`을(를) 쓰는데 그 역할 `{}`은(는) 그것을 열어 주지 않는다. 옆의 함수에서 베낀 줄인지 본다.",
                    function.id, role.id
                );
                findings.at(template, &function.id, place, message);
            }
        }
    }
    if !belonging.is_kept {
        return;
    }
    for (place, name) in opened {
        let without: Vec<_> = functions
            .iter()
            .filter(|function| !used(function).iter().any(|(_, used)| *used == name))
            .map(|function| function.id.as_str())
            .collect();
        if !without.is_empty() {
            let message = format!(
                "`{name}`을(를) 쓰지 않는 `{}`에게도 열어 준다. 쓰는 것만 적고, 함수마다 다른 역할을 준다.",
                without.join("`, `")
            );
            findings.at(template, &role.id, place, message);
        }
    }
}

/// A name is an account's once, and CloudFormation finds out when it makes the second.
pub(super) fn names(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for (kind, property) in [(TABLE, "TableName"), (LOG_GROUP, "LogGroupName")] {
        let mut first: BTreeMap<&str, &str> = BTreeMap::new();
        for resource in template.of(kind) {
            let Some((node, name)) =
                resource.at(&[property]).and_then(|node| Some((node, node.text().ok()?)))
            else {
                continue;
            };
            if let Some(other) = first.insert(name, &resource.id) {
                let message = format!(
                    "`{property}`이(가) `{other}`의 것과 같다. 둘째를 만들다가 배포가 실패한다. 다른 이름을 준다."
                );
                findings.node(template, resource, node, message);
            }
        }
    }
}
