//! The real template as a stack of the emulator: created, pointed at, deleted.
//! Knows CloudFormation and CloudFront through the CLI; what the resources do is looked at elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::emulator::Emulator;
use crate::gaps::Gaps;

/// What README deploys.
pub const NAME: &str = "serverless-book";
/// The parameter set of samconfig.toml that is open to everybody.
const SET: &str = "public";
/// Where the code goes before a deployment.
const CODE: &str = "end-to-end-code";
/// What the contract promises the publisher and the guard.
const OUTPUTS: [&str; 10] = [
    "SiteBucket",
    "DistributionId",
    "SiteUrl",
    "ApiUrl",
    "ApiId",
    "SignInIssuer",
    "SignInDomain",
    "SignInClient",
    "SignInScope",
    "ScriptHashes",
];

/// A created stack.
pub struct Stack {
    name: String,
    outputs: BTreeMap<String, String>,
}

/// A template below the project, with what differs from its parameter set.
pub struct Order<'a> {
    /// Name of the stack.
    pub name: &'a str,
    /// Its file below the project's folder.
    pub template: &'a str,
    /// Parameters by name.
    pub parameters: BTreeMap<String, String>,
}

/// The parameters of the `public` set, for this machine's processor and with what only this deployment has.
///
/// # Errors
/// samconfig.toml has no such set.
pub fn public_parameters(root: &Path, own: &[(&str, &str)]) -> Result<BTreeMap<String, String>> {
    let config = fs::read_to_string(root.join("samconfig.toml")).context("samconfig.toml")?;
    let mut parameters = template::parameters::read(&config, SET)?;
    parameters.extend(own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Ok(parameters)
}

/// As `Architecture` and `deploy package --architecture` name the processor that runs the functions here.
pub fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" }
}

/// What every deployment needs.
pub struct Deploy<'a> {
    /// The project's folder.
    pub root: &'a Path,
    /// Where edited and packaged templates go.
    pub folder: &'a Path,
    /// The functions.
    pub zips: &'a Path,
    pub gaps: &'a Gaps,
}

impl Deploy<'_> {
    /// Packages and deploys as README's second way does: `aws cloudformation package`, then `deploy`.
    ///
    /// # Errors
    /// A resource cannot be created: with its reason.
    pub fn stack(&self, aws: &Aws, order: &Order<'_>) -> Result<Stack> {
        let template =
            fs::read_to_string(self.root.join(order.template)).with_context(|| order.template.to_owned())?;
        let edited = self.gaps.edited(order.template, &template)?;
        let packaged = self.package(aws, &edited, order.name)?;
        let mut arguments = vec!["cloudformation", "deploy", "--stack-name", order.name, "--s3-bucket", CODE];
        let file = packaged.to_string_lossy();
        arguments.extend([
            "--template-file",
            &file,
            "--capabilities",
            "CAPABILITY_IAM",
            "--no-fail-on-empty-changeset",
        ]);
        let pairs: Vec<_> = order.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !pairs.is_empty() {
            arguments.push("--parameter-overrides");
            arguments.extend(pairs.iter().map(String::as_str));
        }
        if let Err(error) = aws.text(&arguments) {
            // A template that is refused whole has no events.
            bail!("{}\n{error:#}", failures(aws, order.name).unwrap_or_default());
        }
        let outputs = outputs(aws, order.name)?;
        Ok(Stack { name: order.name.to_owned(), outputs })
    }

    fn package(&self, aws: &Aws, template: &str, name: &str) -> Result<PathBuf> {
        let text = template.replace(
            &format!("CodeUri: {}/", template::PACKAGES),
            &format!("CodeUri: {}/", self.zips.display()),
        );
        let edited = self.folder.join(format!("{name}.yaml"));
        let packaged = self.folder.join(format!("{name}-packaged.yaml"));
        fs::write(&edited, text)?;
        if aws.text(&["s3api", "head-bucket", "--bucket", CODE]).is_err() {
            aws.text(&["s3", "mb", &format!("s3://{CODE}")])?;
        }
        let (from, to) = (edited.to_string_lossy(), packaged.to_string_lossy());
        let files = ["--template-file", &from, "--output-template-file", &to];
        aws.text(&[&["cloudformation", "package", "--s3-bucket", CODE], &files[..]].concat())?;
        Ok(packaged)
    }
}

impl Stack {
    /// An output by its name.
    ///
    /// # Errors
    /// The stack has none, or an empty one.
    pub fn output(&self, name: &str) -> Result<&str> {
        let value = self.outputs.get(name).map(String::as_str).filter(|value| !value.is_empty());
        value.with_context(|| format!("출력 {name}이 없거나 비어 있다"))
    }

    /// Looks at whether every promised output is there.
    ///
    /// # Errors
    /// Those that are not.
    pub fn has_outputs(&self) -> Result<()> {
        let missing: Vec<_> = OUTPUTS.into_iter().filter(|name| self.output(name).is_err()).collect();
        ensure!(missing.is_empty(), "출력이 없거나 비어 있다: {}", missing.join(", "));
        Ok(())
    }

    /// The name or id AWS knows a resource by.
    ///
    /// # Errors
    /// The stack has no such resource.
    pub fn physical(&self, aws: &Aws, logical: &str) -> Result<String> {
        let ask = ["cloudformation", "describe-stack-resource", "--stack-name", &self.name];
        let answer = aws.json(&[&ask[..], &["--logical-resource-id", logical]].concat())?;
        let id = answer["StackResourceDetail"]["PhysicalResourceId"].as_str();
        Ok(id.with_context(|| logical.to_owned())?.to_owned())
    }

    /// Id, type and status of every resource.
    ///
    /// # Errors
    /// CloudFormation refuses.
    pub fn resources(&self, aws: &Aws) -> Result<Vec<[String; 3]>> {
        let list = aws.json(&["cloudformation", "describe-stack-resources", "--stack-name", &self.name])?;
        let field = |resource: &Value, name: &str| resource[name].as_str().unwrap_or_default().to_owned();
        let resources = list["StackResources"].as_array().context("StackResources")?;
        Ok(resources
            .iter()
            .map(|resource| {
                ["PhysicalResourceId", "ResourceType", "ResourceStatus"].map(|name| field(resource, name))
            })
            .collect())
    }

    /// Deletes it, and what was uploaded for it.
    ///
    /// # Errors
    /// The stack is still there.
    pub fn delete(&self, aws: &Aws) -> Result<()> {
        aws.text(&["cloudformation", "delete-stack", "--stack-name", &self.name])?;
        aws.text(&["cloudformation", "wait", "stack-delete-complete", "--stack-name", &self.name])?;
        Ok(())
    }

    /// Points the distribution's second origin at the emulator, which refuses to call AWS's names; nothing else changes.
    ///
    /// # Errors
    /// There is no such origin, or CloudFront refuses.
    pub fn point_api_at(&self, aws: &Aws, folder: &Path, emulator: &Emulator) -> Result<()> {
        let id = self.output("DistributionId")?;
        let mut answer = aws.json(&["cloudfront", "get-distribution-config", "--id", id])?;
        let tag = answer["ETag"].as_str().context("ETag")?.to_owned();
        let origins = answer["DistributionConfig"]["Origins"]["Items"].as_array_mut().context("Origins")?;
        let expected = format!("{}.execute-api.", self.output("ApiId")?);
        let is_api = |origin: &&mut Value| {
            origin["DomainName"].as_str().is_some_and(|name| name.starts_with(expected.as_str()))
        };
        let api =
            origins.iter_mut().find(is_api).with_context(|| format!("{expected}…로 가는 원본이 없다"))?;
        api["DomainName"] = json!(emulator.address().ip().to_string());
        api["OriginPath"] = json!(format!("/_aws/execute-api/{}/$default", self.output("ApiId")?));
        let protocol = api["CustomOriginConfig"].as_object_mut().context("CustomOriginConfig")?;
        protocol.insert("OriginProtocolPolicy".into(), json!("http-only"));
        protocol.insert("HTTPPort".into(), json!(emulator.address().port()));
        protocol.insert("HTTPSPort".into(), json!(443));
        let file = folder.join("distribution.json");
        fs::write(&file, answer["DistributionConfig"].to_string())?;
        let file = format!("file://{}", file.display());
        let update = ["cloudfront", "update-distribution", "--id", id, "--if-match", &tag];
        aws.json(&[&update[..], &["--distribution-config", &file]].concat())?;
        Ok(())
    }
}

fn outputs(aws: &Aws, name: &str) -> Result<BTreeMap<String, String>> {
    let answer = aws.json(&["cloudformation", "describe-stacks", "--stack-name", name])?;
    let stack = &answer["Stacks"][0];
    let status = stack["StackStatus"].as_str().unwrap_or_default();
    ensure!(["CREATE_COMPLETE", "UPDATE_COMPLETE"].contains(&status), "스택의 상태가 {status}이다");
    let outputs = stack["Outputs"].as_array().cloned().unwrap_or_default();
    let text = |output: &Value, field: &str| output[field].as_str().unwrap_or_default().to_owned();
    Ok(outputs.iter().map(|output| (text(output, "OutputKey"), text(output, "OutputValue"))).collect())
}

/// Why resources could not be created, one line each.
fn failures(aws: &Aws, name: &str) -> Result<String> {
    let answer = aws.json(&["cloudformation", "describe-stack-events", "--stack-name", name])?;
    let events = answer["StackEvents"].as_array().cloned().unwrap_or_default();
    let failed = events
        .iter()
        .filter(|event| event["ResourceStatus"].as_str().is_some_and(|status| status.ends_with("_FAILED")));
    let line = |event: &Value| {
        ["LogicalResourceId", "ResourceType", "ResourceStatusReason"]
            .map(|name| event[name].as_str().unwrap_or_default())
            .join("  ")
    };
    Ok(failed.map(line).collect::<Vec<_>>().join("\n"))
}
