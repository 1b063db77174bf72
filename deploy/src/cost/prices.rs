//! The unit prices, from the one dated file the book calculates with too.
//! Knows `book/src/data/prices.toml`; no price stands in code.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// Where the prices are, below the project's folder.
pub const FILE: &str = "book/src/data/prices.toml";

/// US dollars per unit, as the file says them (region Seoul). Free tiers in the file are not read: none is counted.
#[derive(Debug, Clone, Deserialize)]
pub struct Prices {
    /// When the prices were looked up.
    pub date: String,
    pub(super) lambda: Lambda,
    pub(super) api: Api,
    pub(super) ddb: Table,
    pub(super) logs: Logs,
    pub(super) cloudfront: Cloudfront,
    pub(super) storage: Storage,
    pub(super) schedule: Schedule,
    pub(super) alarm: Alarm,
    pub(super) sqs: Sqs,
    pub(super) route53: Route53,
    pub(super) cognito: Cognito,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Lambda {
    pub request: f64,
    pub gb_second_arm: f64,
    pub gb_second_x86: f64,
    pub provisioned_idle: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Api {
    pub http: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Table {
    pub write: f64,
    pub read: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Logs {
    pub gb: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Cloudfront {
    pub request: f64,
    pub gb: f64,
    pub origin_gb: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Storage {
    pub ddb_gb: f64,
    pub pitr_gb: f64,
    pub logs_gb: f64,
    pub s3_gb: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Schedule {
    pub call: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Alarm {
    pub standard: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Sqs {
    pub request: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Route53 {
    pub zone: f64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Cognito {
    pub lite: f64,
}

impl Prices {
    /// Reads the file below `root`.
    ///
    /// # Errors
    /// It is missing, or lacks a price.
    pub fn load(root: &Path) -> Result<Self> {
        let path = root.join(FILE);
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("읽지 못했다: {}", path.display()))?;
        Self::parse(&text)
    }

    /// The same from the file's text.
    ///
    /// # Errors
    /// See [`Prices::load`].
    pub fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).with_context(|| format!("{FILE}: 빠진 단가가 있다. 날짜와 출처를 함께 적는다"))
    }
}
