//! The form of what is told of Lambda: records and their kinds.
//! Knows their JSON; nothing of who keeps or hears them.
//!
//! Records are named after the events of Lambda's Telemetry API (AWS Lambda Developer Guide, "Lambda Telemetry API `Event`
//! schema reference"), so that a reader can look them up. `frozen`, `thawed`, `gone` and `throttled` have no name there: they
//! are what this machine sees beside.

use std::sync::Arc;

use serde::{Serialize, Serializer};

/// Something that happened. JSON: `{"sequence", "time", "function", "environmentId", "type", …}` with the fields of its kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Never the same twice while the host runs; later records have higher ones.
    pub sequence: u64,
    /// Unix ms, exact to the µs.
    pub time: f64,
    /// The function's name.
    #[serde(serialize_with = "text")]
    pub function: Arc<str>,
    /// The environment: 32 hex digits, those of its log stream's name. Empty when an event got none (`throttled`).
    #[serde(serialize_with = "text")]
    pub environment_id: Arc<str>,
    /// What happened.
    #[serde(flatten)]
    pub kind: Kind,
}

/// The kinds of records. Durations are in ms, memory in MB where a name says so.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum Kind {
    /// A process was asked for.
    #[serde(rename = "platform.initStart")]
    InitStart {
        /// Why it is started.
        initialization_type: InitializationType,
        /// See [`Phase`].
        phase: Phase,
        /// `MemorySize`.
        #[serde(rename = "memorySizeMB")]
        memory_size_mb: u32,
    },
    /// Init is over, well or not.
    #[serde(rename = "platform.initReport")]
    InitReport {
        /// Why it was started.
        initialization_type: InitializationType,
        /// See [`Phase`].
        phase: Phase,
        /// From asking for the process until its first poll, or its end.
        duration_ms: f64,
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// An event was handed to the environment.
    #[serde(rename = "platform.start")]
    Start {
        /// Which invocation.
        #[serde(flatten)]
        invocation: InvocationId,
        /// The first event of an on-demand environment.
        cold: bool,
    },
    /// The runtime has answered, or will not any more.
    #[serde(rename = "platform.runtimeDone")]
    RuntimeDone {
        /// Which invocation.
        #[serde(flatten)]
        invocation: InvocationId,
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
        /// From handing the event over until the answer.
        duration_ms: f64,
        /// Bytes of the answer.
        produced_bytes: usize,
    },
    /// The invocation is over.
    #[serde(rename = "platform.report")]
    Report {
        /// Which invocation.
        #[serde(flatten)]
        invocation: InvocationId,
        /// How it ended.
        #[serde(flatten)]
        outcome: Outcome,
        /// From handing the event over until the answer.
        duration_ms: f64,
        /// Init and duration, rounded up.
        billed_duration_ms: u64,
        /// On the first invocation of an on-demand environment only.
        #[serde(skip_serializing_if = "Option::is_none")]
        init_duration_ms: Option<f64>,
        /// `MemorySize`.
        #[serde(rename = "memorySizeMB")]
        memory_size_mb: u32,
        /// The most memory the process had held when it was last looked at.
        #[serde(rename = "maxMemoryUsedMB", skip_serializing_if = "Option::is_none")]
        max_memory_used_mb: Option<u64>,
    },
    /// A line the function printed.
    #[serde(rename = "function")]
    Function {
        /// Without the line's end; cut if it was very long.
        #[serde(rename = "record", serialize_with = "text")]
        line: Arc<str>,
    },
    /// Nothing waits: the environment stands still.
    #[serde(rename = "frozen")]
    Frozen,
    /// It goes on, because of an event.
    #[serde(rename = "thawed")]
    Thawed,
    /// Its process is gone.
    #[serde(rename = "gone")]
    Gone {
        /// Why.
        reason: Reason,
        /// How the process ended: `exit status: 1`, `signal: 9 (SIGKILL)`, …
        #[serde(serialize_with = "text")]
        status: Arc<str>,
    },
    /// An event was turned away.
    #[serde(rename = "throttled")]
    Throttled {
        /// Which invocation.
        #[serde(flatten)]
        invocation: InvocationId,
        /// Whose limit it was.
        limit: Limit,
    },
}

/// Names an invocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InvocationId {
    /// A UUID.
    #[serde(serialize_with = "text")]
    pub request_id: Arc<str>,
    /// `Root=1-…`: what the gateway's part of the same request has, too.
    #[serde(serialize_with = "text")]
    pub trace_id: Arc<str>,
}

/// `AWS_LAMBDA_INITIALIZATION_TYPE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitializationType {
    /// For an event.
    OnDemand,
    /// Kept ready.
    ProvisionedConcurrency,
}

/// When an init takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Before the first invocation.
    Init,
    /// Inside it, because the one before has failed.
    Invoke,
}

/// How an init or an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Outcome {
    /// As it should.
    Success,
    /// With an error. (In Lambda's own records an invocation whose error the runtime has reported counts as a success of the
    /// runtime; `reported` tells them apart here.)
    Error {
        /// `Runtime.ExitError`, or what the runtime has called it.
        #[serde(serialize_with = "text")]
        error_type: Arc<str>,
        /// What it says.
        #[serde(serialize_with = "text")]
        error_message: Arc<str>,
        /// Whether the runtime has reported it and lives on; otherwise its process is gone.
        reported: bool,
    },
    /// Not in time.
    Timeout,
}

/// Why an environment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// Nothing to do for too long.
    Idle,
    /// An invocation or an init took too long.
    Timeout,
    /// Its process ended by itself.
    Crashed,
    /// There is a newer package.
    Replaced,
    /// It had lived long enough.
    Recycled,
    /// The host is ending.
    Host,
}

/// A limit of concurrency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Limit {
    /// The function's reserved concurrency.
    Reserved,
    /// What the account has left for functions that reserve nothing.
    Account,
    /// What this machine bears.
    Machine,
}

fn text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

impl Record {
    /// Bytes of text that this record alone keeps.
    pub(super) fn text(&self) -> usize {
        match &self.kind {
            Kind::Function { line } => line.len(),
            Kind::Gone { status, .. } => status.len(),
            Kind::InitReport { outcome: Outcome::Error { error_type, error_message, .. }, .. }
            | Kind::RuntimeDone { outcome: Outcome::Error { error_type, error_message, .. }, .. } => {
                error_type.len() + error_message.len()
            }
            Kind::Start { invocation, .. } | Kind::Throttled { invocation, .. } => {
                invocation.request_id.len() + invocation.trace_id.len()
            }
            _ => 0,
        }
    }
}
