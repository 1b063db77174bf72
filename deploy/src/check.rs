//! `deploy check`: what can be said about a deployment before it costs anything.
//! Knows the contract and the cost model; prints nothing.

use std::path::Path;

use anyhow::{Result, bail};

/// Arguments of `deploy check`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// samconfig.toml의 매개변수 묶음 (a parameter set of samconfig.toml)
    #[arg(long, default_value = "public", value_name = "이름")]
    pub config_env: String,
}

/// Checks the template below `root` and gives the report to print.
///
/// # Errors
/// The template breaks its contract, or the dearest month is above the bound.
pub fn run(_root: &Path, _arguments: &Arguments) -> Result<String> {
    bail!("not built yet")
}
