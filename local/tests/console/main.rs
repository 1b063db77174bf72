//! The console of the local cloud: its feed, the switch for permissions, and its page in a real browser.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod blocks;
mod browser;
mod feed;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../system/harness.rs"]
mod harness;
mod switch;

use harness::Local;

/// A reader of the users function, `n` of this test run.
fn visitor(n: u32) -> String {
    format!("{n:032x}")
}

/// A program of a test's own, with its functions ready.
fn start(arguments: &[&str]) -> Local {
    Local::start(arguments).live(&["/api/users", "/api/cold-start/plain-512"])
}
