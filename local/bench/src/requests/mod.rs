//! How fast the local server is: beside `cargo lambda watch` with the same function, in turns, on the same cores.
//! Knows what is measured and what it must come to; each measurement stands in a room of its own.

mod endpoint;
mod first_call;
mod init;
mod load;
mod measure;
mod peer;
mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::server::{SELF, Server, compile};
use init::Function;
use load::Target;
use measure::{Host, Measured, measure};
use peer::Peer;
pub use report::Report;

/// The function both hosts run: the one with a whole CPU, so that nothing is throttled.
const PACKAGE: &str = "cold-start";
const PATH: &str = "/api/cold-start/plain-1769";
/// Answered by the server itself, without a function: what the HTTP stack and the load generator can do at most.
const FLOOR: &str = "/config.json";
/// One request at a time, and many.
const CONNECTIONS: [usize; 2] = [1, 50];
/// The limits of the parameter set `local` are for people; a bench wants none.
const LIFTED: [&str; 4] =
    ["ThrottleRate=10000000", "ThrottleBurst=10000000", "LargeRate=10000000", "LargeBurst=10000000"];
/// Whose init is measured: without and with the AWS SDK.
const INITS: [Function; 2] = [
    Function { name: "Plain1769Function", path: PATH },
    Function { name: "UsersFunction", path: "/api/users" },
];

/// Arguments of `bench requests`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// 한 번 재는 시간(초) (seconds of one measurement)
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// 번갈아 재는 횟수. 표에는 가운데 값이 나온다 (turns; the table shows medians)
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// 새 실행 환경을 만나는 호출의 수. 0이면 재지 않는다 (cold calls of each function; 0 for none)
    #[arg(long, default_value_t = 60, value_name = "N")]
    inits: usize,
    /// users의 첫 호출을 TLS로 하는 횟수. 0이면 재지 않는다 (first calls of users over TLS; 0 for none)
    #[arg(long, default_value_t = 15, value_name = "N")]
    first_calls: usize,
    /// cargo lambda watch와 견주지 않는다 (without cargo lambda watch)
    #[arg(long)]
    alone: bool,
    /// 이미 컴파일한 local 프로그램. 없으면 release 프로필로 컴파일한다 (a compiled `local`; compiled by default)
    #[arg(long, value_name = "파일")]
    server: Option<PathBuf>,
}

/// Measures everything and gives the report. `tell` gets a line for each step.
///
/// # Errors
/// Something does not compile or start, or a connection breaks.
pub async fn run(root: &Path, arguments: &Arguments, tell: impl Fn(String)) -> Result<Report> {
    tell("compiling the server (release) and the functions (lambda)".to_owned());
    let program = match &arguments.server {
        Some(program) => program.clone(),
        None => compile(root, "local", &[SELF], "release").await?,
    };
    let mut sizes = Vec::new();
    for package in ["cold-start", "users"] {
        let binary = compile(root, package, &[], "lambda").await?;
        let size = std::fs::metadata(&binary).with_context(|| format!("{} is gone", binary.display()))?.len();
        sizes.push((package, size));
    }
    let options: Vec<&str> =
        ["--memory", "--as-deployed", "--parameter-overrides"].into_iter().chain(LIFTED).collect();
    let server = Server::start(&program, root, &options, |_| ()).await?;
    server.live().await?;
    let version = if arguments.alone { None } else { peer::version().await };
    let peer = match &version {
        Some(version) => {
            tell(format!("starting {version}"));
            Some(Peer::start(root, PACKAGE, &["PREPARE=none"], PATH).await?)
        }
        None => {
            tell(
                "cargo lambda watch is left out: not installed (pip install cargo-lambda), or --alone"
                    .to_owned(),
            );
            None
        }
    };
    let target = |path: &str| Target { address: server.address(), path: path.to_owned() };
    let mut hosts = vec![("local", Host { pid: server.pid(), target: target(PATH) })];
    if let Some(peer) = &peer {
        hosts.push(("cargo lambda watch", Host { pid: peer.pid(), target: peer.target(PATH) }));
    }
    hosts.push(("no function", Host { pid: server.pid(), target: target(FLOOR) }));
    let mut measured: Vec<(&'static str, usize, Vec<Measured>)> = Vec::new();
    for round in 1..=arguments.rounds {
        for connections in CONNECTIONS {
            for (name, host) in &hosts {
                tell(format!("round {round} of {}: {name}, {connections} connections", arguments.rounds));
                let one = measure(host, connections, Duration::from_secs(arguments.seconds)).await?;
                match measured.iter_mut().find(|(known, at, _)| known == name && *at == connections) {
                    Some((_, _, all)) => all.push(one),
                    None => measured.push((name, connections, vec![one])),
                }
            }
        }
    }
    drop(peer);
    server.stop().await?;
    let inits = match arguments.inits {
        0 => Vec::new(),
        calls => {
            tell(format!("{calls} cold calls of each of {} functions", INITS.len()));
            init::measure(&program, root, &INITS, calls).await?
        }
    };
    let first_calls = match arguments.first_calls {
        0 => None,
        calls => {
            tell(format!(
                "{calls} first calls of users at {} MB, over HTTP and over TLS",
                first_call::MEMORY_MB
            ));
            Some(first_call::measure(root, calls).await?)
        }
    };
    Ok(Report { version, measured, inits, first_calls, sizes })
}
