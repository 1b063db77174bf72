//! The HTTP API over real sockets, in front of a function that answers what its caller wants: payloads both ways, limits, CORS,
//! throttles, the access log, and callers who keep no rule.

#![allow(clippy::unwrap_used, clippy::panic)]

mod client;
mod connections;
mod cors;
mod limits;
#[path = "../log/mod.rs"]
mod log;
mod payload;
mod queue;
mod random;
mod refusals;
mod served;
mod throttle;
mod told;
