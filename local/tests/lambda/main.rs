//! Lambda with functions that break every rule: real processes, real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod bench;
mod clients;
mod concurrency;
mod environments;
mod failures;
mod feed;
mod inits;
mod isolation;
#[path = "../log/mod.rs"]
mod log;
mod log_lines;
mod runtime_api;
