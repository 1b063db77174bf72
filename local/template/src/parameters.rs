//! Reads a parameter set of samconfig.toml, in the form `sam deploy --config-env NAME` reads.
//! Knows that file and nothing of the template.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// `parameter_overrides` is one string of `Key=Value` words or a list of them (AWS SAM CLI configuration file).
#[derive(Deserialize)]
#[serde(untagged)]
enum Overrides {
    Words(String),
    List(Vec<String>),
}

/// The parameter set called `name`: parameter name → value.
///
/// # Errors
/// The file is not TOML, has no such set, or an override is not `Key=Value`.
pub fn read(samconfig: &str, name: &str) -> Result<BTreeMap<String, String>> {
    let config: toml::Table = toml::from_str(samconfig).context("samconfig.toml is not TOML")?;
    let Some(environment) = config.get(name).and_then(toml::Value::as_table) else {
        let sets: Vec<_> = config.iter().filter(|(_, v)| v.is_table()).map(|(k, _)| k.as_str()).collect();
        bail!("samconfig.toml has no parameter set `{name}`; there are: {}", sets.join(", "));
    };
    let overrides = environment
        .get("deploy")
        .and_then(|deploy| deploy.get("parameters"))
        .and_then(|parameters| parameters.get("parameter_overrides"))
        .with_context(|| format!("samconfig.toml: [{name}.deploy.parameters] has no parameter_overrides"))?;
    let overrides =
        match overrides.clone().try_into().context("parameter_overrides is neither text nor a list")? {
            Overrides::Words(text) => text.split_whitespace().map(str::to_owned).collect(),
            Overrides::List(list) => list,
        };
    overrides
        .iter()
        .map(|entry| {
            let (key, value) = entry
                .split_once('=')
                .with_context(|| format!("samconfig.toml, set `{name}`: `{entry}` is not Key=Value"))?;
            Ok((key.to_owned(), value.trim_matches('"').to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_forms_and_names_what_is_there() {
        let text = "version = 0.1\n[a.deploy.parameters]\nparameter_overrides = ['X=1', 'Y=a=b']\n\
                    [b.deploy.parameters]\nparameter_overrides = 'X=2 Y=\"c\"'\n";
        assert_eq!(
            read(text, "a").unwrap(),
            [("X", "1"), ("Y", "a=b")].map(|(k, v)| (k.into(), v.into())).into()
        );
        assert_eq!(read(text, "b").unwrap()["Y"], "c");
        assert!(read(text, "c").unwrap_err().to_string().contains("there are: a, b"));
    }
}
