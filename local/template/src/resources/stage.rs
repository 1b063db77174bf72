//! Reads what a stage says beside its throttles: variables and the access log.
//! Knows the properties' own rules and no routes.

use std::collections::BTreeMap;

use super::keep;
use crate::access_log::AccessLogFormat;
use crate::yaml::{Node, Problem};

/// `StageVariables`: names of letters, digits and `_`, values of what may stand in a URL ("Use stage variables for HTTP APIs").
pub(super) fn variables(node: &Node) -> Result<BTreeMap<String, String>, Problem> {
    let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let is_value =
        |value: &str| value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#&=,".contains(&b));
    let mut variables = BTreeMap::new();
    for (key, value) in node.entries() {
        if !is_name(&key.text) {
            let message = format!("`{}`: a stage variable's name has letters, digits and `_`", key.text);
            return Err(Problem::new(key.place, message));
        }
        let text = value.text()?;
        if !is_value(text) {
            let message = "a stage variable's value has letters, digits and -._~:/?#&=,";
            return Err(Problem::new(value.place, message));
        }
        variables.insert(key.text.clone(), text.to_owned());
    }
    Ok(variables)
}

/// `AccessLogSettings`. Where AWS would write the lines (`DestinationArn`) means nothing here, but is required.
pub(super) fn access_log(node: &Node, problems: &mut Vec<Problem>) -> Option<AccessLogFormat> {
    for (key, _) in node.entries() {
        if !["DestinationArn", "Format"].contains(&key.text.as_str()) {
            problems.push(Problem::new(key.place, format!("`{}` is not honoured on this machine", key.text)));
        }
    }
    let mut part = |name: &str| {
        let found = node.get(name);
        if found.is_none() {
            problems.push(Problem::new(node.place, format!("AccessLogSettings lacks `{name}`")));
        }
        found
    };
    let (_, format) = (part("DestinationArn"), part("Format")?);
    let text = keep(format.text(), problems)?;
    match AccessLogFormat::parse(text) {
        Ok(format) => Some(format),
        Err(wrong) => {
            problems.extend(wrong.into_iter().map(|message| Problem::new(format.place, message)));
            None
        }
    }
}
