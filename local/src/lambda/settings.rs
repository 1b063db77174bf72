//! The bounds of Lambda on this machine, where AWS has its own or publishes none.
//! Plain data.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::time_scale::TimeScale;

/// Bounds of this machine and what every environment is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long an environment may stay idle before it is ended. AWS publishes no figure.
    pub idle: Duration,
    /// How long an environment may live. AWS ends them "every few hours" (AWS Lambda Developer Guide, "Understanding the Lambda
    /// execution environment lifecycle").
    pub most_age: Duration,
    /// How fast both go by.
    pub time_scale: TimeScale,
    /// The most events that all functions may work on at once.
    pub account_concurrency: usize,
    /// The most environments of one function.
    pub most_environments: usize,
    /// The most events of one function that wait for an environment.
    pub most_waiting: usize,
    /// How long an on-demand init may take; a provisioned one may take thirteen times as long, or the function's `Timeout` if
    /// that is longer.
    pub init_limit: Duration,
    /// Where environments get their private working folders.
    pub folder: PathBuf,
    /// Variables beside Lambda's own, such as `AWS_ENDPOINT_URL_DYNAMODB`.
    pub variables: BTreeMap<String, String>,
    /// Function → the variables with the credentials of its role, which no other function gets.
    pub credentials: BTreeMap<String, BTreeMap<String, String>>,
}

/// Seconds an idle environment is kept.
pub const IDLE: u64 = 600;
/// Seconds an environment lives.
pub const MOST_AGE: u64 = 2 * 60 * 60;
/// An account's default quota in every region ("Lambda quotas"; new accounts start lower).
pub const ACCOUNT_CONCURRENCY: u32 = 1000;
/// A burst of 60 fits, a mistake does not fill the machine.
pub const MOST_ENVIRONMENTS: u32 = 100;

impl Settings {
    /// The usual bounds, with the environments' folders in `folder`.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            idle: Duration::from_secs(IDLE),
            most_age: Duration::from_secs(MOST_AGE),
            time_scale: TimeScale::default(),
            account_concurrency: ACCOUNT_CONCURRENCY as usize,
            most_environments: MOST_ENVIRONMENTS as usize,
            most_waiting: 1000,
            // "Understanding the Lambda execution environment lifecycle": 10 s, or 130 s with provisioned concurrency.
            init_limit: Duration::from_secs(10),
            folder,
            variables: BTreeMap::new(),
            credentials: BTreeMap::new(),
        }
    }
}
