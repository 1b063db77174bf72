//! Signing in as a page does it: the issuer's own addresses over real sockets, and the gateway that takes its tokens.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod browser;
mod chromium;
mod flow;
mod key;
#[path = "../log/mod.rs"]
mod log;
mod refused;
mod served;
mod tokens;
mod widget;
