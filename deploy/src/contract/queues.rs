//! The queues: a message comes back late enough, not for ever, and is not lost when it goes to the dead-letter queue.
//! Knows `AWS::SQS::Queue`, what polls one and what sends to one.

use template::evaluated::{Evaluated, Resource};
use template::yaml::Node;

use super::{Deployment, Findings, policies};
use crate::event_sources::{self, QUEUE, letters, polled};
use crate::references;

/// Function timeouts for which a message stays hidden ("Creating and configuring an Amazon SQS event source mapping": at least six).
const TIMEOUTS: u32 = 6;
/// Receives before a message is given up (the same page: at least five, or a throttled function's messages are).
const RECEIVES: u32 = 5;
/// Seconds: SQS's own when nothing is written.
const VISIBILITY: u32 = 30;
const RETENTION: u32 = 345_600;
/// Bytes of a message. What a reader writes is small; SQS counts every 64 KB as a request.
const LARGEST: u32 = 65_536;
/// Batches of one queue at once: what is left of a new account's ten concurrent invocations is for the requests.
const CONCURRENCY: u32 = 5;

fn number(resource: &Resource, name: &str, default: u32) -> u32 {
    resource.at(&[name]).and_then(|node| node.parse("").ok()).unwrap_or(default)
}

/// Where a property stands, or its resource.
fn place(resource: &Resource, path: &[&str]) -> template::yaml::Place {
    resource.at(path).map_or(resource.place, |node| node.place)
}

pub(super) fn hidden(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for source in polled(template) {
        let timeout = number(source.function, "Timeout", 3);
        let seconds = number(source.queue, "VisibilityTimeout", VISIBILITY);
        if seconds < TIMEOUTS * timeout {
            let message = format!(
                "`VisibilityTimeout` {seconds}초는 `{}`의 Timeout {timeout}초의 {TIMEOUTS}배보다 짧다. 아직 일하는 메시지를 다른 환경이 또 받는다.",
                source.function.id
            );
            findings.at(template, &source.queue.id, place(source.queue, &["VisibilityTimeout"]), message);
        }
    }
}

pub(super) fn redrive(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for source in polled(template) {
        let queue = source.queue;
        let Some(dead) = letters(template, queue) else {
            let message = "`RedrivePolicy`의 `deadLetterTargetArn`이 이 템플릿의 다른 큐를 가리켜야 한다. 없으면 독이 든 메시지가 보존 기간 내내 돌아온다.";
            findings.at(template, &queue.id, place(queue, &["RedrivePolicy"]), message);
            continue;
        };
        let path = ["RedrivePolicy", "maxReceiveCount"];
        let receives = queue.at(&path).and_then(|node| node.parse::<u32>("").ok()).unwrap_or_default();
        if receives < RECEIVES {
            let message = format!(
                "`maxReceiveCount`는 {RECEIVES} 이상이어야 한다. 적으면 함수가 막혔을 뿐인 메시지도 DLQ로 간다."
            );
            findings.at(template, &queue.id, place(queue, &path), message);
        }
        let kept = |queue| number(queue, "MessageRetentionPeriod", RETENTION);
        if kept(dead) < kept(queue) {
            let message = format!(
                "`MessageRetentionPeriod`가 `{}`의 것보다 짧다. 나이는 처음 보낸 때부터 세므로 DLQ에 오자마자 지워진다.",
                queue.id
            );
            findings.at(template, &dead.id, place(dead, &["MessageRetentionPeriod"]), message);
        }
    }
}

pub(super) fn size(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for queue in template.of(QUEUE) {
        if number(queue, "MaximumMessageSize", u32::MAX) > LARGEST {
            let message =
                format!("`MaximumMessageSize`를 {LARGEST} 이하로 적는다. 없으면 메시지 하나가 1 MiB다.");
            findings.at(template, &queue.id, place(queue, &["MaximumMessageSize"]), message);
        }
    }
}

pub(super) fn polled_well(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for source in polled(template) {
        let at = |path: &[&str]| path.iter().try_fold(source.properties, |node, key| node.get(key));
        let types = at(&["FunctionResponseTypes"]).map_or(&[][..], Node::items);
        if !types.iter().any(|node| node.text() == Ok("ReportBatchItemFailures")) {
            let message = "`FunctionResponseTypes: [ReportBatchItemFailures]`가 없다. 하나가 실패하면 배치 전체가 다시 온다.";
            findings.at(template, &source.function.id, source.properties.place, message);
        }
        let path = ["ScalingConfig", "MaximumConcurrency"];
        let most = at(&path).and_then(|node| node.parse::<u32>("").ok());
        if most.is_none_or(|most| most > CONCURRENCY) {
            let place = at(&path).unwrap_or(source.properties).place;
            let message = format!(
                "`ScalingConfig.MaximumConcurrency`를 {CONCURRENCY} 이하로 적는다. 가득 찬 큐가 계정의 동시 실행을 다 쓴다."
            );
            findings.at(template, &source.function.id, place, message);
        }
    }
}

/// Who polls and who sends may do it, and to that queue.
pub(super) fn permissions(deployment: &Deployment, findings: &mut Findings<'_>) {
    let template = &deployment.system;
    for source in polled(template) {
        let actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
        demand(template, source.function, "Role", source.queue, &actions, findings);
    }
    for integration in template.of("AWS::ApiGatewayV2::Integration") {
        if let Some(queue) = event_sources::sends_to(template, integration) {
            demand(template, integration, "CredentialsArn", queue, &["sqs:SendMessage"], findings);
        }
    }
}

/// Demands that the role `property` refers to allows the actions on the queue.
fn demand(
    template: &Evaluated,
    user: &Resource,
    property: &str,
    queue: &Resource,
    actions: &[&str],
    findings: &mut Findings<'_>,
) {
    let written = user.written.get("Properties").and_then(|properties| properties.get(property));
    let named = written.map(references::names).unwrap_or_default();
    let Some(role) = template.of("AWS::IAM::Role").find(|role| named.contains(&role.id.as_str())) else {
        findings.of(template, user, format!("`{property}`가 이 템플릿의 역할을 가리켜야 한다."));
        return;
    };
    for action in actions.iter().filter(|action| !allows(role, action, queue)) {
        let message = format!("`{}`의 `{action}`을 `{}`에 허락하지 않는다.", queue.id, user.id);
        findings.of(template, role, message);
    }
}

fn allows(role: &Resource, action: &str, queue: &Resource) -> bool {
    policies::of_role(role).into_iter().any(|statement| {
        let is = |name: &str, text: &str| {
            statement.get(name).is_some_and(|node| {
                node.text() == Ok(text) || node.items().iter().any(|item| item.text() == Ok(text))
            })
        };
        let resource = statement.get("Resource").map(references::names).unwrap_or_default();
        is("Effect", "Allow") && is("Action", action) && resource.contains(&queue.id.as_str())
    })
}
