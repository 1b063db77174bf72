//! What has to be packaged before the template can be deployed: the functions' cargo packages, and for which processor.
//! Knows the template as it is written: a deployment uploads every `CodeUri`, whatever the conditions leave out later.

use std::collections::BTreeMap;

use crate::PACKAGES;
use crate::resources::package;
use crate::support::FUNCTION;
use crate::yaml::{Node, Problem};

/// What the functions of a template are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packaging {
    /// Cargo packages in the order of the template, each once. The zip of each is `target/lambda/<package>.zip`.
    pub packages: Vec<String>,
    /// `Architectures` of all functions for the parameter set asked about: `arm64` or `x86_64`.
    pub architecture: String,
}

impl Packaging {
    /// Where the zip of `package` lies below the project's folder.
    pub fn zip(package: &str) -> String {
        format!("{PACKAGES}/{package}.zip")
    }
}

/// Reads a parsed template; `overrides` is a parameter set.
pub(crate) fn read(document: &Node, overrides: &BTreeMap<String, String>) -> Result<Packaging, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut packages = Vec::new();
    for (id, resource) in document.get("Resources").map_or(&[][..], Node::entries) {
        let is_function = resource.get("Type").is_some_and(|kind| kind.text() == Ok(FUNCTION));
        let Some(properties) = resource.get("Properties").filter(|_| is_function) else { continue };
        if let Some(own) = properties.get("Architectures") {
            let message = format!("`{}` has Architectures of its own: write them once, in Globals", id.text);
            problems.push(Problem::new(own.place, message));
        }
        match properties.get("CodeUri").map(package) {
            Some(Ok(package)) if packages.contains(&package) => {}
            Some(Ok(package)) => packages.push(package),
            Some(Err(problem)) => problems.push(problem),
            None => problems.push(Problem::new(id.place, format!("`{}` lacks CodeUri", id.text))),
        }
    }
    if packages.is_empty() && problems.is_empty() {
        problems.push(Problem::new(document.place, format!("there is no {FUNCTION}: nothing to package")));
    }
    match architecture(document, overrides) {
        Ok(architecture) if problems.is_empty() => Ok(Packaging { packages, architecture }),
        Ok(_) => Err(problems),
        Err(problem) => Err(problems.into_iter().chain([problem]).collect()),
    }
}

fn architecture(document: &Node, overrides: &BTreeMap<String, String>) -> Result<String, Problem> {
    let globals = document.get("Globals").and_then(|globals| globals.get("Function"));
    let Some(list) = globals.and_then(|function| function.get("Architectures")) else {
        // What Lambda takes where nothing is said (AWS SAM, "AWS::Serverless::Function").
        return Ok("x86_64".to_owned());
    };
    let [architecture] = list.items() else {
        return Err(Problem::new(list.place, "Architectures is a list of one: [arm64] or [x86_64]"));
    };
    let name = architecture.text()?;
    if architecture.tag.as_deref() != Some("Ref") {
        return Ok(name.to_owned());
    }
    let default = || document.get("Parameters")?.get(name)?.get("Default")?.text().ok().map(str::to_owned);
    overrides.get(name).cloned().or_else(default).ok_or_else(|| {
        Problem::new(
            architecture.place,
            format!("`{name}` has no default and the parameter set gives it no value"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    const TEMPLATE: &str = "
Parameters:
  Architecture: {Type: String, Default: arm64}
Globals:
  Function:
    Architectures: [!Ref Architecture]
Resources:
  Table: {Type: AWS::DynamoDB::Table}
  A: {Type: AWS::Serverless::Function, Properties: {CodeUri: target/lambda/b.zip}}
  B: {Type: AWS::Serverless::Function, Condition: Never, Properties: {CodeUri: target/lambda/a.zip}}
  C: {Type: AWS::Serverless::Function, Properties: {CodeUri: target/lambda/b.zip}}
";

    fn read(text: &str, overrides: &[(&str, &str)]) -> Result<Packaging, String> {
        let overrides = overrides.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        super::read(&yaml::parse(text).unwrap(), &overrides.collect()).map_err(|problems| {
            let lines: Vec<_> = problems.iter().map(|p| format!("{}: {}", p.place.line, p.message)).collect();
            lines.join("\n")
        })
    }

    #[test]
    fn every_package_once_also_that_of_a_function_a_condition_leaves_out() {
        let packaging = read(TEMPLATE, &[]).unwrap();
        assert_eq!(
            (packaging.packages, packaging.architecture.as_str()),
            (vec!["b".into(), "a".into()], "arm64")
        );
        assert_eq!(Packaging::zip("a"), "target/lambda/a.zip");
    }

    #[test]
    fn the_architecture_is_the_parameter_set_s_the_default_s_or_lambda_s() {
        let architecture = |text: &str, overrides: &[_]| read(text, overrides).unwrap().architecture;
        assert_eq!(architecture(TEMPLATE, &[("Architecture", "x86_64")]), "x86_64");
        assert_eq!(architecture(&TEMPLATE.replace("!Ref Architecture", "arm64"), &[]), "arm64");
        assert_eq!(architecture(&TEMPLATE.replace("Architectures:", "Layers:"), &[]), "x86_64");
        let error = read(&TEMPLATE.replace(", Default: arm64", ""), &[]).unwrap_err();
        assert!(error.starts_with("6: `Architecture` has no default"), "{error}");
    }

    #[test]
    fn mistakes_are_named_together() {
        let text = TEMPLATE
            .replace("b.zip", "b/")
            .replace("target/lambda/a.zip", "target/lambda/a.zip, Architectures: [arm64]");
        let error = read(&text.replace("[!Ref Architecture]", "[arm64, x86_64]"), &[]).unwrap_err();
        let lines: Vec<&str> = error.lines().map(|line| line.split(':').next().unwrap()).collect();
        assert_eq!(lines, ["9", "10", "11", "6"], "{error}");
        assert!(read("Resources: {}", &[]).unwrap_err().contains("nothing to package"));
    }
}
