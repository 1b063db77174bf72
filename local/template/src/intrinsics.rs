//! Evaluates the intrinsic functions the template uses (`Ref`, `Sub`, `GetAtt`, `If`, `Equals`, …).
//! Knows YAML nodes and a scope of names; knows no resource type.
//!
//! Rules: AWS CloudFormation User Guide, "Intrinsic function reference".

use std::collections::{BTreeMap, BTreeSet};

use crate::yaml::{Node, Place, Problem, Value};

/// The names a template may refer to.
#[derive(Debug, Default, Clone)]
pub struct Scope {
    /// Parameters and pseudo parameters (`AWS::Region`) with their values.
    pub parameters: BTreeMap<String, String>,
    /// The section `Mappings`, as it is written: it may hold no function.
    pub mappings: Option<Node>,
    /// Names of parameters that are lists, comma separated.
    pub lists: Vec<String>,
    /// The evaluated `Conditions`.
    pub conditions: BTreeMap<String, bool>,
    /// Logical id → what `Ref` gives.
    pub refs: BTreeMap<String, String>,
    /// `LogicalId.Attribute` → what `GetAtt` gives.
    pub attributes: BTreeMap<String, String>,
    /// Logical ids of what exists on AWS alone: naming one is a problem, unless it may stand for itself.
    pub elsewhere: BTreeSet<String>,
    /// Whether an attribute this machine has no value for stands for itself, `LogicalId.Attribute`, instead of being a problem.
    pub stand_ins: bool,
}

/// The functions that give a value.
pub const FUNCTIONS: &[&str] = &["FindInMap", "GetAtt", "If", "Join", "Ref", "Split", "Sub"];
/// The functions that give a condition.
pub const CONDITIONS: &[&str] = &["And", "Condition", "Equals", "Not", "Or"];
/// The marker that removes a property: `!Ref AWS::NoValue`.
pub const NO_VALUE: &str = "AWS::NoValue";

impl Scope {
    /// Evaluates a node; `None` means the property is to be left out (`AWS::NoValue`).
    ///
    /// # Errors
    /// An unknown name, an unknown function or wrong arguments, with its place.
    pub fn evaluate(&self, node: &Node) -> Result<Option<Node>, Problem> {
        if let Some((function, argument)) = call(node) {
            return self.call(&function, &argument, node.place);
        }
        let value = match &node.value {
            Value::Scalar(text) => Value::Scalar(text.clone()),
            Value::List(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| self.evaluate(item)).collect();
                Value::List(items?.into_iter().flatten().collect())
            }
            Value::Map(entries) => {
                let mut out = Vec::with_capacity(entries.len());
                for (key, entry) in entries {
                    if let Some(entry) = self.evaluate(entry)? {
                        out.push((key.clone(), entry));
                    }
                }
                Value::Map(out)
            }
        };
        Ok(Some(Node { value, place: node.place, tag: None }))
    }

    /// Evaluates a condition: `Equals`, `Not`, `And`, `Or` or `Condition`.
    ///
    /// # Errors
    /// Anything that is not a condition.
    pub fn condition(&self, node: &Node) -> Result<bool, Problem> {
        let Some((function, argument)) = call(node) else {
            return Err(Problem::new(node.place, "expected a condition such as `!Equals [a, b]`"));
        };
        match function.as_str() {
            "Equals" => {
                let [left, right] = self.arguments::<2>(&argument, "Equals")?;
                Ok(self.text(&left)? == self.text(&right)?)
            }
            "Not" => {
                let [inner] = self.arguments::<1>(&argument, "Not")?;
                Ok(!self.condition(&inner)?)
            }
            "And" => argument.items().iter().try_fold(true, |all, item| Ok(self.condition(item)? && all)),
            "Or" => argument.items().iter().try_fold(false, |any, item| Ok(self.condition(item)? || any)),
            "Condition" => self.named_condition(&argument),
            other => Err(Problem::new(node.place, format!("`{other}` is not a condition function"))),
        }
    }

    fn named_condition(&self, name: &Node) -> Result<bool, Problem> {
        let text = name.text()?;
        self.conditions.get(text).copied().ok_or_else(|| {
            Problem::new(name.place, format!("there is no condition `{text}` under Conditions"))
        })
    }

    fn call(&self, function: &str, argument: &Node, place: Place) -> Result<Option<Node>, Problem> {
        match function {
            "Ref" => self.reference(argument),
            "GetAtt" => self.attribute(argument).map(Some),
            "Sub" => self.substitute(argument).map(|text| Some(Node::scalar(text, place))),
            "If" => {
                let [name, then, otherwise] = self.arguments::<3>(argument, "If")?;
                self.evaluate(if self.named_condition(&name)? { &then } else { &otherwise })
            }
            "Join" => {
                let [glue, list] = self.arguments::<2>(argument, "Join")?;
                let list = self.evaluate(&list)?.unwrap_or_else(|| Node::scalar("", place));
                let parts: Result<Vec<_>, _> = list.items().iter().map(|item| item.text()).collect();
                Ok(Some(Node::scalar(parts?.join(self.text(&glue)?.as_str()), place)))
            }
            "Split" => {
                let [glue, text] = self.arguments::<2>(argument, "Split")?;
                let (glue, text) = (self.text(&glue)?, self.text(&text)?);
                let items = text.split(glue.as_str()).map(|item| Node::scalar(item, place)).collect();
                Ok(Some(Node { value: Value::List(items), place, tag: None }))
            }
            "FindInMap" => self.find_in_map(argument, place).map(Some),
            other => Err(Problem::new(
                place,
                format!(
                    "the function `{other}` is not honoured on this machine; these are: {}",
                    FUNCTIONS.join(", ")
                ),
            )),
        }
    }

    fn reference(&self, name: &Node) -> Result<Option<Node>, Problem> {
        let text = name.text()?;
        if text == NO_VALUE {
            return Ok(None);
        }
        if !self.stand_ins && self.elsewhere.contains(text) {
            return Err(elsewhere(name, text));
        }
        let found = self.parameters.get(text).or_else(|| self.refs.get(text));
        let found = found.ok_or_else(|| unknown(name, text))?;
        if self.lists.iter().any(|list| list == text) {
            let items = found.split(',').map(|item| Node::scalar(item.trim(), name.place)).collect();
            return Ok(Some(Node { value: Value::List(items), place: name.place, tag: None }));
        }
        Ok(Some(Node::scalar(found.clone(), name.place)))
    }

    fn attribute(&self, argument: &Node) -> Result<Node, Problem> {
        let path = match &argument.value {
            Value::Scalar(text) => text.clone(),
            _ => {
                let parts: Result<Vec<_>, _> = argument.items().iter().map(|item| item.text()).collect();
                parts?.join(".")
            }
        };
        let known = |path: &str| path.split('.').next().is_some_and(|id| self.refs.contains_key(id));
        match self.attributes.get(&path) {
            Some(value) => Ok(Node::scalar(value.clone(), argument.place)),
            None if self.stand_ins && known(&path) => Ok(Node::scalar(path, argument.place)),
            None if known(&path) => Err(elsewhere(argument, &path)),
            None => Err(unknown(argument, &path)),
        }
    }

    fn find_in_map(&self, argument: &Node, place: Place) -> Result<Node, Problem> {
        let path = self.arguments::<3>(argument, "FindInMap")?;
        let mut found = self.mappings.as_ref();
        for key in &path {
            let key = self.text(key)?;
            found = found.and_then(|node| node.get(&key));
        }
        let found = found.ok_or_else(|| Problem::new(place, "Mappings has no such entry"))?;
        Ok(Node::scalar(found.text()?, place))
    }

    fn substitute(&self, argument: &Node) -> Result<String, Problem> {
        let (text, own) = match &argument.value {
            Value::List(items) if items.len() == 2 => (items[0].text()?, Some(&items[1])),
            _ => (argument.text()?, None),
        };
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            out.push_str(&rest[..start]);
            let Some(length) = rest[start..].find('}') else {
                return Err(Problem::new(argument.place, "`${` without a closing `}`"));
            };
            let name = &rest[start + 2..start + length];
            rest = &rest[start + length + 1..];
            if let Some(literal) = name.strip_prefix('!') {
                out.push_str(&format!("${{{literal}}}"));
            } else if let Some(node) = own.and_then(|own| own.get(name)) {
                out.push_str(&self.text(node)?);
            } else if name.contains('.') {
                out.push_str(self.attribute(&Node::scalar(name, argument.place))?.text()?);
            } else if let Some(node) = self.reference(&Node::scalar(name, argument.place))? {
                out.push_str(node.text()?);
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn text(&self, node: &Node) -> Result<String, Problem> {
        match self.evaluate(node)? {
            Some(node) => Ok(node.text()?.to_owned()),
            None => Ok(String::new()),
        }
    }

    fn arguments<const N: usize>(&self, node: &Node, function: &str) -> Result<[Node; N], Problem> {
        <[Node; N]>::try_from(node.items().to_vec())
            .map_err(|_| Problem::new(node.place, format!("`{function}` takes a list of {N}")))
    }
}

/// A function call in its short form (`!Ref x`) or its long one (`Fn::Sub: x`, `Ref: x`).
fn call(node: &Node) -> Option<(String, Node)> {
    if let Some(tag) = &node.tag {
        return Some((tag.clone(), Node { tag: None, ..node.clone() }));
    }
    let [(key, argument)] = node.entries() else { return None };
    let name = match key.text.as_str() {
        "Ref" | "Condition" => key.text.as_str(),
        text => text.strip_prefix("Fn::")?,
    };
    Some((name.to_owned(), argument.clone()))
}

fn unknown(node: &Node, name: &str) -> Problem {
    Problem::new(node.place, format!("`{name}` names no parameter, resource or attribute of this template"))
}

fn elsewhere(node: &Node, name: &str) -> Problem {
    let message =
        format!("`{name}` is known on AWS alone: what runs on this machine too cannot depend on it");
    Problem::new(node.place, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    fn scope() -> Scope {
        Scope {
            parameters: [("Rate", "5"), ("Origins", "http://a, http://b"), ("AWS::Region", "ap-northeast-2")]
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .into(),
            mappings: Some(parse("Book: {Scripts: {Hashes: x y}}\n").unwrap()),
            lists: vec!["Origins".into()],
            conditions: [("On".to_owned(), true)].into(),
            refs: [("Table", "User"), ("Site", "Site")].map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            attributes: [("Table.Arn".to_owned(), "arn:table/User".to_owned())].into(),
            elsewhere: ["Site".to_owned()].into(),
            stand_ins: false,
        }
    }

    fn evaluated(text: &str) -> Result<Option<Node>, Problem> {
        let node = parse(text)?;
        scope().evaluate(node.get("A").unwrap())
    }

    #[test]
    fn evaluates_what_the_template_uses() {
        let text = |yaml: &str| evaluated(yaml).unwrap().unwrap().text().unwrap().to_owned();
        assert_eq!(text("A: !Ref Rate"), "5");
        assert_eq!(text("A: !GetAtt Table.Arn"), "arn:table/User");
        assert_eq!(
            text("A: !Sub '${Table} in ${AWS::Region}, ${Table.Arn}, ${!kept}'"),
            "User in ap-northeast-2, arn:table/User, ${kept}"
        );
        assert_eq!(text("A: {Fn::Sub: ['${X}-${Rate}', {X: !Ref Table}]}"), "User-5");
        assert_eq!(text("A: !If [On, yes, no]"), "yes");
        assert_eq!(text("A: !FindInMap [Book, Scripts, Hashes]"), "x y");
        assert!(evaluated("A: !FindInMap [Book, Scripts, Other]").is_err());
        assert_eq!(text("A: !Join ['-', [a, !Ref Rate]]"), "a-5");
        let split = evaluated("A: !Split [',', !Sub 'x,${Rate}']").unwrap().unwrap();
        let split: Vec<_> = split.items().iter().map(|item| item.text().unwrap()).collect();
        assert_eq!(split, ["x", "5"]);
        assert_eq!(evaluated("A: !Ref Origins").unwrap().unwrap().items().len(), 2);
        assert_eq!(evaluated("A: !Ref AWS::NoValue").unwrap(), None);
        assert!(evaluated("A: {B: !Ref AWS::NoValue}").unwrap().unwrap().entries().is_empty());
    }

    #[test]
    fn every_function_named_is_one_it_evaluates() {
        for name in FUNCTIONS {
            let problem = evaluated(&format!("A: !{name} [Nobody]")).unwrap_err();
            assert!(!problem.message.contains("not honoured"), "{name}: {}", problem.message);
        }
        for name in CONDITIONS {
            let node = parse(&format!("A: !{name} [Nobody]")).unwrap();
            let found = scope().condition(node.get("A").unwrap());
            assert!(
                !found.is_err_and(|problem| problem.message.contains("not a condition function")),
                "{name}"
            );
        }
        assert!(FUNCTIONS.is_sorted() && CONDITIONS.is_sorted());
    }

    #[test]
    fn names_the_place_of_what_it_does_not_know() {
        let problem = evaluated("A:\n  B: !Ref Nobody\n").unwrap_err();
        assert_eq!((problem.place.line, problem.place.column), (2, 6));
        for text in ["A: !Ref Site", "A: !GetAtt Site.Url", "A: !Sub 'x${Site}'", "A: !GetAtt Table.Url"] {
            assert!(evaluated(text).unwrap_err().message.contains("known on AWS alone"), "{text}");
        }
        assert!(evaluated("A: !GetAtt Nobody.Arn").unwrap_err().message.contains("names no"));
        assert!(evaluated("A: !Cidr [a]").unwrap_err().message.contains("not honoured"));
        assert!(evaluated("A: !Sub '${open'").unwrap_err().message.contains("closing"));
        assert!(evaluated("A: !If [Off, a, b]").unwrap_err().message.contains("no condition"));
    }

    #[test]
    fn conditions() {
        let holds = |yaml: &str| scope().condition(parse(yaml).unwrap().get("A").unwrap());
        assert!(holds("A: !Equals [!Ref Rate, '5']").unwrap());
        assert!(!holds("A: !Not [!Condition On]").unwrap());
        assert!(holds("A: !Or [!Equals [a, b], !Condition On]").unwrap());
        assert!(!holds("A: !And [!Equals [a, b], !Condition On]").unwrap());
        assert!(holds("A: plain").is_err());
    }
}
