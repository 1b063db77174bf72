//! Reads what a template asks of whoever deploys it: parameters with their bounds, rules between them, conditions.
//! Knows the sections' own fields; what refers to a parameter is not its business.

use super::Reader;
use crate::support;
use crate::yaml::{Node, Problem};

/// Types of parameters.
pub(crate) const TYPES: &[&str] = &["CommaDelimitedList", "Number", "String"];
/// What may stand in a rule.
pub(crate) const OF_RULES: &[&str] = &["Assertions", "RuleCondition"];

impl Reader<'_> {
    pub(super) fn parameters(&mut self) {
        for name in self.overrides.keys() {
            if !self.section("Parameters").iter().any(|(key, _)| key.text == *name) {
                let place = self.document.get("Parameters").map_or(self.document.place, |node| node.place);
                self.problem(
                    place,
                    format!("`{name}` is set (samconfig.toml, --parameter-overrides), but is no parameter of the template"),
                );
            }
        }
        for (key, declaration) in self.section("Parameters") {
            let default = declaration.get("Default").and_then(|node| node.text().ok()).map(str::to_owned);
            let Some(value) = self.overrides.get(&key.text).cloned().or(default) else {
                self.problem(
                    key.place,
                    format!("`{}` has no default and samconfig.toml sets none", key.text),
                );
                continue;
            };
            support::check_parameter(declaration, &mut self.problems);
            let kind = declaration.get("Type").and_then(|node| node.text().ok()).unwrap_or("String");
            match kind {
                "Number" => match value.parse::<f64>() {
                    Ok(number) => self.bounds(&key.text, declaration, number),
                    Err(_) => {
                        self.problem(key.place, format!("`{}` is a Number, its value is `{value}`", key.text))
                    }
                },
                "CommaDelimitedList" => self.scope.lists.push(key.text.clone()),
                "String" => {}
                other => self.problem(
                    key.place,
                    format!(
                        "parameters of type `{other}` are not honoured here; these are: {}",
                        TYPES.join(", ")
                    ),
                ),
            }
            let allowed = declaration.get("AllowedValues").map_or(&[][..], Node::items);
            if !allowed.is_empty() && !allowed.iter().any(|node| node.text().is_ok_and(|text| text == value))
            {
                self.problem(key.place, format!("`{value}` is none of the AllowedValues of `{}`", key.text));
            }
            self.scope.parameters.insert(key.text.clone(), value);
        }
    }

    pub(super) fn conditions(&mut self) {
        for (key, node) in self.section("Conditions") {
            match self.scope.condition(node) {
                Ok(holds) => {
                    self.scope.conditions.insert(key.text.clone(), holds);
                }
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    fn bounds(&mut self, name: &str, declaration: &Node, number: f64) {
        let bound = |bound: &str| declaration.get(bound).and_then(|node| node.parse::<f64>("a number").ok());
        let outside = bound("MinValue").is_some_and(|least| number < least)
            || bound("MaxValue").is_some_and(|most| number > most);
        if outside {
            self.problem(declaration.place, format!("{number} is outside the bounds of `{name}`"));
        }
    }

    /// `Rules`: what CloudFormation asks of the parameters before it begins ("Rules syntax reference").
    pub(super) fn rules(&mut self) {
        for (name, rule) in self.section("Rules") {
            for (key, _) in rule.entries() {
                if !OF_RULES.contains(&key.text.as_str()) {
                    self.problem(key.place, format!("`{}` is not honoured on this machine", key.text));
                }
            }
            match rule.get("RuleCondition").map(|node| self.scope.condition(node)) {
                Some(Ok(false)) => continue,
                Some(Err(problem)) => self.problems.push(problem),
                Some(Ok(true)) | None => {}
            }
            for assertion in rule.get("Assertions").map_or(&[][..], Node::items) {
                let holds = match assertion.get("Assert") {
                    Some(node) => self.scope.condition(node),
                    None => Err(Problem::new(assertion.place, format!("`{}` lacks Assert", name.text))),
                };
                match holds {
                    Ok(true) => {}
                    Ok(false) => {
                        let why = assertion.get("AssertDescription").and_then(|node| node.text().ok());
                        let why = why.unwrap_or("the parameters do not fit together");
                        self.problem(assertion.place, format!("rule `{}`: {why}", name.text));
                    }
                    Err(problem) => self.problems.push(problem),
                }
            }
        }
    }
}
