//! The real `deploy publish` over the wire: what it sends, and what it leaves behind when it is killed.
//! Knows the program by its command line and S3 by HTTP; nothing of the program's inside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod bucket;
mod editions;
mod gate;
mod kill;
mod program;
mod race;
mod servers;
mod wire;
