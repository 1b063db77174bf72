//! `cargo lambda watch`, the tool of the kind that most people use, with the same function.
//! Knows its command line and addresses; it is optional.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::load::Target;
use crate::http::{Connection, request};

/// Compiling the function may take minutes.
const UNTIL_READY: Duration = Duration::from_secs(15 * 60);

/// A running `cargo lambda watch`, ended when dropped.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    group: Pid,
    address: SocketAddr,
    package: String,
}

/// The installed version, e.g. `cargo-lambda 1.9.2 (…)`; `None` where it is not installed.
pub async fn version() -> Option<String> {
    let mut command = Command::new("cargo-lambda");
    let output = command.args(["lambda", "--version"]).stdin(Stdio::null()).output().await.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

impl Peer {
    /// Starts it for one function, compiled with the profile `lambda`, and waits for the first 200 of `path`.
    ///
    /// # Errors
    /// It cannot be started, or does not answer in a quarter of an hour.
    pub async fn start(root: &Path, package: &str, variables: &[&str], path: &str) -> Result<Self> {
        // It takes no port 0; the one that is free now is most likely still free then.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new("cargo-lambda");
        command.current_dir(root).args(["lambda", "watch", "--quiet", "--ignore-changes"]);
        command.args(["--invoke-address", "127.0.0.1", "--invoke-port", &address.port().to_string()]);
        command.args(["--profile", "lambda", "--package", package, "--bin", package]);
        for variable in variables {
            command.args(["--env-var", variable]);
        }
        // A process group of its own: cargo and the function end with it.
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cargo-lambda cannot be run")?;
        let id = child.id().context("cargo-lambda ended at once")?;
        let mut peer =
            Self { child, group: Pid::from_raw(id.cast_signed()), address, package: package.to_owned() };
        peer.ready(path).await?;
        Ok(peer)
    }

    /// Where the function's path is found.
    pub fn target(&self, path: &str) -> Target {
        Target { address: self.address, path: format!("/lambda-url/{}{path}", self.package) }
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        self.group.as_raw()
    }

    async fn ready(&mut self, path: &str) -> Result<()> {
        let target = self.target(path);
        let asked = request(target.address, "GET", &target.path, &[], None);
        let end = Instant::now() + UNTIL_READY;
        loop {
            if self.child.try_wait()?.is_some() {
                bail!("cargo-lambda has ended by itself");
            }
            let attempt = async { Connection::open(self.address).await?.exchange(&asked).await };
            if matches!(attempt.await, Ok(200)) {
                return Ok(());
            }
            if Instant::now() > end {
                bail!("cargo-lambda does not answer {}", target.path);
            }
            sleep(Duration::from_millis(200)).await;
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = killpg(self.group, Signal::SIGTERM);
    }
}
