//! What the template's roles allow is what the functions can do here: every operation, every function, the real `users`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../log/mod.rs"]
mod log;
mod operations;
mod roles;
mod users;
