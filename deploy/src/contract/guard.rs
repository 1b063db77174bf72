//! The guard: its switch reaches everything that can be called, may touch nothing else, and is turned by the flood alarm.
//! Knows deploy/guard.yaml beside template.yaml: states, rules, alarms, the budget.

use std::collections::BTreeMap;

use template::evaluated::{Evaluated, Resource};
use template::yaml::{Node, parse};

use super::functions::FUNCTION;
use super::routes::ROUTE;
use super::{Deployment, Findings};
use crate::references;

const MACHINE: &str = "AWS::StepFunctions::StateMachine";
const ALARM: &str = "AWS::CloudWatch::Alarm";
/// The output of template.yaml and the parameter of guard.yaml that carry the functions from one to the other.
const FUNCTIONS: &str = "Functions";
const CLOSE: [&str; 4] = ["Definition", "States", "CloseStage", "Parameters"];

/// What a deployment fills in stands here as its own name.
pub(super) fn values(text: &str) -> BTreeMap<String, String> {
    let Ok(document) = parse(text) else { return BTreeMap::new() };
    let parameters = document.get("Parameters").map_or(&[][..], Node::entries).iter();
    let open = parameters.filter(|(_, parameter)| parameter.get("Default").is_none());
    open.map(|(key, _)| (key.text.clone(), key.text.clone())).collect()
}

/// The machine that closes the stage.
fn switch(guard: &Evaluated) -> Option<&Resource> {
    guard.of(MACHINE).find(|machine| machine.at(&CLOSE).is_some())
}

pub(super) fn targets(deployment: &Deployment, findings: &mut Findings<'_>) {
    let (system, guard) = (&deployment.system, &deployment.guard);
    let Some(machine) = switch(guard) else {
        let message =
            "킬 스위치가 없다. `CloseStage`에서 스테이지의 스로틀을 0으로 만드는 상태 머신을 적는다.";
        findings.at(guard, "Resources", guard.document.place, message);
        return;
    };
    let parameters = machine.at(&CLOSE).unwrap_or(&machine.properties);
    let settings = parameters.get("RouteSettings").map_or(&[][..], Node::entries);
    let keys: Vec<&str> = system.of(ROUTE).filter_map(|route| route.text(&["RouteKey"])).collect();
    for key in keys.iter().filter(|key| !settings.iter().any(|(name, _)| name.text == **key)) {
        let message =
            format!("킬 스위치가 `{key}`을(를) 끄지 않는다. `CloseStage`의 RouteSettings에 0으로 적는다.");
        findings.node(guard, machine, parameters, message);
    }
    for (name, _) in settings.iter().filter(|(name, _)| !keys.contains(&name.text.as_str())) {
        let message = format!("`{}`라는 라우트는 template.yaml에 없다. 스위치가 실패한다.", name.text);
        findings.at(guard, &machine.id, name.place, message);
    }
    let default = parameters.get("DefaultRouteSettings");
    if default.is_none() {
        findings.node(guard, machine, parameters, "`DefaultRouteSettings`도 0으로 만든다.");
    }
    for limits in settings.iter().map(|(_, limits)| limits).chain(default) {
        for name in ["ThrottlingRateLimit", "ThrottlingBurstLimit"] {
            if limits.get(name).map(Node::text) != Some(Ok("0")) {
                let place = limits.get(name).map_or(limits.place, |node| node.place);
                findings.at(guard, &machine.id, place, format!("`{name}: 0`이어야 꺼진다."));
            }
        }
    }
    functions(system, guard, machine, findings);
}

fn functions(system: &Evaluated, guard: &Evaluated, machine: &Resource, findings: &mut Findings<'_>) {
    if !references::names(&machine.written).contains(&FUNCTIONS) {
        findings.of(guard, machine, format!("스위치가 `{FUNCTIONS}`의 함수를 멈추지 않는다."));
    }
    let output = system.section("Outputs").iter().find(|(key, _)| key.text == FUNCTIONS);
    let Some((key, output)) = output else {
        let message = format!("출력 `{FUNCTIONS}`이(가) 없다. 킬 스위치가 멈출 함수를 모른다.");
        findings.at(system, "Outputs", system.document.place, message);
        return;
    };
    let named = references::names(output);
    for function in system.of(FUNCTION).filter(|function| !named.contains(&function.id.as_str())) {
        let message = format!("`{}`이(가) 빠졌다. 킬 스위치가 멈추지 못한다.", function.id);
        findings.at(system, FUNCTIONS, key.place, message);
    }
}

/// Every resource the guard's roles may touch is one it was given or one it made.
pub(super) fn role(deployment: &Deployment, findings: &mut Findings<'_>) {
    let guard = &deployment.guard;
    for role in guard.of("AWS::IAM::Role") {
        let policies = role.written.get("Properties").and_then(|node| node.get("Policies"));
        for policy in policies.map_or(&[][..], Node::items) {
            let statements = policy.get("PolicyDocument").and_then(|document| document.get("Statement"));
            for resource in
                statements.map_or(&[][..], Node::items).iter().filter_map(|node| node.get("Resource"))
            {
                let many = if resource.items().is_empty() {
                    std::slice::from_ref(resource)
                } else {
                    resource.items()
                };
                for one in many {
                    let names = references::names(one);
                    if !names.iter().any(|name| !name.starts_with("AWS::")) {
                        let message = "지키는 스택의 스테이지와 함수만 만져야 한다: `${ApiId}`, `!Ref Functions`, 이 템플릿의 리소스.";
                        findings.node(guard, role, one, message);
                    }
                }
            }
        }
    }
}

pub(super) fn alarm(deployment: &Deployment, findings: &mut Findings<'_>) {
    let guard = &deployment.guard;
    for alarm in guard.of(ALARM) {
        let actions = alarm.written.get("Properties").and_then(|node| node.get("AlarmActions"));
        let told = actions.is_some_and(|actions| {
            references::names(actions)
                .iter()
                .any(|name| guard.resource(name).is_some_and(|topic| topic.kind == "AWS::SNS::Topic"))
        });
        if !told {
            let place = actions.map_or(alarm.place, |actions| actions.place);
            findings.at(guard, &alarm.id, place, "`AlarmActions`가 이 템플릿의 SNS 주제에 알려야 한다.");
        }
    }
    let Some(machine) = switch(guard) else { return };
    // Few requests with large bodies cost as much as many with small ones.
    let metrics = [("Count", "요청 수"), ("DataProcessed", "바이트")];
    let turned = |flood: &Resource| {
        guard.of("AWS::Events::Rule").any(|rule| {
            let named = |path: &str| {
                let node = rule.written.get("Properties").and_then(|node| node.get(path));
                node.map(references::names).unwrap_or_default()
            };
            named("EventPattern").contains(&flood.id.as_str())
                && named("Targets").contains(&machine.id.as_str())
        })
    };
    for (metric, what) in metrics {
        let mut floods = guard.of(ALARM).filter(|alarm| {
            alarm.text(&["Namespace"]) == Some("AWS/ApiGateway")
                && alarm.text(&["MetricName"]) == Some(metric)
                && references::names(&alarm.written).contains(&"ApiId")
        });
        if !floods.any(turned) {
            let message = format!(
                "API의 {what}(`AWS/ApiGateway` `{metric}`)를 보는 경보가 이 스위치를 돌려야 한다. 경보, 규칙, 스위치를 잇는다."
            );
            findings.of(guard, machine, message);
        }
    }
}

pub(super) fn budget(deployment: &Deployment, findings: &mut Findings<'_>) {
    let guard = &deployment.guard;
    let budgets: Vec<&Resource> = guard.of("AWS::Budgets::Budget").collect();
    if budgets.is_empty() {
        findings.at(
            guard,
            "Resources",
            guard.document.place,
            "예산이 없다. `AWS::Budgets::Budget`을 적는다.",
        );
    }
    for budget in budgets {
        let notifications = budget.at(&["NotificationsWithSubscribers"]).map_or(&[][..], Node::items);
        let actual = notifications
            .iter()
            .filter(|entry| !entry.get("Subscribers").map_or(&[][..], Node::items).is_empty());
        let actual = actual.filter_map(|entry| entry.get("Notification"));
        let mut thresholds = actual
            .filter(|entry| entry.get("NotificationType").map(Node::text) == Some(Ok("ACTUAL")))
            .filter_map(|entry| entry.get("Threshold")?.parse::<f64>("").ok());
        if !thresholds.any(|threshold| threshold <= 100.0) {
            findings.of(guard, budget, "쓴 돈이 예산에 닿기 전에 알려야 한다: ACTUAL, 100% 이하, 받을 사람.");
        }
    }
}
