//! The book and its Lambda functions on one machine: one module per AWS service it stands in for.
//! `main` parses the command line and calls these rooms; the rooms return `Result` and never print or exit.

pub mod cli;
pub mod cognito;
pub mod console;
pub mod dynamodb;
pub mod events;
pub mod gateway;
pub mod iam;
pub mod lambda;
pub mod markup;
pub mod project;
pub mod server;
pub mod site;
pub mod terminal;
pub mod time_scale;
pub mod wall;
pub mod watch;
