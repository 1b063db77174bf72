//! Allowed if and only if a statement says so: for the template's functions, and for functions that may do one thing each.

use std::collections::BTreeSet;
use std::path::Path;

use local::dynamodb::{Data, DynamoDb, Storage};
use local::iam::Iam;
use template::policy::{Effect, ExecutionRole, Statement};
use template::yaml::{self, Node};
use template::{Stack, System};
use tokio::runtime::Runtime;

use crate::operations::{Caller, On, TABLE, all};

pub const STACK: Stack<'static> = Stack {
    id: "arn:aws:cloudformation:ap-northeast-2:123456789012:stack/local/0123",
    origin: "http://127.0.0.1:3000",
};

pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The endpoint, and the roles it goes by.
fn endpoint(runtime: &Runtime, system: &System, roles: &[ExecutionRole]) -> (DynamoDb, Iam) {
    let (data, iam) = (Data::open(&Storage::Memory).unwrap(), Iam::new(roles.to_vec()));
    (runtime.block_on(DynamoDb::start(data, &system.tables, iam.clone())).unwrap(), iam)
}

/// What the template says, read as plainly as can be: the exact names of actions beside the table's `!GetAtt`.
fn written(document: &Node, function: &str) -> BTreeSet<String> {
    let resources = document.get("Resources").unwrap();
    let properties = |id: &str| resources.get(id).unwrap().get("Properties").unwrap();
    let role = properties(function).get("Role").unwrap();
    assert_eq!(role.tag.as_deref(), Some("GetAtt"));
    let mut actions = BTreeSet::new();
    for policy in
        properties(role.text().unwrap().strip_suffix(".Arn").unwrap()).get("Policies").unwrap().items()
    {
        for statement in policy.get("PolicyDocument").unwrap().get("Statement").unwrap().items() {
            assert_eq!(statement.get("Effect").unwrap().text(), Ok("Allow"), "this test reads no Deny");
            if statement.get("Resource").unwrap().text() == Ok("UserTable.Arn") {
                let names =
                    statement.get("Action").unwrap().items().iter().map(|action| action.text().unwrap());
                actions.extend(names.map(|name| name.strip_prefix("dynamodb:").unwrap().to_owned()));
            }
        }
    }
    assert!(
        actions.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_alphabetic())),
        "no wildcards here"
    );
    actions
}

#[test]
fn every_function_of_the_template_may_do_exactly_what_its_role_says() {
    let system = template::load(root(), "local", STACK).unwrap();
    let document = yaml::parse(&std::fs::read_to_string(root().join("template.yaml")).unwrap()).unwrap();
    let runtime = Runtime::new().unwrap();
    let (dynamodb, iam) = endpoint(&runtime, &system, &system.roles);
    let mut allowed = 0;
    for function in &system.functions {
        let written = written(&document, &function.name);
        let caller = Caller::new(&dynamodb.variables(), &iam.credentials()[&function.name]);
        for operation in all() {
            let expected =
                operation.on == On::Table && operation.actions.iter().all(|action| written.contains(*action));
            assert_eq!(
                caller.may(&operation),
                expected,
                "{} {} {}",
                function.name,
                operation.name,
                operation.body
            );
            if expected {
                let (status, body) = caller.call(operation.name, &operation.body);
                assert_eq!(status, 200, "{}: {body}", operation.name);
                allowed += 1;
            }
            let elsewhere =
                operation.body.to_string().replace("User\"", "Other\"").replace("\"User\\", "\"Other\\");
            let (_, body) = caller.call(operation.name, &serde_json::from_str(&elsewhere).unwrap());
            let kind = body["__type"].as_str().unwrap_or_default();
            assert!(kind.ends_with("#AccessDeniedException"), "another table: {} {body}", operation.name);
        }
    }
    assert_eq!(allowed, 9, "five actions and four transactions, all of one function");
}

#[test]
fn a_function_with_one_action_may_do_what_needs_no_other() {
    let system = template::load(root(), "local", STACK).unwrap();
    let actions: BTreeSet<_> = all().iter().flat_map(|operation| operation.actions.iter().copied()).collect();
    let role = |function: &str, action: String, resource: &str| ExecutionRole {
        function: function.to_owned(),
        name: "Role".to_owned(),
        statements: vec![Statement {
            effect: Effect::Allow,
            actions: vec![action],
            resources: vec![resource.to_owned()],
        }],
    };
    let named = |on: &str, resource: &'static str| {
        let on = on.to_owned();
        actions
            .iter()
            .map(move |action| role(&format!("{action} {on}"), format!("dynamodb:{action}"), resource))
            .collect()
    };
    let roles: Vec<Vec<ExecutionRole>> = vec![named("table", TABLE), named("all", "*")];
    let runtime = Runtime::new().unwrap();
    let (dynamodb, iam) = endpoint(&runtime, &system, &roles.concat());
    for action in &actions {
        for on in ["table", "all"] {
            let credentials = &iam.credentials()[&format!("{action} {on}")];
            let caller = Caller::new(&dynamodb.variables(), credentials);
            for operation in all() {
                let expected = operation.actions == [*action] && (on == "all" || operation.on == On::Table);
                assert_eq!(
                    caller.may(&operation),
                    expected,
                    "{action} on {on}: {} {}",
                    operation.name,
                    operation.body
                );
            }
        }
    }
}

/// What a caller may do, in the order of `all`.
fn allowed(caller: &Caller) -> Vec<bool> {
    all().iter().map(|operation| caller.may(operation)).collect()
}

#[test]
fn an_action_taken_away_is_denied_at_once_and_nothing_else_is_until_it_is_given_back() {
    let system = template::load(root(), "local", STACK).unwrap();
    let runtime = Runtime::new().unwrap();
    let (dynamodb, iam) = endpoint(&runtime, &system, &system.roles);
    let caller = |function: &str| Caller::new(&dynamodb.variables(), &iam.credentials()[function]);
    let mut switched = 0;
    for role in iam.grants() {
        for function in &role.functions {
            let caller = caller(function);
            let before = allowed(&caller);
            for grant in &role.actions {
                // What is allowed to SQS makes no difference here.
                let action = grant.action.strip_prefix("dynamodb:").unwrap_or_default();
                iam.take_away(&role.role, &grant.action).unwrap();
                for (operation, was) in all().iter().zip(&before) {
                    let expected = *was && !operation.actions.contains(&action);
                    assert_eq!(
                        caller.may(operation),
                        expected,
                        "{function} without {action}: {}",
                        operation.name
                    );
                }
                iam.give_back(&role.role, &grant.action).unwrap();
                assert_eq!(allowed(&caller), before, "{function} with {action} again");
                switched += 1;
            }
        }
    }
    assert!(switched >= 5, "the five actions of `users`");
}

#[test]
fn no_function_can_be_given_what_its_role_in_the_template_does_not_say() {
    let system = template::load(root(), "local", STACK).unwrap();
    let iam = Iam::new(system.roles.clone());
    let before = iam.grants();
    for role in &before {
        let granted: BTreeSet<_> = role.actions.iter().map(|grant| grant.action.as_str()).collect();
        for action in all().iter().flat_map(|operation| operation.actions) {
            let action = format!("dynamodb:{action}");
            assert_eq!(
                iam.give_back(&role.role, &action).is_ok(),
                granted.contains(action.as_str()),
                "{action}"
            );
        }
        for action in ["*", "dynamodb:*", "sqs:SendMessage", ""] {
            assert_eq!(iam.give_back(&role.role, action).is_ok(), granted.contains(action), "{action}");
        }
    }
    assert_eq!(iam.grants(), before);
}
