//! One function behind three event sources, so that their events can be laid side by side: HTTP, a schedule, a queue.
//! Knows the three forms of event, the environment layer and the AWS SDK. Only `store` speaks to the table.
//!
//! `lambda_http` understands requests only, so this function takes its events as they are and hands requests on itself.

mod app;
mod function;
mod http;
mod queue;
mod schedule;
mod shown;
mod store;

pub use app::{LISTED, LONGEST_BODY};
pub use function::{Function, Unknown};
pub use store::{LONGEST_ITEM, Store};
