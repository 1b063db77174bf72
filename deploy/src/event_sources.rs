//! Which function polls which queue, and which route sends to one.
//! Knows SAM's event `SQS` and the integration `SQS-SendMessage`; what is good or dear about them is the others' business.

use template::evaluated::{Evaluated, Resource};
use template::yaml::Node;

use crate::references;

pub(crate) const QUEUE: &str = "AWS::SQS::Queue";
const FUNCTION: &str = "AWS::Serverless::Function";
const SEND_MESSAGE: &str = "SQS-SendMessage";

/// A function with the queue that Lambda polls for it.
pub(crate) struct Polled<'a> {
    pub function: &'a Resource,
    pub queue: &'a Resource,
    /// The event's `Properties`, worked out.
    pub properties: &'a Node,
}

/// All of them, in the order of the file.
pub(crate) fn polled(template: &Evaluated) -> Vec<Polled<'_>> {
    let mut found = Vec::new();
    for function in template.of(FUNCTION) {
        for (name, event) in function.at(&["Events"]).map_or(&[][..], Node::entries) {
            let path = ["Properties", "Events", name.text.as_str(), "Properties", "Queue"];
            let source = path.iter().try_fold(&function.written, |node, key| node.get(key));
            let named = source.map(references::names).unwrap_or_default();
            let queue = template.of(QUEUE).find(|queue| named.contains(&queue.id.as_str()));
            if let (Some(queue), Some(properties)) = (queue, event.get("Properties")) {
                found.push(Polled { function, queue, properties });
            }
        }
    }
    found
}

/// The queue an integration sends to; nothing for one that calls a function.
pub(crate) fn sends_to<'a>(template: &'a Evaluated, integration: &Resource) -> Option<&'a Resource> {
    if integration.text(&["IntegrationSubtype"]) != Some(SEND_MESSAGE) {
        return None;
    }
    let url = ["Properties", "RequestParameters", "QueueUrl"];
    let named = references::names(url.iter().try_fold(&integration.written, |node, key| node.get(key))?);
    template.of(QUEUE).find(|queue| named.contains(&queue.id.as_str()))
}

/// The queue that takes what nobody managed of `queue`.
pub(crate) fn letters<'a>(template: &'a Evaluated, queue: &Resource) -> Option<&'a Resource> {
    let target = ["Properties", "RedrivePolicy", "deadLetterTargetArn"];
    let named = references::names(target.iter().try_fold(&queue.written, |node, key| node.get(key))?);
    template.of(QUEUE).find(|other| other.id != queue.id && named.contains(&other.id.as_str()))
}
