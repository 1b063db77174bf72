//! The chromedriver process: started on a port of its own choice, killed when dropped, also by a panic.
//! Knows the wire and the session.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::session::Session;
use crate::wire::Wire;

/// What to type on Debian or Ubuntu when a browser is missing.
pub const INSTALL_LINE: &str = "apt-get install chromium chromium-driver";

/// Starting is quick; this is for a machine that is busy with compiling.
const START_LIMIT: Duration = Duration::from_secs(20);
/// The port it picks can be taken by somebody else before it listens; then it ends, and another process picks another.
const ATTEMPTS: u32 = 3;

/// A running chromedriver. Sessions borrow it, so it outlives them.
#[derive(Debug)]
pub struct Driver {
    process: Child,
    wire: Wire,
}

impl Driver {
    /// Starts `chromedriver` from the search path on a free port.
    ///
    /// # Errors
    /// The program is not installed (the message carries [`INSTALL_LINE`]) or does not come up.
    pub fn start() -> Result<Self> {
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            match Self::attempt()? {
                Ok(driver) => return Ok(driver),
                Err(output) => last = output,
            }
        }
        bail!("chromedriver named no port in {ATTEMPTS} attempts of {START_LIMIT:?}; it said: {last}")
    }

    /// One process; the inner error is what it printed before it ended or the time was over.
    fn attempt() -> Result<Result<Self, String>> {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("chromedriver does not start; install it: {INSTALL_LINE}"))?;
        let announced = match process.stdout.take() {
            Some(output) => announced_port(output),
            None => Err("nothing".to_owned()),
        };
        Ok(match announced {
            Ok(port) => Ok(Self { process, wire: Wire::new(port) }),
            Err(output) => {
                // Nothing else holds this child, so nothing else would end it.
                process.kill().ok();
                process.wait().ok();
                Err(output)
            }
        })
    }

    /// Opens a Chromium with a fresh profile.
    ///
    /// # Errors
    /// Chromium is not installed or does not start; the message carries [`INSTALL_LINE`].
    pub fn session(&self) -> Result<Session<'_>> {
        Session::open(&self.wire)
            .with_context(|| format!("Chromium does not start; install it: {INSTALL_LINE}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Whether the variable `LIVE_SKIP_BROWSER=1` asks to leave the browser out; says so on standard error, because a test
/// that did not run must not look like one that passed.
#[must_use]
#[allow(clippy::print_stderr, reason = "a skipped test has no other voice")]
pub fn skip_browser() -> bool {
    let skip = std::env::var("LIVE_SKIP_BROWSER").is_ok_and(|value| value == "1");
    if skip {
        eprintln!("skipped: LIVE_SKIP_BROWSER=1 leaves out what needs a browser");
    }
    skip
}

/// Two lines name a port; with `--port=0` only the one with "successfully" names the real one. The error is what was
/// printed instead.
fn announced_port(output: ChildStdout) -> Result<u16, String> {
    let (send, lines) = mpsc::channel();
    // The thread goes on reading after the port, so that the driver never blocks on a full pipe; it ends with the pipe.
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            send.send(line).ok();
        }
    });
    let end = Instant::now() + START_LIMIT;
    let mut printed = String::new();
    while let Ok(line) = lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
        if let Some(port) = port_in(&line) {
            return Ok(port);
        }
        printed.push_str(&line);
        printed.push('\n');
    }
    Err(printed)
}

fn port_in(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("successfully")?.1.trim_end().trim_end_matches('.').rsplit_once(' ')?;
    port.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::port_in;

    #[test]
    fn only_the_line_with_successfully_names_the_port() {
        assert_eq!(port_in("Starting ChromeDriver 156.0.8078.79 (refs/heads) on port 0"), None);
        assert_eq!(port_in("ChromeDriver was started successfully on port 37183."), Some(37183));
    }
}
