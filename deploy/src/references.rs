//! What a written node refers to: the logical ids in its `Ref`, `GetAtt` and `Sub`.
//! Knows the spelling of these three; what the names mean is the rules' business.

use template::yaml::{Node, Value};

/// The names a node refers to, as far down as it goes. A reference to an attribute names its resource.
pub(crate) fn names(node: &Node) -> Vec<&str> {
    let mut found = Vec::new();
    collect(node, &mut found);
    found
}

/// The functions whose alias a node refers to: `!Ref Function.Alias`, wherever it stands.
pub(crate) fn aliases(node: &Node) -> Vec<&str> {
    match &node.value {
        Value::Scalar(text) if node.tag.as_deref() == Some("Ref") => {
            text.strip_suffix(".Alias").into_iter().collect()
        }
        Value::Scalar(_) => Vec::new(),
        Value::List(items) => items.iter().flat_map(aliases).collect(),
        Value::Map(entries) => entries.iter().flat_map(|(_, inner)| aliases(inner)).collect(),
    }
}

fn collect<'a>(node: &'a Node, found: &mut Vec<&'a str>) {
    match (&node.value, node.tag.as_deref()) {
        (Value::Scalar(text), Some("Sub")) => substitutions(text, found),
        (Value::Scalar(text), Some("Ref" | "GetAtt")) => found.extend(resource(text)),
        (Value::Scalar(_), _) => {}
        (Value::List(items), tag) => {
            if let (Some("Sub"), Some(Ok(text))) = (tag, items.first().map(Node::text)) {
                substitutions(text, found);
            }
            items.iter().for_each(|item| collect(item, found));
        }
        (Value::Map(entries), _) => {
            for (key, inner) in entries {
                match (key.text.as_str(), inner.text()) {
                    ("Ref" | "Fn::GetAtt", Ok(text)) => found.extend(resource(text)),
                    ("Fn::Sub", Ok(text)) => substitutions(text, found),
                    _ => collect(inner, found),
                }
            }
        }
    }
}

fn resource(reference: &str) -> Option<&str> {
    reference.split('.').next().filter(|name| !name.is_empty())
}

fn substitutions<'a>(text: &'a str, found: &mut Vec<&'a str>) {
    let names = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    found.extend(names.filter_map(|(name, _)| resource(name)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_found_in_either_branch() {
        let node = |text: &str| template::yaml::parse(text).unwrap();
        assert_eq!(aliases(&node("A: !If [On, !Ref One.Alias, !GetAtt One.Arn]\n")), ["One"]);
        assert_eq!(aliases(&node("A: [!Ref One, !GetAtt One.Arn, One.Alias]\n")), Vec::<&str>::new());
    }

    #[test]
    fn every_way_of_naming_a_resource() {
        let text = "A: [!Ref One, !GetAtt Two.Arn, !Sub 'x${Three}y${Four.Arn}', {Fn::Sub: '${Five}'}]\n\
                    B: !If [Six, !Ref Seven, {Ref: Eight}]\nC: plain\nD: !Sub ['${Nine}', {Nine: !Ref Ten}]\n";
        let node = template::yaml::parse(text).unwrap();
        assert_eq!(names(&node), ["One", "Two", "Three", "Four", "Five", "Seven", "Eight", "Nine", "Ten"]);
    }
}
