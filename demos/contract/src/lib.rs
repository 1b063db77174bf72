//! What the demos promise over HTTP, as checks that run against any deployment of the template, local or on AWS.
//! Knows only the documented contract: no function's code, no table, no template.
//!
//! Every check asks with visitors of its own, so none can be hidden behind another's throttle, and a 429 it did not ask for
//! is a failure like any other.

mod answer;
mod checks;
mod report;
mod service;
mod suite;

pub use report::{Outcome, Report};
pub use suite::{Suite, run};
