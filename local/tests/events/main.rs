//! Queues and schedules that drive a function of its own.

#![allow(clippy::unwrap_used, clippy::panic)]

mod batches;
mod bench;
mod permissions;
mod schedules;
