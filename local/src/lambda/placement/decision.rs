//! What placement decides for an event or an environment; the pool carries it out.
//! Knows names and events as they come.

/// What an arriving event gets.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrival<K, W> {
    /// This idle environment, which is running from now on: a provisioned one before the others, and the one used last.
    Thaws(K, W),
    /// The first environment that becomes free. [`Placement::lacking`](super::Placement::lacking) says how many more to start.
    Waits,
}

/// Why an event is turned away.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Reserved concurrency is used up.
    Throttled,
    /// As many events wait as may.
    Overloaded,
}

/// What an environment does that asks for its next event.
#[derive(Debug, PartialEq, Eq)]
pub enum Freed<W> {
    /// Works on the event that has waited longest.
    Runs(W),
    /// Nothing waits for it: it freezes.
    Freezes,
    /// It ends.
    Ends(Cause),
}

/// Why an environment that does nothing ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It has been idle for too long.
    Idle,
    /// It has lived long enough.
    Age,
    /// It runs an older package.
    Package,
}
