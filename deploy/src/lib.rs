//! Brings the system and the book to AWS: packages the functions, checks the template, publishes the book.
//! Knows template.yaml, the built book and AWS's APIs; `main` parses the command line, calls these rooms and prints.

mod aws;
pub mod check;
pub mod cli;
pub mod contract;
pub mod cost;
mod event_sources;
pub mod package;
pub mod publish;
mod references;
pub mod stack;
