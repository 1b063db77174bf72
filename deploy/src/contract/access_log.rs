//! The access log: there is one, and it says nothing about who asked.
//! Knows the stage's `AccessLogSettings` and API Gateway's `$context` variables.

use super::{Deployment, Findings};
use crate::references;

/// What would make a log of requests a log of people.
const PERSONAL: &[&str] = &[
    "identity.sourceIp",
    "identity.userAgent",
    "authorizer.claims",
    "authorizer.principalId",
    "identity.caller",
];

pub(super) fn check(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for stage in template.of("AWS::ApiGatewayV2::Stage") {
        let Some(format) = stage.at(&["AccessLogSettings", "Format"]) else {
            findings.of(
                template,
                stage,
                "접근 로그가 없다. `AccessLogSettings`에 로그 그룹과 형식을 적는다.",
            );
            continue;
        };
        let text = format.text().unwrap_or_default();
        for name in PERSONAL.iter().filter(|name| text.contains(*name)) {
            let message = format!("접근 로그에 `$context.{name}`을(를) 적지 않는다. 누구인지 남기지 않는다.");
            findings.node(template, stage, format, message);
        }
        let group = stage.written.get("Properties").and_then(|node| node.get("AccessLogSettings"));
        let group = group.and_then(|node| node.get("DestinationArn"));
        let ours = group.is_some_and(|group| {
            references::names(group).iter().any(|name| {
                template.resource(name).is_some_and(|resource| resource.kind == "AWS::Logs::LogGroup")
            })
        });
        if !ours {
            let place = group.map_or(format.place, |group| group.place);
            let message = "접근 로그의 `DestinationArn`은 이 템플릿의 로그 그룹이어야 한다.";
            findings.at(template, &stage.id, place, message);
        }
    }
}
