//! What a role's policies allow, line by line as they are written, so that a line can be taken away.
//! Knows statements; a wildcard is one line like any other.

use std::collections::BTreeSet;

use serde::Serialize;
use template::policy::{Decision, Effect, ExecutionRole, Target};

/// A role and what the template grants to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleGrants {
    /// The role's logical id.
    pub role: String,
    /// The functions that have it.
    pub functions: Vec<String>,
    /// In the order of the policies.
    pub actions: Vec<Grant>,
}

/// One action of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// As the template writes it: `dynamodb:GetItem`, `dynamodb:*`.
    pub action: String,
    /// ARNs, or `*`.
    pub resources: Vec<String>,
    /// Taken away in this run.
    pub taken: bool,
}

/// Why an action can neither be taken away nor given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotGranted {
    /// No function has a role of that name.
    NoRole,
    /// The role's policies do not name the action.
    NoAction,
}

/// Everything the roles grant. Functions that share a role stand together.
pub(super) fn of(roles: &[ExecutionRole], taken: &BTreeSet<(String, String)>) -> Vec<RoleGrants> {
    let mut out: Vec<RoleGrants> = Vec::new();
    for role in roles {
        if let Some(known) = out.iter_mut().find(|known| known.role == role.name) {
            known.functions.push(role.function.clone());
            continue;
        }
        let (functions, actions) = (vec![role.function.clone()], actions(role, taken));
        out.push(RoleGrants { role: role.name.clone(), functions, actions });
    }
    out
}

fn actions(role: &ExecutionRole, taken: &BTreeSet<(String, String)>) -> Vec<Grant> {
    let mut out: Vec<Grant> = Vec::new();
    for statement in role.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        for action in &statement.actions {
            let mut missing = statement.resources.clone();
            match out.iter_mut().find(|known| known.action == *action) {
                Some(known) => {
                    missing.retain(|resource| !known.resources.contains(resource));
                    known.resources.append(&mut missing);
                }
                None => out.push(Grant {
                    action: action.clone(),
                    resources: missing,
                    taken: taken.contains(&(role.name.clone(), action.clone())),
                }),
            }
        }
    }
    out
}

/// Whether statements of this effect in `role` speak of the action on the resource, `*` standing for one that no ARN names.
pub(super) fn names(role: &ExecutionRole, effect: Effect, action: &str, resource: &str) -> bool {
    let statements = role.statements.iter().filter(|statement| statement.effect == effect).cloned();
    let only = ExecutionRole { statements: statements.collect(), ..role.clone() };
    let target = if resource == "*" { Target::Account } else { Target::Arn(resource.to_owned()) };
    only.decide(action, &target) != Decision::NotAllowed
}
