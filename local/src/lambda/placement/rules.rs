//! The bounds a function's placement keeps to, so that the rules themselves name no number of a machine's or a template's.
//! Knows numbers only.

/// What a function's placement keeps to.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// ms after which an idle on-demand environment is reclaimed. AWS publishes no figure.
    pub idle: u64,
    /// ms after which an environment ends however busy it is, at its next chance. AWS ends them "every few hours" (AWS Lambda
    /// Developer Guide, "Understanding the Lambda execution environment lifecycle").
    pub most_age: u64,
    /// Reserved concurrency: the most events in work or waiting at once. `None`: no limit of the function's own.
    pub reserved: Option<u32>,
    /// Environments kept ready by provisioned concurrency.
    pub provisioned: u32,
    /// The most environments at once.
    pub most_environments: usize,
    /// The most events that wait.
    pub most_waiting: usize,
    /// The most environments that are started at about the same time.
    pub most_starting: usize,
    /// While environments become free again, an event waits so many ms for one of them before another is started for it: calls
    /// that are over at once need no more environments than the machine has CPUs, and each more makes all of them slower.
    pub patience: u64,
    /// So many environments at work keep the machine's CPUs busy. While calls are over at once, an event waits a little for one of
    /// them rather than thaw an idle one beside them. `usize::MAX`: never.
    pub busy: usize,
}
