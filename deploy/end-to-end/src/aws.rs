//! The AWS CLI against the emulator.
//! Knows how the CLI is called and what keeps it, and every other AWS client, away from the real AWS.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::python::finish;

/// Where the stack is deployed; the region the project's own parts believe in.
pub const REGION: &str = template::REGION;
/// The emulator's own key of the account's owner: everything is allowed.
pub const KEY: &str = "test";

/// The CLI with its endpoint.
pub struct Aws {
    program: PathBuf,
    endpoint: String,
    key: String,
    secret: String,
}

/// What an AWS client is told by its environment: this endpoint, these keys, and no file or address of the machine.
pub fn environment(endpoint: &str, key: &str, secret: &str) -> Vec<(String, String)> {
    [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", key),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_PAGER", ""),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// Variables of the caller's shell that would win over [`environment`].
pub const FORGOTTEN: [&str; 5] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_CA_BUNDLE",
];

impl Aws {
    /// The CLI at `program`, talking to `endpoint` as the account's owner.
    pub fn new(program: PathBuf, endpoint: &str) -> Aws {
        Aws { program, endpoint: endpoint.to_owned(), key: KEY.to_owned(), secret: KEY.to_owned() }
    }

    /// The same for somebody else.
    pub fn of(&self, endpoint: &str, key: &str, secret: &str) -> Aws {
        let program = self.program.clone();
        Aws { program, endpoint: endpoint.to_owned(), key: key.to_owned(), secret: secret.to_owned() }
    }

    /// What the CLI prints.
    ///
    /// # Errors
    /// The service refused: with its message.
    pub fn text(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        for name in FORGOTTEN {
            command.env_remove(name);
        }
        command.envs(environment(&self.endpoint, &self.key, &self.secret)).args(arguments);
        finish(&mut command)
    }

    /// What the service answers; `Null` where it answers nothing.
    ///
    /// # Errors
    /// See [`Aws::text`].
    pub fn json(&self, arguments: &[&str]) -> Result<Value> {
        let said = self.text(&[arguments, &["--output", "json"]].concat())?;
        if said.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&said).with_context(|| format!("aws {}: JSON이 아니다", arguments.join(" ")))
    }
}
