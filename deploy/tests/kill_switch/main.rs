//! The kill switch turned, with the alarm's event in and the project's own stage and functions before it: what it leaves behind,
//! also where AWS fails it, and that it can be turned back. Knows the two templates as they are deployed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod account;
mod machine;

use std::collections::{BTreeMap, BTreeSet};

use account::Account;
use serde_json::{Map, Value, json};
use template::evaluated::{Evaluated, evaluate};
use template::yaml;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const FUNCTIONS: [&str; 3] = ["arn:one", "arn:two", "arn:three"];

fn text(name: &str) -> String {
    std::fs::read_to_string(format!("{ROOT}/{name}")).unwrap()
}

fn guard() -> Evaluated {
    let values = [
        ("ApiId", "ApiId"),
        ("Functions", "arn:one,arn:two,arn:three"),
        ("Mail", "someone@example.com"),
        ("TableName", "User"),
    ];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    evaluate("guard.yaml", &text("deploy/guard.yaml"), &values.into()).unwrap()
}

/// YAML as the JSON it becomes; what is worked out has lost its quotes, so a number is what looks like one.
fn json_of(node: &yaml::Node) -> Value {
    match &node.value {
        yaml::Value::Scalar(text) => match serde_json::from_str(text) {
            Ok(value @ (Value::Bool(_) | Value::Number(_))) => value,
            _ => Value::String(text.clone()),
        },
        yaml::Value::List(items) => items.iter().map(json_of).collect(),
        yaml::Value::Map(entries) => Value::Object(
            entries.iter().map(|(key, node)| (key.text.clone(), json_of(node))).collect::<Map<_, _>>(),
        ),
    }
}

fn machine(name: &str) -> Value {
    json_of(guard().resource(name).unwrap().at(&["Definition"]).unwrap())
}

/// The stage of the parameter set `public`, every route with its bucket, and functions that run.
fn account() -> Account {
    let overrides = template::parameters::read(&text("samconfig.toml"), "public").unwrap();
    let system = evaluate("template.yaml", &text("template.yaml"), &overrides).unwrap();
    let stage = system.resource("Stage").unwrap();
    let field = |name: &str| json_of(stage.at(&[name]).unwrap());
    let stage = json!({
        "DefaultRouteSettings": field("DefaultRouteSettings"),
        "RouteSettings": field("RouteSettings"),
    });
    Account { stage, ..Account::default() }
}

fn turn(name: &str, account: &mut Account) -> machine::End {
    machine::run(&machine(name), event(), &mut |action, parameters| account.call(action, parameters))
}

/// "CloudWatch alarm state change event" (Amazon CloudWatch User Guide, "Alarm events and EventBridge").
fn event() -> Value {
    json!({
        "version": "0",
        "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": "123456789012",
        "time": "2026-11-23T12:00:00Z",
        "region": "ap-northeast-2",
        "resources": ["Flood.Arn"],
        "detail": {
            "alarmName": "serverless-book-guard-flood",
            "state": {"value": "ALARM", "reason": "Threshold Crossed", "timestamp": "2026-11-23T12:00:00.000+0000"},
            "previousState": {"value": "OK", "timestamp": "2026-11-23T11:00:00.000+0000"},
        },
    })
}

/// EventBridge's matching: each field of the pattern lists the values the event may have there.
fn matches(pattern: &Value, event: &Value) -> bool {
    match pattern {
        Value::Object(fields) => {
            fields.iter().all(|(name, pattern)| event.get(name).is_some_and(|event| matches(pattern, event)))
        }
        Value::Array(values) => match event {
            Value::Array(found) => found.iter().any(|event| values.contains(event)),
            found => values.contains(found),
        },
        _ => false,
    }
}

fn is_closed(account: &Account) -> bool {
    let zero = json!({"ThrottlingRateLimit": 0, "ThrottlingBurstLimit": 0});
    let routes = account.stage["RouteSettings"].as_object().unwrap();
    account.stage["DefaultRouteSettings"] == zero
        && routes.len() > 20
        && routes.values().all(|route| *route == zero)
}

fn stopped(account: &Account) -> BTreeSet<&str> {
    account.limits.iter().filter(|(_, limit)| **limit == 0).map(|(name, _)| name.as_str()).collect()
}

#[test]
fn the_flood_alarms_and_nothing_else_turns_the_switch() {
    let guard = guard();
    let rule = guard.resource("FloodRule").unwrap();
    let pattern = json_of(rule.at(&["EventPattern"]).unwrap());
    assert!(matches(&pattern, &event()));
    let mut bytes = event();
    bytes["resources"] = json!(["FloodOfBytes.Arn"]);
    assert!(matches(&pattern, &bytes));
    let changed = |pointer: &str, value: Value| {
        let mut event = event();
        *event.pointer_mut(pointer).unwrap() = value;
        matches(&pattern, &event)
    };
    assert!(!changed("/detail/state/value", json!("OK")));
    assert!(!changed("/detail/state/value", json!("INSUFFICIENT_DATA")));
    assert!(!changed("/resources", json!(["ManyWrites.Arn"])));
    assert!(!changed("/source", json!("somebody.else")));
    assert_eq!(json_of(rule.at(&["Targets"]).unwrap())[0]["Arn"], "KillSwitch");
}

#[test]
fn turned_once_every_route_is_closed_and_no_function_runs() {
    let mut account = account();
    turn("KillSwitch", &mut account).unwrap();
    assert!(is_closed(&account), "{}", account.stage);
    assert_eq!(stopped(&account), FUNCTIONS.into());
    // The stage first: calls that reach a stopped function are billed, calls the stage refuses are not.
    let position = |call: &str| account.calls.iter().position(|made| made.starts_with(call)).unwrap();
    assert!(position("apigatewayv2:updateStage") < position("lambda:putFunctionConcurrency"));
}

#[test]
fn turned_twice_it_is_off_as_before_and_still_knows_how_the_stage_was() {
    let mut account = account();
    turn("KillSwitch", &mut account).unwrap();
    let once = account.clone();
    turn("KillSwitch", &mut account).unwrap();
    assert_eq!((&account.stage, &account.limits), (&once.stage, &once.limits));
    assert_eq!(account.parameter, once.parameter);
    assert!(account.parameter.is_some());
}

#[test]
fn turned_back_everything_is_as_it_was() {
    let before = account();
    let mut account = before.clone();
    turn("KillSwitch", &mut account).unwrap();
    turn("SwitchOn", &mut account).unwrap();
    assert_eq!(account.stage, before.stage);
    assert_eq!(account.limits, BTreeMap::new());
}

#[test]
fn what_only_remembers_may_fail_and_what_fails_once_is_tried_again() {
    for broken in ["apigatewayv2:getStage", "ssm:putParameter"] {
        let mut account = Account { broken: [broken.to_owned()].into(), ..account() };
        turn("KillSwitch", &mut account).unwrap();
        assert!(is_closed(&account) && stopped(&account) == FUNCTIONS.into(), "{broken}");
    }
    for shaky in ["apigatewayv2:updateStage", "lambda:putFunctionConcurrency arn:two"] {
        let mut account = Account { shaky: [shaky.to_owned()].into(), ..account() };
        turn("KillSwitch", &mut account).unwrap();
        assert!(is_closed(&account) && stopped(&account) == FUNCTIONS.into(), "{shaky}");
    }
}

#[test]
fn what_can_be_switched_off_is_and_the_rest_is_a_failure_somebody_is_told() {
    let mut open = Account { broken: ["apigatewayv2:updateStage".to_owned()].into(), ..account() };
    assert_eq!(turn("KillSwitch", &mut open), Err("NotEverythingReached".to_owned()));
    assert_eq!(stopped(&open), FUNCTIONS.into());
    let mut running =
        Account { broken: ["lambda:putFunctionConcurrency arn:two".to_owned()].into(), ..account() };
    assert_eq!(turn("KillSwitch", &mut running), Err("NotEverythingReached".to_owned()));
    assert!(is_closed(&running));
    assert_eq!(stopped(&running), ["arn:one", "arn:three"].into());
    let guard = guard();
    let alarm = guard.resource("KillSwitchFailed").unwrap();
    assert_eq!(alarm.text(&["MetricName"]), Some("ExecutionsFailed"));
    assert_eq!(json_of(alarm.at(&["Dimensions"]).unwrap())[0]["Value"], "KillSwitch");
    assert_eq!(json_of(alarm.at(&["AlarmActions"]).unwrap()), json!(["Alerts"]));
}

/// cfn-lint looks at the shape of a state, not at where it leads.
#[test]
fn every_state_can_be_reached_and_leads_to_one_that_is_there() {
    for name in ["KillSwitch", "SwitchOn"] {
        let machine = machine(name);
        let inner =
            machine["States"].as_object().unwrap().values().filter_map(|state| state.get("ItemProcessor"));
        for machine in inner.chain([&machine]) {
            let states = machine["States"].as_object().unwrap();
            let mut reached = BTreeSet::from([machine["StartAt"].as_str().unwrap().to_owned()]);
            for state in states.values() {
                let lists =
                    ["Catch", "Choices"].map(|list| state[list].as_array().cloned().unwrap_or_default());
                let targets = lists.iter().flatten().map(|item| &item["Next"]);
                let targets = targets.chain([&state["Next"], &state["Default"]]);
                reached.extend(targets.filter_map(|target| target.as_str().map(str::to_owned)));
            }
            let known: BTreeSet<String> = states.keys().cloned().collect();
            assert_eq!(reached, known, "{name}");
        }
    }
}
