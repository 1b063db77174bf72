//! AWS Lambda on one machine.
//! Knows nothing of the functions' own types: it sees binaries, configuration and bytes.

pub mod package;
