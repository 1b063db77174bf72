//! Reads `AWS::DynamoDB::Table` into the body of the `CreateTable` call that makes it.
//! Knows the property names both share.

use serde_json::{Map, Value as Json, json};

use super::{Resource, keep, required};
use crate::system::Table;
use crate::yaml::{Node, Problem, Value};

pub(super) fn read(resources: &[Resource], problems: &mut Vec<Problem>) -> Vec<Table> {
    let tables = resources.iter().filter(|resource| resource.kind == "AWS::DynamoDB::Table");
    tables.filter_map(|resource| table(resource, problems)).collect()
}

fn table(resource: &Resource, problems: &mut Vec<Problem>) -> Option<Table> {
    let name = keep(required(resource, "TableName", problems)?.text(), problems)?.to_owned();
    let billing = required(resource, "BillingMode", problems)?;
    if billing.text() != Ok("PAY_PER_REQUEST") {
        problems.push(Problem::new(billing.place, "only BillingMode PAY_PER_REQUEST is honoured here"));
    }
    let definition = json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": to_json(required(resource, "AttributeDefinitions", problems)?),
        "KeySchema": to_json(required(resource, "KeySchema", problems)?),
    });
    let ttl = resource.properties.get("TimeToLiveSpecification");
    let enabled = ttl.and_then(|node| node.get("Enabled")).is_some_and(|node| node.text() == Ok("true"));
    let ttl_attribute = ttl.filter(|_| enabled).and_then(|node| node.get("AttributeName"));
    let ttl_attribute = ttl_attribute.and_then(|node| node.text().ok()).map(str::to_owned);
    Some(Table { name, definition, ttl_attribute })
}

/// The properties named above hold text, lists and mappings only.
fn to_json(node: &Node) -> Json {
    match &node.value {
        Value::Scalar(text) => Json::from(text.as_str()),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(entries) => Json::Object(
            entries.iter().map(|(key, node)| (key.text.clone(), to_json(node))).collect::<Map<_, _>>(),
        ),
    }
}
