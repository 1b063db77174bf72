//! The functions: what they run on, how large they may be, where their logs go, who may call them.
//! Knows `AWS::Serverless::Function`, log groups and permissions.

use template::evaluated::{Evaluated, Resource};

use super::{Deployment, Findings};
use crate::references;

pub(super) const FUNCTION: &str = "AWS::Serverless::Function";
pub(super) const LOG_GROUP: &str = "AWS::Logs::LogGroup";

/// MB. At 1,769 MB a function has one whole CPU (Lambda Developer Guide, "Configure function memory"); more buys nothing here.
const MEMORY_MB: std::ops::RangeInclusive<u32> = 128..=1_769;
/// Seconds. The longest one, `lazy` at 128 MB, needs five.
const TIMEOUT_S: std::ops::RangeInclusive<u32> = 1..=20;
/// Days.
const LONGEST_RETENTION: u32 = 14;

pub(super) fn runtime(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for function in template.of(FUNCTION) {
        findings.demand(template, function, &["Runtime"], "provided.al2023", "함수는 Rust 실행 파일이다.");
        findings.demand(template, function, &["Handler"], "bootstrap", "zip에는 그 이름만 들어 있다.");
    }
}

pub(super) fn size(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for function in template.of(FUNCTION) {
        for (name, bounds, unit) in [("MemorySize", &MEMORY_MB, "MB"), ("Timeout", &TIMEOUT_S, "초")] {
            let (low, high) = (bounds.start(), bounds.end());
            let Some(node) = function.at(&[name]) else {
                findings.of(template, function, format!("`{name}`이(가) 없다. {low}–{high}{unit}로 적는다."));
                continue;
            };
            if !node.parse("").is_ok_and(|value: u32| bounds.contains(&value)) {
                let message =
                    format!("`{name}`은(는) {low}–{high}{unit}여야 한다. 호출 한 번의 값이 여기서 정해진다.");
                findings.node(template, function, node, message);
            }
        }
    }
}

pub(super) fn urls(deployment: &Deployment, findings: &mut Findings<'_>) {
    const WHY: &str = "함수 URL은 스로틀과 권한 부여자를 건너뛴다. 지운다.";
    let template = &deployment.system;
    for function in template.of(FUNCTION) {
        if let Some(node) = function.at(&["FunctionUrlConfig"]) {
            findings.node(template, function, node, WHY);
        }
    }
    for url in template.of("AWS::Lambda::Url") {
        findings.of(template, url, WHY);
    }
}

pub(super) fn reserved(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for function in template.of(FUNCTION) {
        let Some(node) = function.at(&["ReservedConcurrentExecutions"]) else { continue };
        if !node.parse("").is_ok_and(|count: u32| count > 0) {
            findings.node(
                template,
                function,
                node,
                "예약된 동시성 0은 함수를 꺼 버린다. 조건으로 빼거나 1 이상을 적는다.",
            );
        }
    }
}

pub(super) fn logs(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for function in template.of(FUNCTION) {
        if !template.of(LOG_GROUP).any(|group| belongs(group, function)) {
            let message = format!(
                "로그 그룹이 없다. Lambda가 만들면 로그가 영원히 남는다. `{}Logs`를 적고 LoggingConfig가 가리키게 한다.",
                function.id
            );
            findings.of(template, function, message);
        }
    }
}

/// By the function's own word, or by the name Lambda would choose.
fn belongs(group: &Resource, function: &Resource) -> bool {
    function.text(&["LoggingConfig", "LogGroup"]) == Some(group.id.as_str())
        || group.text(&["LogGroupName"]) == Some(&format!("/aws/lambda/{}", function.id))
}

pub(super) fn retention(deployment: &Deployment, findings: &mut Findings<'_>) {
    for template in [&deployment.system, &deployment.guard] {
        for group in template.of(LOG_GROUP) {
            let days = group.at(&["RetentionInDays"]);
            if !days.is_some_and(|days| days.parse("").is_ok_and(|days: u32| days <= LONGEST_RETENTION)) {
                let place = days.map_or(group.place, |days| days.place);
                let message = format!("로그를 {LONGEST_RETENTION}일 안에 지운다: `RetentionInDays: 7`.");
                findings.at(template, &group.id, place, message);
            }
        }
    }
}

pub(super) fn permissions(deployment: &Deployment, findings: &mut Findings<'_>) {
    for template in [&deployment.system, &deployment.guard] {
        for permission in template.of("AWS::Lambda::Permission") {
            let source = permission.written.get("Properties").and_then(|node| node.get("SourceArn"));
            let ours = source
                .is_some_and(|source| references::names(source).iter().any(|name| known(template, name)));
            if !ours {
                let place = source.map_or(permission.place, |source| source.place);
                let message =
                    "`SourceArn`이 이 템플릿의 리소스를 가리켜야 한다. 없으면 남의 API도 이 함수를 부른다.";
                findings.at(template, &permission.id, place, message);
            }
        }
    }
}

fn known(template: &Evaluated, name: &str) -> bool {
    template.resource(name).is_some()
        || template.section("Parameters").iter().any(|(key, _)| key.text == name)
}

/// Without a role of its own SAM gives a function one that may write to every log group of the account.
pub(super) fn roles(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for function in template.of(FUNCTION) {
        let role = function.written.get("Properties").and_then(|node| node.get("Role"));
        let ours = role.is_some_and(|role| {
            references::names(role)
                .iter()
                .any(|name| template.resource(name).is_some_and(|resource| resource.kind == "AWS::IAM::Role"))
        });
        if !ours {
            let place = role.map_or(function.place, |role| role.place);
            let message = "`Role`이 이 템플릿의 역할이어야 한다. SAM이 만드는 역할은 계정의 모든 로그 그룹에 쓸 수 있다.";
            findings.at(template, &function.id, place, message);
        }
    }
}
