//! What a deployed stack says about itself: its outputs.
//! Knows CloudFormation's `DescribeStacks`; nothing of what the outputs are used for.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use aws_config::SdkConfig;
use aws_sdk_cloudformation::types::Stack;

use crate::aws;

/// The outputs of one stack, by their names in template.yaml.
#[derive(Debug, Clone, Default)]
pub struct Outputs {
    stack: String,
    status: String,
    values: BTreeMap<String, String>,
}

impl Outputs {
    /// The value of an output; `None` when the stack has none of that name, or an empty one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of an output the caller cannot do without.
    ///
    /// # Errors
    /// The stack has no such output: it is not deployed yet, or from an older template.
    pub fn require(&self, name: &str) -> Result<&str> {
        self.get(name).ok_or_else(|| {
            anyhow!(
                "스택 {}에 출력 {name}이 없다 (상태 {}): 지금의 template.yaml로 먼저 배포한다, \
                 예: `sam deploy --config-env public`.",
                self.stack,
                self.status
            )
        })
    }
}

/// Reads the outputs of the stack: one request.
///
/// # Errors
/// There is no such stack in this account and region, or AWS refuses.
pub async fn outputs(settings: &SdkConfig, stack: &str) -> Result<Outputs> {
    let client = aws_sdk_cloudformation::Client::new(settings);
    let answer = client.describe_stacks().stack_name(stack).send().await;
    let answer = answer
        .map_err(|error| aws::explain(&format!("스택 {stack}의 출력을 읽는다"), error))
        .context("스택 이름, AWS_PROFILE, AWS_REGION이 배포할 때와 같은지 확인한다")?;
    let found = answer.stacks().first().ok_or_else(|| anyhow!("스택 {stack}이 없다"))?;
    Ok(read(stack, found))
}

fn read(stack: &str, found: &Stack) -> Outputs {
    let status = found.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default();
    let values = found.outputs().iter().filter_map(|output| {
        Some((output.output_key()?.to_owned(), output.output_value().unwrap_or_default().to_owned()))
    });
    Outputs { stack: stack.to_owned(), status, values: values.collect() }
}

#[cfg(test)]
impl Outputs {
    pub(crate) fn of(values: &[(&str, &str)]) -> Outputs {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Outputs { stack: "book".to_owned(), status: "UPDATE_COMPLETE".to_owned(), values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudformation::types::{Output, StackStatus};

    #[test]
    fn outputs_are_read_by_name_and_a_missing_one_says_what_to_do() {
        let output = |name: &str, value: &str| Output::builder().output_key(name).output_value(value).build();
        let found = Stack::builder()
            .stack_status(StackStatus::UpdateComplete)
            .outputs(output("SiteBucket", "book-1"))
            .outputs(output("SignInIssuer", ""))
            .build();
        let outputs = read("serverless-book", &found);
        assert_eq!(outputs.require("SiteBucket").unwrap(), "book-1");
        assert_eq!(outputs.get("SignInIssuer"), None);
        let message = outputs.require("DistributionId").unwrap_err().to_string();
        for part in ["serverless-book", "DistributionId", "UPDATE_COMPLETE", "sam deploy"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
