//! Reads template.yaml, the one description of the system, and works out what it says for one parameter set.
//! Knows YAML and CloudFormation; every other room takes the plain `System` it gives.

mod access_log;
pub mod evaluated;
mod intrinsics;
mod packaging;
pub mod parameter_mapping;
pub mod parameters;
pub mod policy;
pub mod reference;
mod resources;
mod route_key;
pub mod support;
mod system;
pub mod yaml;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result};

pub use access_log::{AccessLogFormat, LogPart, LogVariable};
pub use packaging::Packaging;
pub use route_key::{RouteKey, Segment};
pub use system::{
    Api, Asynchronous, Authorization, Cors, DeployOnly, EventSourceMapping, Function, IdentitySource,
    Integration, MappedAttribute, Queue, Redrive, Route, Schedule, SendMessage, System, Table, Throttle,
    UserPool, UserPoolClient,
};
use yaml::{Place, Problem};

/// The region, account and stack the functions on this machine believe in.
pub const REGION: &str = "ap-northeast-2";
/// The account id of every ARN on this machine; AWS's documentation uses the same stand-in.
pub const ACCOUNT: &str = "123456789012";
/// Where the packaged functions lie below the project's folder: `CodeUri` is `target/lambda/<package>.zip`.
pub const PACKAGES: &str = "target/lambda";

/// What this machine's deployment of the template is called, and where it answers.
#[derive(Debug, Clone, Copy)]
pub struct Stack<'a> {
    /// Becomes `AWS::StackId`.
    pub id: &'a str,
    /// Scheme, host and port of this server: what AWS gives an address of its own stands below it here.
    pub origin: &'a str,
}

/// Everything wrong with a template, one line each: `template.yaml:line:column: what and what to do`.
#[derive(Debug)]
pub struct TemplateError {
    file: String,
    problems: Vec<Problem>,
}

impl TemplateError {
    fn new(file: &str, mut problems: Vec<Problem>) -> TemplateError {
        problems.sort();
        problems.dedup();
        TemplateError { file: file.to_owned(), problems }
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let Place { line, column } = problem.place;
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{}:{line}:{column}: {}", self.file, problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for TemplateError {}

/// Reads `template.yaml` and the parameter set `set` of `samconfig.toml` below `root`.
///
/// # Errors
/// A file is missing, or the template says something this machine cannot honour: all such places at once.
pub fn load(root: &Path, set: &str, stack: Stack<'_>) -> Result<System> {
    load_with(root, set, &BTreeMap::new(), stack)
}

/// Like [`load`], with parameters that take the place of the set's, as `sam deploy --parameter-overrides` has them.
///
/// # Errors
/// See [`load`]; and the template has no parameter of such a name.
pub fn load_with(root: &Path, set: &str, own: &BTreeMap<String, String>, stack: Stack<'_>) -> Result<System> {
    let mut overrides = parameters::read(&text(root, "samconfig.toml")?, set)?;
    overrides.extend(own.iter().map(|(name, value)| (name.clone(), value.clone())));
    Ok(parse("template.yaml", &text(root, "template.yaml")?, &overrides, stack)?)
}

/// Reads what has to be packaged before `template.yaml` below `root` can be deployed with the parameter set `set`.
///
/// # Errors
/// A file is missing, or a `CodeUri` names no package: all such places at once.
pub fn packaging(root: &Path, set: &str) -> Result<Packaging> {
    let overrides = parameters::read(&text(root, "samconfig.toml")?, set)?;
    let failed = |problems| TemplateError::new("template.yaml", problems);
    let document = yaml::parse(&text(root, "template.yaml")?).map_err(|problem| failed(vec![problem]))?;
    Ok(packaging::read(&document, &overrides).map_err(failed)?)
}

fn text(root: &Path, name: &str) -> Result<String> {
    let path = root.join(name);
    std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// Works out a template's text. `file` is its name in messages.
///
/// # Errors
/// See [`load`].
pub fn parse(
    file: &str,
    text: &str,
    overrides: &BTreeMap<String, String>,
    stack: Stack<'_>,
) -> Result<System, TemplateError> {
    let failed = |problems| TemplateError::new(file, problems);
    let document = yaml::parse(text).map_err(|problem| failed(vec![problem]))?;
    resources::Reader::new(&document, overrides, stack).read().map_err(failed)
}
