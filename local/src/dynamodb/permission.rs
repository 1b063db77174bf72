//! Which IAM actions on which resources a request of DynamoDB's API needs.
//! Knows the API's operations and where their bodies name tables; decides nothing.
//!
//! Rules: Service Authorization Reference, "Actions, resources, and condition keys for Amazon DynamoDB"; Amazon DynamoDB
//! Developer Guide, "Using IAM with DynamoDB transactions" and "IAM security policies with PartiQL for DynamoDB".

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;
use template::policy::Target;
use template::{ACCOUNT, REGION};

/// An IAM action and what it is done to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// `dynamodb:GetItem`.
    pub action: String,
    /// The table, index or stream.
    pub target: Target,
}

/// The body is not what DynamoDB reads: no JSON object, a name that is no text, a member that stands twice.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable;

/// What of a body says what it touches. Everything else is passed over however deep it is.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    table_name: Option<String>,
    index_name: Option<String>,
    resource_arn: Option<String>,
    stream_arn: Option<String>,
    request_items: Option<BTreeMap<String, IgnoredAny>>,
    transact_items: Option<Vec<BTreeMap<String, Option<Part>>>>,
    statement: Option<String>,
    statements: Option<Vec<Statement>>,
    transact_statements: Option<Vec<Statement>>,
    tags: Option<IgnoredAny>,
}

/// One operation of a transaction.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    table_name: Option<String>,
}

/// One PartiQL statement of several.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    statement: Option<String>,
}

/// Everything `operation` (`GetItem`) needs with this body; at least one permission.
///
/// # Errors
/// [`Unreadable`]
pub fn needed(operation: &str, body: &[u8]) -> Result<BTreeSet<Permission>, Unreadable> {
    let body: Body = serde_json::from_slice(body).map_err(|_| Unreadable)?;
    let own = |target| vec![permission(operation, target)];
    let needed = match operation {
        // These are about the account.
        "DescribeEndpoints"
        | "DescribeLimits"
        | "ListBackups"
        | "ListContributorInsights"
        | "ListExports"
        | "ListGlobalTables"
        | "ListImports"
        | "ListStreams"
        | "ListTables" => own(Target::Account),
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body.request_items.unwrap_or_default().into_keys();
            tables.map(|name| permission(operation, table(&name))).collect()
        }
        "TransactGetItems" | "TransactWriteItems" => transaction(body.transact_items.unwrap_or_default())?,
        "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction" => {
            let many = body.statements.into_iter().chain(body.transact_statements).flatten();
            let all = body.statement.into_iter().chain(many.filter_map(|one| one.statement));
            all.flat_map(|text| partiql(&text).map(|action| permission(action, Target::Untold))).collect()
        }
        "Query" | "Scan" | "SearchVectors" => own(match (body.table_name, body.index_name) {
            (Some(name), Some(index)) => part_of(table(&name), "index", &index),
            (Some(name), None) => table(&name),
            (None, _) => Target::Untold,
        }),
        "CreateTable" => {
            let target = body.table_name.as_deref().map_or(Target::Untold, table);
            let tags = body.tags.map(|_| permission("TagResource", target.clone()));
            [permission(operation, target)].into_iter().chain(tags).collect()
        }
        _ => {
            let name = body.table_name.or(body.resource_arn).or(body.stream_arn);
            own(name.as_deref().map_or(Target::Untold, table))
        }
    };
    // A request for nothing is let through to nobody either.
    let needed: BTreeSet<_> = needed.into_iter().collect();
    Ok(if needed.is_empty() { own(Target::Untold).into_iter().collect() } else { needed })
}

fn permission(name: &str, target: Target) -> Permission {
    Permission { action: format!("dynamodb:{name}"), target }
}

/// A transaction has no permission of its own: each part needs that of the operation it stands for.
fn transaction(items: Vec<BTreeMap<String, Option<Part>>>) -> Result<Vec<Permission>, Unreadable> {
    let parts = items.into_iter().flatten().filter_map(|(name, part)| Some((name, part?)));
    let parts = parts.map(|(name, part)| {
        let operation = match name.as_str() {
            "ConditionCheck" => "ConditionCheckItem",
            "Delete" => "DeleteItem",
            "Get" => "GetItem",
            "Put" => "PutItem",
            "Update" => "UpdateItem",
            _ => return Err(Unreadable),
        };
        Ok(permission(operation, part.table_name.as_deref().map_or(Target::Untold, table)))
    });
    parts.collect()
}

/// The action of a PartiQL statement, told by its first word; all of them where that tells nothing. Its tables are not looked
/// for: that takes a parser of PartiQL.
fn partiql(statement: &str) -> impl Iterator<Item = &'static str> + use<> {
    let word =
        statement.trim_start().split(|byte: char| !byte.is_ascii_alphabetic()).next().unwrap_or_default();
    let actions = ["PartiQLDelete", "PartiQLInsert", "PartiQLSelect", "PartiQLUpdate"];
    let told = actions.iter().position(|action| action["PartiQL".len()..].eq_ignore_ascii_case(word));
    let (from, count) = told.map_or((0, actions.len()), |at| (at, 1));
    actions.into_iter().skip(from).take(count)
}

/// A table by its name or ARN; anything else that stands in a name's place is not told apart from other tables.
fn table(text: &str) -> Target {
    let (prefix, resource) = match text.match_indices(':').nth(4) {
        Some((at, _)) => (Some(&text[..at]), &text[at + 1..]),
        None => (None, text),
    };
    match (prefix, resource.strip_prefix("table/")) {
        (None, None) if is_name(text) => {
            Target::Arn(format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{text}"))
        }
        (Some(prefix), Some(resource)) if prefix.starts_with("arn:aws:dynamodb:") => {
            let mut parts = resource.split('/');
            let is_known = match (parts.next(), parts.next(), parts.next(), parts.next()) {
                (Some(name), None, ..) => is_name(name),
                (Some(name), Some("stream"), Some(label), None) => {
                    is_name(name) && is_name(&label.replace(':', "-"))
                }
                _ => false,
            };
            if is_known { Target::Arn(text.to_owned()) } else { Target::Untold }
        }
        _ => Target::Untold,
    }
}

fn part_of(table: Target, kind: &str, name: &str) -> Target {
    match table {
        Target::Arn(arn) if is_name(name) => Target::Arn(format!("{arn}/{kind}/{name}")),
        _ => Target::Untold,
    }
}

/// Letters, digits, `_`, `-` and `.` (Amazon DynamoDB Developer Guide, "Naming rules"). Shorter names than a table may have
/// mean nothing worse.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USER: &str = "arn:aws:dynamodb:ap-northeast-2:123456789012:table/User";

    /// Operation, body, and the permissions it needs.
    type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

    fn asked(operation: &str, body: &str) -> Vec<(String, String)> {
        let needed = needed(operation, body.as_bytes()).unwrap();
        let shown = |target| match target {
            Target::Arn(arn) => arn,
            Target::Account => "account".to_owned(),
            Target::Untold => "?".to_owned(),
        };
        needed.into_iter().map(|one| (one.action.replace("dynamodb:", ""), shown(one.target))).collect()
    }

    #[test]
    fn where_each_kind_of_request_names_what_it_touches() {
        let cases: &[Case] = &[
            ("GetItem", r#"{"TableName":"User","Key":{}}"#, &[("GetItem", USER)]),
            ("GetItem", &format!(r#"{{"TableName":"{USER}"}}"#), &[("GetItem", USER)]),
            ("GetItem", "{}", &[("GetItem", "?")]),
            ("GetItem", r#"{"TableName":"User/index/x"}"#, &[("GetItem", "?")]),
            ("GetItem", r#"{"TableName":"*"}"#, &[("GetItem", "?")]),
            ("GetItem", &format!(r#"{{"TableName":"{USER}/index/x"}}"#), &[("GetItem", "?")]),
            (
                "Query",
                r#"{"TableName":"User","IndexName":"by-name"}"#,
                &[("Query", &format!("{USER}/index/by-name"))],
            ),
            ("Scan", r#"{"TableName":"User","IndexName":null}"#, &[("Scan", USER)]),
            ("BatchGetItem", r#"{"RequestItems":{"User":{"Keys":[]}}}"#, &[("BatchGetItem", USER)]),
            (
                "BatchWriteItem",
                r#"{"RequestItems":{"A":[],"User":[]}}"#,
                &[("BatchWriteItem", &USER.replace("User", "A")), ("BatchWriteItem", USER)],
            ),
            ("BatchGetItem", r#"{"RequestItems":{}}"#, &[("BatchGetItem", "?")]),
            (
                "TransactWriteItems",
                r#"{"TransactItems":[{"Put":{"TableName":"User"}},{"ConditionCheck":{"TableName":"User"}},{"Delete":{}}]}"#,
                &[("ConditionCheckItem", USER), ("DeleteItem", "?"), ("PutItem", USER)],
            ),
            ("TransactGetItems", r#"{"TransactItems":[{"Get":{"TableName":"User"}}]}"#, &[("GetItem", USER)]),
            ("TransactGetItems", r#"{"TransactItems":[]}"#, &[("TransactGetItems", "?")]),
            ("ExecuteStatement", r#"{"Statement":" select * from User"}"#, &[("PartiQLSelect", "?")]),
            (
                "BatchExecuteStatement",
                r#"{"Statements":[{"Statement":"DELETE FROM U"},{"Statement":"INSERT INTO U"}]}"#,
                &[("PartiQLDelete", "?"), ("PartiQLInsert", "?")],
            ),
            (
                "ExecuteTransaction",
                r#"{"TransactStatements":[{"Statement":"EXISTS(x)"}]}"#,
                &[
                    ("PartiQLDelete", "?"),
                    ("PartiQLInsert", "?"),
                    ("PartiQLSelect", "?"),
                    ("PartiQLUpdate", "?"),
                ],
            ),
            ("ListTables", r#"{"TableName":"User"}"#, &[("ListTables", "account")]),
            (
                "CreateTable",
                r#"{"TableName":"User","Tags":[]}"#,
                &[("CreateTable", USER), ("TagResource", USER)],
            ),
            ("TagResource", &format!(r#"{{"ResourceArn":"{USER}"}}"#), &[("TagResource", USER)]),
            (
                "DescribeStream",
                &format!(r#"{{"StreamArn":"{USER}/stream/2026-11-22T00:00:00.000"}}"#),
                &[("DescribeStream", &format!("{USER}/stream/2026-11-22T00:00:00.000"))],
            ),
            ("GetRecords", r#"{"ShardIterator":"x"}"#, &[("GetRecords", "?")]),
        ];
        for (operation, body, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            assert_eq!(asked(operation, body), expected, "{operation} {body}");
        }
    }

    #[test]
    fn a_body_that_could_be_read_in_two_ways_is_not_read() {
        for body in [
            "",
            "[]",
            "x",
            r#"{"TableName":"A","TableName":"User"}"#,
            r#"{"TableName":5}"#,
            r#"{"TableName":"User"} x"#,
            r#"{"TransactItems":[{"Drop":{"TableName":"User"}}]}"#,
        ] {
            assert_eq!(needed("TransactGetItems", body.as_bytes()), Err(Unreadable), "{body}");
        }
        let deep =
            format!(r#"{{"TableName":"User","Item":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(asked("PutItem", &deep), [("PutItem".to_owned(), USER.to_owned())]);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_judged(operation in "[A-Z][A-Za-z]{0,20}", body in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(needed) = needed(&operation, &body) {
                prop_assert!(!needed.is_empty());
            }
        }

        #[test]
        fn no_name_becomes_a_pattern_or_another_table(name in "[a-zA-Z0-9_.:/*?-]{1,20}") {
            match table(&name) {
                Target::Arn(arn) => prop_assert_eq!(arn, USER.replace("User", &name)),
                target => prop_assert_eq!(target, Target::Untold),
            }
        }
    }
}
