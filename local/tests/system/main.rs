//! The running system, seen from outside: the real program, the real functions, a real HTTP client.

#![cfg(target_os = "linux")]

mod durability;
mod environments;
mod harness;
mod memory_is_cpu;
mod promises;
