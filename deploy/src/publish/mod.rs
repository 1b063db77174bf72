//! `deploy publish`: the built book to S3, so that no reader ever sees half of it.
//! Knows the built book and S3's and CloudFront's APIs.

use std::path::Path;

use anyhow::{Result, bail};

/// Arguments of `deploy publish`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// CloudFormation 스택 이름: 버킷과 배포를 출력에서 읽는다 (reads bucket and distribution from the stack's outputs)
    #[arg(long, value_name = "이름")]
    pub stack: Option<String>,
}

/// Publishes the book and gives the report to print.
///
/// # Errors
/// The build is not whole, somebody else is publishing, or AWS refuses.
pub async fn run(_root: &Path, _arguments: &Arguments) -> Result<String> {
    bail!("not built yet")
}
