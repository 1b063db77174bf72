//! The running system, seen from outside: the real program, the real functions, a real HTTP client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(target_os = "linux")]

mod abuse;
mod burst;
mod durability;
mod environments;
mod harness;
mod journey;
mod memory_is_cpu;
mod nonsense;
mod plain_http;
mod promises;
mod readers;
mod switched_off;
