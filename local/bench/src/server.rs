//! The real `local` program as a child process: compiled, started, waited for and ended.
//! Knows its command line, its greeting and whose children the functions are; nothing of what it is asked.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::http::{self, Connection};
use crate::process::{self, Seen};

/// Functions that were never compiled before take minutes, in the profile `lambda` several.
const UNTIL_LIVE: Duration = Duration::from_secs(30 * 60);
/// The server gives requests under way two seconds; a busy machine may take longer for the rest.
const UNTIL_ENDED: Duration = Duration::from_secs(20);
/// The package of this program, which is compiled with what the server is made of.
pub const SELF: &str = "bench";
/// Where the server tells which functions have been compiled.
const STATE: &str = "/_local/state.json";
/// The name every function's program has.
const FUNCTION: &str = "bootstrap";

/// Compiles the program of a package and returns where it is. Cargo's progress goes to standard error. Features of shared
/// dependencies are those that `package` and `beside` need together; a package that is compiled alone has only its own.
///
/// # Errors
/// It does not compile.
pub async fn compile(root: &Path, package: &str, beside: &[&str], profile: &str) -> Result<PathBuf> {
    // `cargo run` names itself, so that the same toolchain compiles everything.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args(["build", "--message-format", "json-render-diagnostics"]);
    command.args(["--profile", profile, "--package", package, "--bin", package]);
    for name in beside {
        command.args(["--package", name]);
    }
    // Build scripts that watch what `cargo run` says about itself would compile anew for it.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|start| text.starts_with(start)) {
            command.env_remove(&name);
        }
    }
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("cargo cannot be run")?;
    if !output.status.success() {
        bail!("{package} does not compile; cargo says why above");
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut made = messages.filter(|message| message["target"]["name"] == package);
    let executable = made.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    executable.with_context(|| format!("cargo names no program of {package}"))
}

/// A running server. It is killed when dropped; [`Server::stop`] ends it as a person would.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pid: i32,
    address: SocketAddr,
}

impl Server {
    /// Starts `program` for the project at `root` on a free port and waits for its greeting. Every line it logs is given to
    /// `log`.
    ///
    /// # Errors
    /// It cannot be started, or ends without a greeting.
    pub async fn start(
        program: &Path,
        root: &Path,
        arguments: &[&str],
        mut log: impl FnMut(&str) + Send + 'static,
    ) -> Result<Self> {
        let mut child = Command::new(program)
            .args(["serve", "--port", "0", "--root"])
            .arg(root)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be run", program.display()))?;
        let (Some(stdout), Some(stderr), Some(pid)) = (child.stdout.take(), child.stderr.take(), child.id())
        else {
            bail!("{} ended at once", program.display());
        };
        let mut said = BufReader::new(stderr).lines();
        tokio::spawn(async move {
            while let Ok(Some(line)) = said.next_line().await {
                log(&line);
            }
        });
        let mut greeting = BufReader::new(stdout).lines();
        let address = loop {
            let line = greeting.next_line().await?.context("the server ended without a greeting")?;
            if let Some((_, rest)) = line.split_once("http://") {
                break rest.trim_end_matches('/').parse().context("the greeting names no address")?;
            }
        };
        // Goes on reading, so that the program never waits for a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = greeting.next_line().await {} });
        Ok(Self { child, pid: pid.cast_signed(), address })
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Waits until every function of the template has been compiled: while one still compiles, nothing can be measured.
    ///
    /// # Errors
    /// They are not after half an hour, or the server has ended.
    pub async fn live(&self) -> Result<()> {
        let end = Instant::now() + UNTIL_LIVE;
        let request = http::request(self.address, "GET", STATE, &[], None);
        loop {
            let mut connection = Connection::open(self.address).await.context("the server has ended")?;
            connection.send(&request).await?;
            let state = connection.answer().await?.json();
            let functions = state["view"]["functions"]
                .as_array()
                .with_context(|| format!("{STATE} names no functions"))?;
            let waiting: Vec<_> = functions
                .iter()
                .filter(|function| function["ready"] != true)
                .filter_map(|function| function["function"].as_str())
                .collect();
            if waiting.is_empty() {
                return Ok(());
            }
            if Instant::now() > end {
                let minutes = UNTIL_LIVE.as_secs() / 60;
                bail!("not compiled after {minutes} minutes: {}", waiting.join(", "));
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// The processes of the functions.
    pub fn functions(&self) -> Vec<Seen> {
        functions(self.pid)
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Ends it by SIGTERM and says how long that took.
    ///
    /// # Errors
    /// It does not end, or ends with an error.
    pub async fn stop(mut self) -> Result<Duration> {
        let asked = Instant::now();
        kill(Pid::from_raw(self.pid), Signal::SIGTERM).context("the server has ended by itself")?;
        match timeout(UNTIL_ENDED, self.child.wait()).await {
            Ok(status) => match status?.success() {
                true => Ok(asked.elapsed()),
                false => bail!("the server ended with an error"),
            },
            Err(_) => bail!("the server did not end within {} s of SIGTERM", UNTIL_ENDED.as_secs()),
        }
    }
}

/// The processes of the functions of the server with this process id.
pub fn functions(server: i32) -> Vec<Seen> {
    process::children(server).into_iter().filter(|seen| seen.program == FUNCTION).collect()
}
