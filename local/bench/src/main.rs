//! The `bench` program: parses, calls, prints.

use std::process::ExitCode;

use bench::cli::{Command, Options};
use clap::Parser;

#[tokio::main]
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "main is where this program speaks")]
async fn main() -> ExitCode {
    let options = Options::parse();
    let tell = |line| println!("{line}");
    let result = match &options.command {
        Command::Requests(arguments) => bench::requests::run(&options.root, arguments, tell)
            .await
            .map(|report| (report.to_string(), report.is_ok())),
        Command::Soak(arguments) => bench::soak::run(&options.root, arguments, tell)
            .await
            .map(|report| (report.to_string(), report.is_ok())),
    };
    match result {
        Ok((report, is_ok)) => {
            println!("{report}");
            if is_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
