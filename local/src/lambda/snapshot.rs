//! What Lambda looks like at one moment: functions, their environments, what waits. For a page that shows them.
//! Plain data; the function's pool fills it in.

use std::sync::Arc;

use serde::Serialize;

use super::telemetry::InitializationType;

/// One function.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionSnapshot {
    /// Its name.
    pub function: String,
    /// Whether it has a package: without one it cannot be invoked.
    pub ready: bool,
    /// `MemorySize`.
    #[serde(rename = "memorySizeMB")]
    pub memory_size_mb: u32,
    /// `Timeout`, ms.
    pub timeout_ms: u64,
    /// `ReservedConcurrentExecutions`; `None`: it shares what the account has left.
    pub reserved: Option<u32>,
    /// `ProvisionedConcurrentExecutions`.
    pub provisioned: u32,
    /// Events that wait for an environment.
    pub waiting: usize,
    /// What happened since the host started.
    pub counts: Counts,
    /// In the order of their start.
    pub environments: Vec<EnvironmentSnapshot>,
}

/// Sums since the host started, named after Lambda's CloudWatch metrics ("Types of metrics for Lambda functions").
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Events handed to an environment; throttled ones are not among them.
    pub invocations: u64,
    /// Invocations that ended with an error, timeouts among them.
    pub errors: u64,
    /// Events turned away because of a limit.
    pub throttles: u64,
    /// First invocations of on-demand environments.
    pub cold_starts: u64,
    /// Events that found all provisioned environments in use.
    pub provisioned_concurrency_spillover_invocations: u64,
    /// Invocations that reached the function's `Timeout`.
    pub timeouts: u64,
}

/// One execution environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentSnapshot {
    /// 32 hex digits, those of its log stream's name.
    #[serde(serialize_with = "id")]
    pub environment_id: Arc<str>,
    /// Where it stands in its life.
    pub stage: EnvironmentStage,
    /// Why it was started.
    pub initialization_type: InitializationType,
    /// Since its process was asked for, ms.
    pub age_ms: f64,
    /// How long init took, ms; `None` while it lasts.
    pub init_ms: Option<f64>,
    /// Events it has got.
    pub invocations: u64,
    /// Memory it holds now, bytes; `None` where the system does not tell.
    pub memory_bytes: Option<u64>,
    /// The most memory it has held, bytes.
    pub peak_memory_bytes: Option<u64>,
    /// CPU time it has used, ms.
    pub cpu_ms: Option<f64>,
}

/// Where an environment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvironmentStage {
    /// Has not asked for an event yet.
    Init,
    /// Frozen until the next event.
    Idle,
    /// Working on an event, or about to be frozen.
    Running,
    /// Being ended.
    Ending,
}

fn id<S: serde::Serializer>(id: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(id)
}
