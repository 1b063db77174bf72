//! Parses the command line, calls the rooms and prints.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::num::NonZero;
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use local::cli::{Build, Cli, Command, Greeting, Serve, open_browser};
use local::dynamodb::Storage;
use local::project::Project;
use local::server::{Options, Server};
use local::site::build::build_once;
use local::terminal::Terminal;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// mdbook walks the nested elements of a chapter by recursion, on a thread of the runtime; bytes.
const STACK: usize = 16 * 1024 * 1024;

fn main() -> ExitCode {
    let command = Cli::parse().into_command();
    let terminal = Terminal::default();
    log_to(&terminal, matches!(&command, Command::Serve(serve) if serve.logs));
    let done = match command {
        Command::Serve(options) => serve(options, terminal),
        Command::Build(options) => build(options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("오류: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `LOCAL_LOG` takes tracing directives; the engine logs every refused condition as a warning, which is none here.
fn log_to(terminal: &Terminal, logs: bool) {
    let logs = if logs { "info" } else { "off" };
    let default = format!("warn,local=info,mdbook_live=info,dynoxide=off,lambda={logs},gateway={logs}");
    let filter = EnvFilter::try_from_env("LOCAL_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(terminal.clone())
        .with_target(false)
        .without_time()
        .init();
}

fn serve(options: Serve, terminal: Terminal) -> Result<()> {
    let project = Project::find(options.root.as_deref())?;
    let storage = match (options.memory, options.data) {
        (true, _) => Storage::Memory,
        (false, Some(folder)) => Storage::Folder(folder),
        (false, None) => Storage::Folder(project.state().join("data")),
    };
    let open = options.open;
    let options = Options {
        project,
        port: options.port,
        storage,
        parameters: options.parameters,
        parameter_overrides: options.parameter_overrides.into_iter().collect(),
        functions: !options.no_functions,
        as_deployed: options.as_deployed,
        allow_origins: options.allow_origin,
        idle: Duration::from_secs(options.idle),
        most_age: Duration::from_secs(options.max_age),
        time_scale: options.time_scale,
        account_concurrency: options.account_concurrency as usize,
        most_environments: options.max_environments as usize,
    };
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .thread_stack_size(STACK)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let server = Server::start(options, terminal).await?;
        let data = server.data_file();
        let greeting =
            Greeting { address: server.address()?, data: data.as_deref(), functions: server.packages() };
        println!("{greeting}");
        if open {
            open_browser(&greeting.url()).context("브라우저를 열지 못했다")?;
        }
        let mut terminate = signal(SignalKind::terminate())?;
        let end = async move {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        };
        server.run(end).await;
        Ok(())
    })
}

/// How many threads answer requests: half as many as the machine has CPUs. The functions do the work and need the rest; and a request
/// passes through this program three times, which costs more the more of its threads have to wake one another for it.
fn workers() -> usize {
    (available_parallelism().map_or(1, NonZero::get) / 2).max(1)
}

fn build(options: Build) -> Result<()> {
    let project = Project::find(options.root.as_deref())?;
    let report = build_once(&project.book(), options.dest_dir.as_deref())?;
    println!(
        "{}장을 {}에 지었다 ({:.2}초)",
        report.chapters,
        report.html.display(),
        report.elapsed.as_secs_f64()
    );
    Ok(())
}
