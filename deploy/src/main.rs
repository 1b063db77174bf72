//! The `deploy` program: parses, calls, prints.

use std::process::ExitCode;

use clap::Parser;
use deploy::cli::{Command, Options};

#[tokio::main]
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "main is where this program speaks")]
async fn main() -> ExitCode {
    let options = Options::parse();
    let result = match options.command {
        Command::Check(ref arguments) => deploy::check::run(&options.root, arguments),
        Command::Package(ref arguments) => deploy::package::run(&options.root, arguments),
        Command::Publish(ref arguments) => deploy::publish::run(&options.root, arguments).await,
    };
    match result {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("오류: {error:#}");
            ExitCode::FAILURE
        }
    }
}
