//! `deploy package`: the functions as zips, where `CodeUri` points.
//! Knows cargo, ELF and zip; nothing of AWS's APIs.

use std::path::Path;

use anyhow::{Result, bail};

/// Arguments of `deploy package`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// 프로세서: template.yaml의 Architecture와 같아야 한다 (arm64 or x86_64)
    #[arg(long, default_value = "arm64", value_name = "이름")]
    pub architecture: String,
}

/// Packages every function of the template below `root` and gives the report to print.
///
/// # Errors
/// A function does not compile, or its binary cannot run on Amazon Linux 2023.
pub fn run(_root: &Path, _arguments: &Arguments) -> Result<String> {
    bail!("not built yet")
}
