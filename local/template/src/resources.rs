//! Walks the template's sections in CloudFormation's order: parameters, rules, conditions, resources.
//! Knows the section names and which reader takes which resource type; each reader lives in a file of its own.

mod api;
mod authorizer;
mod cognito;
mod events;
mod function;
pub(crate) mod inputs;
mod integration;
mod queue;
mod role;
mod stage;
mod table;

use std::collections::BTreeMap;

pub(crate) use function::package;

use crate::intrinsics::Scope;
use crate::support::{self, DEPLOY_ONLY_TYPES, SUPPORT};
use crate::system::{DeployOnly, System};
use crate::yaml::{Node, Place, Problem, Value};
use crate::{ACCOUNT, REGION, Stack};

/// A resource after evaluation.
struct Resource {
    id: String,
    kind: String,
    properties: Node,
    place: Place,
}

/// Reads one template; collects problems instead of stopping at the first.
pub(super) struct Reader<'a> {
    document: &'a Node,
    overrides: &'a BTreeMap<String, String>,
    stack: Stack<'a>,
    scope: Scope,
    problems: Vec<Problem>,
}

/// What may stand at the top of a template.
pub(crate) const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

impl<'a> Reader<'a> {
    pub fn new(document: &'a Node, overrides: &'a BTreeMap<String, String>, stack: Stack<'a>) -> Self {
        let stack_name = stack.id.split('/').nth(1).unwrap_or("local");
        let pseudo = [
            ("AWS::AccountId", ACCOUNT),
            ("AWS::Partition", "aws"),
            ("AWS::Region", REGION),
            ("AWS::StackId", stack.id),
            ("AWS::StackName", stack_name),
            ("AWS::URLSuffix", "amazonaws.com"),
        ];
        let parameters = pseudo.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let mappings = document.get("Mappings").cloned();
        let scope = Scope { parameters, mappings, ..Scope::default() };
        Self { document, overrides, stack, scope, problems: Vec::new() }
    }

    pub fn read(mut self) -> Result<System, Vec<Problem>> {
        for (key, _) in self.document.entries() {
            if !SECTIONS.contains(&key.text.as_str()) {
                self.problem(key.place, format!("`{}` is not honoured on this machine", key.text));
            }
        }
        self.inputs();
        let resources = self.resources();
        let mut deploy_only = DeployOnly::default();
        let triggers = cognito::triggers(&resources);
        for resource in &resources {
            let kind = resource.kind.as_str();
            if DEPLOY_ONLY_TYPES.contains(&kind) {
                deploy_only.add_resource(kind, &resource.id);
                continue;
            }
            if triggers.contains(&resource.id) {
                deploy_only.add_resource("AWS::Cognito::UserPool.LambdaConfig", &resource.id);
            }
            for property in support::check(kind, &resource.properties, &mut self.problems) {
                deploy_only.add_property(kind, &property);
            }
            events::check(resource, &mut deploy_only, &mut self.problems);
        }
        let mut problems = std::mem::take(&mut self.problems);
        let mut functions = function::read(&resources, &mut problems);
        functions.retain(|function| !triggers.contains(&function.name));
        let named = role::roles(&resources, &mut problems);
        let mut roles = role::of_functions(&resources, &named, &mut problems);
        roles.retain(|role| !triggers.contains(&role.function));
        let tables = table::read(&resources, &mut problems);
        let queues = queue::read(&resources, &mut problems);
        let event_source_mappings = events::mappings(&resources, &functions, &queues, &mut problems);
        let user_pool = cognito::read(&resources, self.stack, &mut problems);
        let authorizers = authorizer::read(&resources, user_pool.as_ref(), &mut problems);
        let behind = api::Behind { queues: &queues, roles: &named, authorizers: &authorizers };
        let api = api::read(&resources, &behind, &mut problems);
        match api {
            Some(api) if problems.is_empty() => Ok(System {
                functions,
                roles,
                api,
                tables,
                queues,
                event_source_mappings,
                user_pool,
                deploy_only,
            }),
            _ => Err(problems),
        }
    }

    /// The names every template may refer to.
    pub fn pseudo_parameters(&self) -> impl Iterator<Item = &str> {
        self.scope.parameters.keys().map(String::as_str).filter(|name| name.starts_with("AWS::"))
    }

    /// The names of the template with their values, and what is wrong with them.
    pub fn scope(mut self) -> (Scope, Vec<Problem>) {
        self.inputs();
        (self.scope, self.problems)
    }

    /// Everything that resources refer to.
    fn inputs(&mut self) {
        self.parameters();
        self.rules();
        self.name_resources();
        self.conditions();
    }

    fn problem(&mut self, place: Place, message: impl Into<String>) {
        self.problems.push(Problem::new(place, message));
    }

    fn section(&self, name: &str) -> &'a [(crate::yaml::Key, Node)] {
        self.document.get(name).map_or(&[], Node::entries)
    }

    /// Gives every resource the names `Ref` and `GetAtt` find it by, before anything is evaluated.
    fn name_resources(&mut self) {
        for (key, resource) in self.section("Resources") {
            let id = &key.text;
            let kind = resource.get("Type").and_then(|node| node.text().ok()).unwrap_or_default();
            self.scope.refs.insert(id.clone(), id.clone());
            if DEPLOY_ONLY_TYPES.contains(&kind) {
                self.scope.elsewhere.insert(id.clone());
            }
            let property = |name: &str| resource.get("Properties").and_then(|node| node.get(name));
            let arn = match kind {
                support::FUNCTION => {
                    let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{id}");
                    if let Some(Ok(alias)) = property("AutoPublishAlias").map(Node::text) {
                        self.scope.refs.insert(format!("{id}.Alias"), format!("{arn}:{alias}"));
                    }
                    arn
                }
                "AWS::DynamoDB::Table" => {
                    let name =
                        property("TableName").and_then(|node| self.scope.evaluate(node).ok().flatten());
                    let name =
                        name.and_then(|node| node.text().ok().map(str::to_owned)).unwrap_or(id.clone());
                    self.scope.refs.insert(id.clone(), name.clone());
                    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
                }
                queue::QUEUE => {
                    let name =
                        property("QueueName").and_then(|node| self.scope.evaluate(node).ok().flatten());
                    let name =
                        name.and_then(|node| node.text().ok().map(str::to_owned)).unwrap_or(id.clone());
                    self.scope.refs.insert(id.clone(), queue::url(&name));
                    self.scope.attributes.insert(format!("{id}.QueueName"), name.clone());
                    queue::arn(&name)
                }
                "AWS::Cognito::UserPool" => {
                    let pool = cognito::pool_id(self.stack, id);
                    let issuer = cognito::issuer(self.stack, &pool);
                    self.scope.attributes.insert(format!("{id}.ProviderURL"), issuer);
                    self.scope.refs.insert(id.clone(), pool.clone());
                    format!("arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool}")
                }
                "AWS::Cognito::UserPoolClient" => {
                    self.scope.refs.insert(id.clone(), cognito::client_id(self.stack, id));
                    continue;
                }
                _ => continue,
            };
            self.scope.attributes.insert(format!("{id}.Arn"), arn);
        }
    }

    fn resources(&mut self) -> Vec<Resource> {
        let mut out = Vec::new();
        let globals = self.document.get("Globals").and_then(|node| node.get("Function"));
        for (key, resource) in self.section("Resources") {
            support::check_attributes(resource, &mut self.problems);
            if let Some(condition) = resource.get("Condition") {
                let name = condition.text().unwrap_or_default();
                match self.scope.conditions.get(name) {
                    Some(false) => continue,
                    Some(true) => {}
                    None => self.problem(condition.place, format!("there is no condition `{name}`")),
                }
            }
            let Some(Ok(kind)) = resource.get("Type").map(Node::text) else {
                self.problem(key.place, format!("`{}` has no Type", key.text));
                continue;
            };
            if !SUPPORT.iter().any(|support| support.resource_type == kind)
                && !DEPLOY_ONLY_TYPES.contains(&kind)
            {
                self.problem(
                    key.place,
                    format!(
                        "this machine does not honour {kind}: remove `{}`, or list the type as deploy-only",
                        key.text
                    ),
                );
                continue;
            }
            match self.evaluate(kind, properties_of(key.place, resource, kind, globals)) {
                Ok(properties) => out.push(Resource {
                    id: key.text.clone(),
                    kind: kind.to_owned(),
                    properties,
                    place: key.place,
                }),
                Err(problem) => self.problems.push(problem),
            }
        }
        out
    }

    /// Works out properties. What has no meaning here, or judges what has none, may name what exists on AWS alone; what runs
    /// here may not.
    fn evaluate(&self, kind: &str, properties: Node) -> Result<Node, Problem> {
        let on_aws = Scope { stand_ins: true, ..self.scope.clone() };
        let Value::Map(entries) = properties.value else { return Ok(properties) };
        let mut out = Vec::with_capacity(entries.len());
        for (key, node) in entries {
            let scope = if support::may_name_aws(kind, &key.text) { &on_aws } else { &self.scope };
            if let Some(node) = scope.evaluate(&node)? {
                out.push((key, node));
            }
        }
        Ok(Node { value: Value::Map(out), place: properties.place, tag: None })
    }
}

/// A resource's properties as written, a function's with what `Globals` adds.
pub(crate) fn properties_of(place: Place, resource: &Node, kind: &str, globals: Option<&Node>) -> Node {
    let empty = Node { value: Value::Map(Vec::new()), place, tag: None };
    let mut properties = resource.get("Properties").unwrap_or(&empty).clone();
    if let (Some(globals), support::FUNCTION) = (globals, kind) {
        let ignored = resource.get("IgnoreGlobals").map_or(&[][..], Node::items);
        let is_ignored = |name: &str| ignored.iter().any(|node| node.text() == Ok(name));
        let mut globals = globals.clone();
        if let Value::Map(entries) = &mut globals.value {
            entries.retain(|(key, _)| !is_ignored(&key.text));
        }
        add_globals(&mut properties, &globals);
    }
    properties
}

/// SAM's rule for `Globals`: a function's own property wins; mappings are merged.
fn add_globals(properties: &mut Node, globals: &Node) {
    let Value::Map(own) = &mut properties.value else { return };
    for (key, value) in globals.entries() {
        match own.iter_mut().find(|(own, _)| own.text == key.text) {
            None => own.push((key.clone(), value.clone())),
            Some((_, own)) => add_globals(own, value),
        }
    }
}

/// The required property of a resource, as text; a missing one is a problem at the resource's name.
fn required<'r>(resource: &'r Resource, name: &str, problems: &mut Vec<Problem>) -> Option<&'r Node> {
    let node = resource.properties.get(name);
    if node.is_none() {
        problems.push(Problem::new(resource.place, format!("`{}` lacks `{name}`", resource.id)));
    }
    node
}

/// Takes a result's value, or keeps its problem.
fn keep<T>(result: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

/// A number within its bounds; the default where nothing is written.
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
