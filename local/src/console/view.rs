//! What the console shows beside the feeds: figures that are looked up, not told. Plain data for the page.
//! Knows the snapshots of Lambda and of the queues, and what roles grant.

use serde::Serialize;

use crate::events::QueueSnapshot;
use crate::iam::RoleGrants;
use crate::lambda::{Counts, EnvironmentSnapshot, FunctionSnapshot};

/// The figures of one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// By name.
    pub functions: Vec<Function>,
    /// In the order of the template.
    pub roles: Vec<RoleGrants>,
    /// By name.
    pub queues: Vec<QueueSnapshot>,
    /// In the order of the template.
    pub schedules: Vec<Schedule>,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Function {
    /// Its name.
    pub function: String,
    /// Whether it has been compiled.
    pub ready: bool,
    /// `MemorySize`.
    #[serde(rename = "memorySizeMB")]
    pub memory_size_mb: u32,
    /// `Timeout`, ms.
    pub timeout_ms: u64,
    /// `ReservedConcurrentExecutions`
    pub reserved: Option<u32>,
    /// `ProvisionedConcurrentExecutions`
    pub provisioned: u32,
    /// Events that wait for an environment.
    pub waiting: usize,
    /// What happened since the server started.
    pub counts: Counts,
    /// Its environments.
    pub environments: Vec<Figures>,
}

/// What an environment uses. Whatever changes by itself (its age) is not here, so an idle system has nothing to tell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Its id.
    pub id: String,
    /// Bytes it holds now.
    pub memory_bytes: Option<u64>,
    /// The most bytes it has held.
    pub peak_memory_bytes: Option<u64>,
    /// CPU time it has used, ms, to the tenth.
    pub cpu_ms: Option<f64>,
}

/// What invokes a function again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// Its name in the template.
    pub name: String,
    /// Whom it invokes.
    pub function: String,
    /// How often, ms.
    pub every_ms: u64,
}

impl From<FunctionSnapshot> for Function {
    fn from(snapshot: FunctionSnapshot) -> Self {
        Self {
            function: snapshot.function,
            ready: snapshot.ready,
            memory_size_mb: snapshot.memory_size_mb,
            timeout_ms: snapshot.timeout_ms,
            reserved: snapshot.reserved,
            provisioned: snapshot.provisioned,
            waiting: snapshot.waiting,
            counts: snapshot.counts,
            environments: snapshot.environments.iter().map(Figures::from).collect(),
        }
    }
}

impl From<&EnvironmentSnapshot> for Figures {
    fn from(snapshot: &EnvironmentSnapshot) -> Self {
        Self {
            id: snapshot.environment_id.to_string(),
            memory_bytes: snapshot.memory_bytes,
            peak_memory_bytes: snapshot.peak_memory_bytes,
            cpu_ms: snapshot.cpu_ms.map(|ms| (ms * 10.0).round() / 10.0),
        }
    }
}
