//! Reads `AWS::SQS::Queue`.
//! Knows SQS's bounds and defaults (Amazon SQS API Reference, "SetQueueAttributes", and "Amazon SQS message quotas", 2026).

use std::ops::RangeInclusive;
use std::time::Duration;

use super::{Resource, bounded, keep};
use crate::system::{Queue, Redrive};
use crate::yaml::{Node, Problem};
use crate::{ACCOUNT, REGION};

pub(super) const QUEUE: &str = "AWS::SQS::Queue";
/// Seconds: bounds and default.
const VISIBILITY: (RangeInclusive<u64>, u64) = (0..=43_200, 30);
const RETENTION: (RangeInclusive<u64>, u64) = (60..=1_209_600, 345_600);
const WAIT: (RangeInclusive<u64>, u64) = (0..=20, 0);
const DELAY: (RangeInclusive<u64>, u64) = (0..=900, 0);
/// Bytes. The most, and the default, are 1 MiB since August 2025.
const MESSAGE_SIZE: (RangeInclusive<usize>, usize) = (1_024..=1_048_576, 1_048_576);
const RECEIVES: RangeInclusive<u32> = 1..=1_000;

/// `arn:aws:sqs:region:account:name`
pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

/// What `Ref` gives of a queue; nothing answers there on this machine.
pub(super) fn url(name: &str) -> String {
    format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}")
}

/// All queues. A redrive policy names another queue of the template.
pub(super) fn read(resources: &[Resource], problems: &mut Vec<Problem>) -> Vec<Queue> {
    let resources: Vec<_> = resources.iter().filter(|resource| resource.kind == QUEUE).collect();
    let names: Vec<_> = resources.iter().map(|resource| name(resource)).collect();
    let mut queues = Vec::with_capacity(resources.len());
    for (resource, name) in resources.iter().zip(&names) {
        if names.iter().filter(|other| *other == name).count() > 1 {
            problems.push(Problem::new(resource.place, format!("`{name}` is the name of another queue too")));
        }
        queues.extend(queue(resource, name, &names, problems));
    }
    queues
}

fn name(resource: &Resource) -> String {
    let own = resource.properties.get("QueueName").and_then(|node| node.text().ok());
    own.unwrap_or(&resource.id).to_owned()
}

fn queue(resource: &Resource, name: &str, names: &[String], problems: &mut Vec<Problem>) -> Option<Queue> {
    let properties = &resource.properties;
    let seconds = |property: &str, (bounds, default): (RangeInclusive<u64>, u64), problems: &mut _| {
        let seconds = bounded(properties.get(property), default, &bounds, "seconds", problems)?;
        Some(Duration::from_secs(seconds))
    };
    let (sizes, size) = MESSAGE_SIZE;
    let redrive = properties.get("RedrivePolicy");
    Some(Queue {
        name: name.to_owned(),
        arn: arn(name),
        url: url(name),
        visibility_timeout: seconds("VisibilityTimeout", VISIBILITY, problems)?,
        retention: seconds("MessageRetentionPeriod", RETENTION, problems)?,
        wait: seconds("ReceiveMessageWaitTimeSeconds", WAIT, problems)?,
        delay: seconds("DelaySeconds", DELAY, problems)?,
        longest_message: bounded(properties.get("MaximumMessageSize"), size, &sizes, "bytes", problems)?,
        redrive: match redrive {
            Some(node) => Some(keep(read_redrive(node, name, names), problems)?),
            None => None,
        },
    })
}

fn read_redrive(node: &Node, own: &str, names: &[String]) -> Result<Redrive, Problem> {
    for (key, _) in node.entries() {
        if !["deadLetterTargetArn", "maxReceiveCount"].contains(&key.text.as_str()) {
            return Err(Problem::new(key.place, format!("`{}` is no part of a redrive policy", key.text)));
        }
    }
    let field = |name: &str| {
        node.get(name).ok_or_else(|| Problem::new(node.place, format!("the redrive policy lacks `{name}`")))
    };
    let target = field("deadLetterTargetArn")?;
    let queue = names.iter().find(|name| target.text() == Ok(arn(name).as_str()) && name.as_str() != own);
    let Some(queue) = queue else {
        let message = "deadLetterTargetArn must be `!GetAtt <queue>.Arn` of another queue of this template";
        return Err(Problem::new(target.place, message));
    };
    let count = field("maxReceiveCount")?;
    let most: u32 = count.parse("a whole number")?;
    if !RECEIVES.contains(&most) {
        let (low, high) = (RECEIVES.start(), RECEIVES.end());
        return Err(Problem::new(count.place, format!("{most} receives are outside {low}–{high}")));
    }
    Ok(Redrive { queue: queue.clone(), max_receive_count: most })
}
