//! How long init takes: every call meets a new environment, because the old one has been ended.
//! Knows the server's log and the header `server-timing`; nothing of what the numbers are compared with.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::{Instant, sleep};

use crate::http::{Connection, request};
use crate::process;
use crate::server::Server;

/// A killed environment is gone, and a line of the log has arrived, within this time.
const SOON: Duration = Duration::from_secs(10);

/// A function whose init is measured.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Its logical id in the template.
    pub name: &'static str,
    /// A GET it answers with 200.
    pub path: &'static str,
}

/// Init times of one function in ms, sorted.
#[derive(Debug, Clone)]
pub struct Inits {
    /// Which function.
    pub function: Function,
    /// `Init Duration` of the REPORT lines: from the decision to start until the first poll.
    pub reported: Vec<f64>,
    /// `init` of the header `server-timing`: from the start of the process as the function itself sees it.
    pub own: Vec<f64>,
}

/// Calls each function in turn, `calls` times, every time in a new environment.
///
/// # Errors
/// The server does not start, or a call is not answered 200 by a new environment.
pub async fn measure(
    program: &Path,
    root: &Path,
    functions: &[Function],
    calls: usize,
) -> Result<Vec<Inits>> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&lines);
    // No environment but the one that is waited for may start.
    let options =
        ["--memory", "--logs", "--as-deployed", "--parameter-overrides", "ProvisionedEnvironments=0"];
    let server = Server::start(program, root, &options, move |line| {
        if let Some(ms) = init_duration(line) {
            heard.lock().unwrap_or_else(PoisonError::into_inner).push((line.to_owned(), ms));
        }
    })
    .await?;
    server.live().await?;
    let mut inits: Vec<Inits> = functions
        .iter()
        .map(|function| Inits { function: *function, reported: Vec::new(), own: Vec::new() })
        .collect();
    end_all(&server).await?;
    let known = || lines.lock().unwrap_or_else(PoisonError::into_inner).len();
    for _ in 0..calls {
        for init in &mut inits {
            let before = known();
            let headers = [("x-visitor", "0123456789abcdef0123456789abcdef")];
            let asked = request(server.address(), "GET", init.function.path, &headers, None);
            let mut connection = Connection::open(server.address()).await?;
            connection.send(&asked).await?;
            let answer = connection.answer().await?;
            ensure!(answer.status == 200, "{} was answered {}", init.function.path, answer.status);
            let timing = answer.header("server-timing").and_then(own_init);
            init.own.push(timing.with_context(|| format!("{} met no new environment", init.function.path))?);
            // The line is written when the environment asks for its next event.
            let end = Instant::now() + SOON;
            while known() == before {
                ensure!(Instant::now() < end, "no REPORT line with an Init Duration");
                sleep(Duration::from_millis(1)).await;
            }
            end_all(&server).await?;
        }
    }
    server.stop().await?;
    let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    for init in &mut inits {
        let own = lines.iter().filter(|(line, _)| line.contains(init.function.name));
        // The first was there before the measurement, and found cold files.
        init.reported = own.map(|(_, ms)| *ms).skip(1).collect();
        init.reported.sort_by(f64::total_cmp);
        init.own.sort_by(f64::total_cmp);
    }
    Ok(inits)
}

/// Ends all environments and waits until they are gone.
async fn end_all(server: &Server) -> Result<()> {
    let end = Instant::now() + SOON;
    loop {
        let functions = server.functions();
        if functions.is_empty() {
            return Ok(());
        }
        ensure!(Instant::now() < end, "environments do not end");
        for function in functions {
            process::kill_child(server.pid(), function.identity);
        }
        sleep(Duration::from_millis(2)).await;
    }
}

/// ms of a REPORT line's `Init Duration`, in text or JSON.
fn init_duration(line: &str) -> Option<f64> {
    let after = |name: &str| line.split_once(name).map(|(_, rest)| rest);
    let report = line.contains("REPORT RequestId") || line.contains("platform.report");
    let rest = after("Init Duration: ").or_else(|| after("\"initDurationMs\":")).filter(|_| report)?;
    number(rest)
}

/// ms of `init` in a `server-timing` header.
fn own_init(timing: &str) -> Option<f64> {
    number(timing.split_once("init;dur=")?.1)
}

fn number(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_both_forms() {
        let text = "INFO REPORT RequestId: 1\tDuration: 0.5 ms\tInit Duration: 1.52 ms\t function=\"X\"";
        assert_eq!(init_duration(text), Some(1.52));
        let json = r#"{"type":"platform.report","record":{"metrics":{"initDurationMs":1.5,"x":1}}}"#;
        assert_eq!(init_duration(json), Some(1.5));
        assert_eq!(init_duration("INIT_REPORT Init Duration: 2 ms"), None);
        assert_eq!(own_init("init;dur=1.25, handler;dur=0.1"), Some(1.25));
        assert_eq!(own_init("handler;dur=0.1"), None);
    }
}
