//! The table: what is written ends by itself, can be brought back, and cannot cost without a bound.
//! Knows `AWS::DynamoDB::Table` and, of the function that uses it, the names in its key.

use template::evaluated::Resource;
use template::yaml::Node;

use super::functions::FUNCTION;
use super::{Deployment, Findings};
use crate::references;

pub(super) const TABLE: &str = "AWS::DynamoDB::Table";
/// What demos/users calls its partition key, that key's type, and the attribute that ends an item. A test compares them.
pub const KEY: (&str, &str) = ("id", "N");
/// See [`KEY`].
pub const TTL: &str = "expiresAt";
/// Units per second a table of the public set may serve: far above what its routes can ask for, far below an account's 40,000.
const PUBLIC_UNITS: u32 = 500;

pub(super) fn ttl(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for table in template.of(TABLE) {
        let why = "없으면 항목이 영원히 쌓인다.";
        findings.demand(template, table, &["TimeToLiveSpecification", "Enabled"], "true", why);
        findings.demand(template, table, &["TimeToLiveSpecification", "AttributeName"], TTL, why);
    }
}

pub(super) fn maximum(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for table in template.of(TABLE) {
        findings.demand(template, table, &["BillingMode"], "PAY_PER_REQUEST", "쉬는 동안에는 내지 않는다.");
        if let Some(index) = table.at(&["GlobalSecondaryIndexes"]) {
            findings.node(template, table, index, "보조 인덱스는 쓰기 요금을 두 배로 만든다. 지운다.");
        }
        for name in ["MaxReadRequestUnits", "MaxWriteRequestUnits"] {
            let Some(node) = table.at(&["OnDemandThroughput", name]) else {
                findings.of(
                    template,
                    table,
                    format!("`OnDemandThroughput.{name}`이(가) 없다. 상한은 계정의 40,000이 된다."),
                );
                continue;
            };
            let value = node.parse("").ok().filter(|units: &u32| *units > 0);
            if value.is_none_or(|units| deployment.public && units > PUBLIC_UNITS) {
                let message =
                    format!("`{name}`은(는) 1 이상의 정수여야 하고 공개 배포에서는 {PUBLIC_UNITS}까지다.");
                findings.node(template, table, node, message);
            }
        }
    }
}

/// What readers wrote; what only counts something can be counted anew.
fn of_readers(deployment: &Deployment) -> impl Iterator<Item = &Resource> {
    let template = &deployment.system;
    let used: Vec<&str> = template
        .of(FUNCTION)
        .filter(|function| function.text(&["CodeUri"]).is_some_and(|code| code.ends_with("/users.zip")))
        .filter_map(|function| function.written.get("Properties")?.get("Environment")?.get("Variables"))
        .filter_map(|variables| variables.get("TABLE_NAME"))
        .flat_map(references::names)
        .collect();
    template.of(TABLE).filter(move |table| used.contains(&table.id.as_str()))
}

pub(super) fn recovery(deployment: &Deployment, findings: &mut Findings<'_>) {
    let path = ["PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"];
    for table in of_readers(deployment) {
        findings.demand(&deployment.system, table, &path, "true", "잘못 지운 것을 되돌릴 길이다.");
    }
}

pub(super) fn key(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    if of_readers(deployment).next().is_none() {
        let message =
            "demos/users가 쓰는 테이블이 없다. 함수의 환경 변수에 `TABLE_NAME: !Ref <테이블>`을 적는다.";
        findings.at(template, "Resources", template.document.place, message);
    }
    for table in of_readers(deployment) {
        let schema = table.at(&["KeySchema"]).map_or(&[][..], Node::items);
        let types = table.at(&["AttributeDefinitions"]).map_or(&[][..], Node::items);
        let is = |node: &Node, name: &str, value: &str| node.get(name).map(Node::text) == Some(Ok(value));
        let one = matches!(schema, [key] if is(key, "AttributeName", KEY.0) && is(key, "KeyType", "HASH"));
        let typed =
            types.iter().any(|node| is(node, "AttributeName", KEY.0) && is(node, "AttributeType", KEY.1));
        if !one || !typed {
            let place = table.at(&["KeySchema"]).map_or(table.place, |node| node.place);
            let message =
                format!("키는 demos/users의 코드와 같아야 한다: `{}`, 형 `{}`, HASH 하나.", KEY.0, KEY.1);
            findings.at(template, &table.id, place, message);
        }
    }
}
