//! What is wrong with a template, with its place: the rules report here, a person reads it.
//! Knows places; knows no rule.

use std::fmt;

use template::evaluated::{Evaluated, Resource};
use template::yaml::{Node, Place};

/// One broken promise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The template's file name.
    pub file: String,
    /// Where it stands.
    pub place: Place,
    /// The rule's name.
    pub rule: &'static str,
    /// The resource, or the section, it is about.
    pub subject: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        write!(f, "{}:{line}:{column}: {}: {} [{}]", self.file, self.subject, self.message, self.rule)
    }
}

/// Collects what one rule finds in one template.
pub struct Findings<'a> {
    pub(super) rule: &'static str,
    pub(super) found: &'a mut Vec<Finding>,
}

impl Findings<'_> {
    /// Something about a whole resource: it lacks something.
    pub fn of(&mut self, template: &Evaluated, resource: &Resource, message: impl Into<String>) {
        self.at(template, &resource.id, resource.place, message);
    }

    /// Something at a node of a resource.
    pub fn node(
        &mut self,
        template: &Evaluated,
        resource: &Resource,
        node: &Node,
        message: impl Into<String>,
    ) {
        self.at(template, &resource.id, node.place, message);
    }

    /// Something at a place.
    pub fn at(&mut self, template: &Evaluated, subject: &str, place: Place, message: impl Into<String>) {
        self.found.push(Finding {
            file: template.file.clone(),
            place,
            rule: self.rule,
            subject: subject.to_owned(),
            message: message.into(),
        });
    }

    /// Demands a property with exactly this text; `why` ends the message.
    pub fn demand(
        &mut self,
        template: &Evaluated,
        resource: &Resource,
        path: &[&str],
        value: &str,
        why: &str,
    ) {
        let name = path.join(".");
        match resource.at(path) {
            None => self.of(template, resource, format!("`{name}: {value}`이(가) 없다. {why}")),
            Some(node) if node.text() != Ok(value) => {
                self.node(template, resource, node, format!("`{name}`은(는) `{value}`여야 한다. {why}"));
            }
            Some(_) => {}
        }
    }
}
