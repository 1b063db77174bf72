//! Measures the local server beside its peers, and soaks it.
//! Knows the server as its users do, by its command line and over HTTP; only what needs a TLS endpoint looks inside.

pub mod cli;
mod http;
mod process;
pub mod requests;
mod server;
pub mod soak;
mod table;
