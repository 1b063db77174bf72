//! Runs cargo for one function and understands what it reports.
//! Knows cargo's command line and its JSON messages (the Cargo book, "External tools"); nothing of Lambda.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

/// Compiling yields to the server and the reader's browser (nice value; 0 is normal, 19 the lowest).
const NICENESS: i32 = 10;
/// Of an error message this much is shown, in bytes; rustc's first message says what to mend.
const MAX_MESSAGE: usize = 4 * 1024;
/// Lines of cargo's own output kept for the case that no compiler message explains a failure.
const KEPT_LINES: usize = 40;

/// A workspace whose functions are compiled.
#[derive(Debug, Clone)]
pub struct Cargo {
    program: OsString,
    root: PathBuf,
    profile: String,
    /// What is compiled in one go, so that features of shared dependencies are the same in every run and no crate is compiled
    /// twice. Empty where each function is compiled by itself.
    together: Vec<String>,
}

/// What happens while cargo works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A crate that was not up to date is being compiled.
    Compiling(String),
    /// So many different crates are ready, fresh ones included.
    Ready(usize),
}

impl Cargo {
    /// `together` are the functions that share what they are compiled from; `profile` is a cargo profile.
    pub fn new(root: PathBuf, profile: &str, together: Vec<String>) -> Cargo {
        // `cargo run` names itself, so that the same toolchain compiles the functions.
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Cargo { program, root, profile: profile.to_owned(), together }
    }

    /// How many crates `package` consists of, itself included; `None` when cargo cannot tell.
    pub async fn count_crates(&self, package: &str) -> Option<usize> {
        let mut command = self.command();
        command.args([
            "tree",
            "--package",
            package,
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]);
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let crates: BTreeSet<&str> = text.lines().filter_map(|line| line.split(" (").next()).collect();
        output.status.success().then_some(crates.len())
    }

    /// Compiles the binary of `package` and returns where it is.
    ///
    /// Dropping the future ends cargo and its compilers.
    ///
    /// # Errors
    /// The compiler's first error (or cargo's own), as text for the person who edits the function.
    pub async fn build(&self, package: &str, mut on: impl FnMut(Progress)) -> Result<PathBuf, String> {
        let mut command = self.command();
        command.args(["build", "--message-format", "json", "--profile", &self.profile, "--bin", package]);
        command.args(["--package", package]);
        for name in self.together.iter().filter(|name| *name != package) {
            command.args(["--package", name]);
        }
        let mut running = Running::start(&mut command).map_err(|error| self.cannot_start(&error))?;
        let (Some(stdout), Some(stderr)) = (running.child.stdout.take(), running.child.stderr.take()) else {
            return Err("cargo의 출력을 읽을 수 없다".to_owned());
        };
        let (mut messages, mut notices) = (lines(stdout), lines(stderr));
        let mut report = Report::default();
        let (mut messages_open, mut notices_open) = (true, true);
        while messages_open || notices_open {
            tokio::select! {
                line = messages.next_line(), if messages_open => match line {
                    Ok(Some(line)) => report.message(&line, package, &mut on),
                    _ => messages_open = false,
                },
                line = notices.next_line(), if notices_open => match line {
                    Ok(Some(line)) => report.notice(line, &mut on),
                    _ => notices_open = false,
                },
            }
        }
        let is_success = running.wait().await;
        match report.executable {
            Some(executable) if is_success => Ok(executable),
            _ => Err(bounded(&report.first_error.unwrap_or_else(|| own_error(&report.notices)))),
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.root);
        // `cargo run` gives this program variables about itself. Build scripts that watch them (ring's does) would
        // compile anew whenever the functions are built from elsewhere.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
                .iter()
                .any(|start| name.starts_with(start))
            {
                command.env_remove(name);
            }
        }
        command
    }

    fn cannot_start(&self, error: &std::io::Error) -> String {
        format!(
            "{}를 실행하지 못했다: {error}. Rust가 설치되어 있고 PATH에 있는지 확인한다.",
            self.program.to_string_lossy()
        )
    }
}

/// A cargo process in a process group of its own, which is ended as a whole when this is dropped: rustc would
/// otherwise keep compiling for a server that is gone.
struct Running {
    child: Child,
    group: Option<Pid>,
}

impl Running {
    fn start(command: &mut Command) -> std::io::Result<Running> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        // A refusal only means that compiling is as urgent as everything else.
        let _ = rustix::process::setpriority_process(id.and_then(rustix::process::Pid::from_raw), NICENESS);
        Ok(Running { child, group: id.map(Pid::from_raw) })
    }

    async fn wait(&mut self) -> bool {
        let status = self.child.wait().await;
        // Reaped: the number may soon belong to somebody else.
        self.group = None;
        status.is_ok_and(|status| status.success())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            let _ = killpg(group, Signal::SIGTERM);
        }
    }
}

/// The messages this program needs; cargo sends more kinds and more fields.
#[derive(Debug, Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact { package_id: String, target: Target, executable: Option<PathBuf> },
    #[serde(rename = "compiler-message")]
    Compiler { message: Diagnostic },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Diagnostic {
    level: String,
    rendered: Option<String>,
}

#[derive(Debug, Default)]
struct Report {
    ready: BTreeSet<String>,
    executable: Option<PathBuf>,
    first_error: Option<String>,
    notices: VecDeque<String>,
}

impl Report {
    fn message(&mut self, line: &str, package: &str, on: &mut impl FnMut(Progress)) {
        match serde_json::from_str(line) {
            Ok(Message::Artifact { package_id, target, executable }) => {
                if target.name == package && target.kind.iter().any(|kind| kind == "bin") {
                    self.executable = executable;
                }
                // A build script is compiled before its crate: count the crate once, when it is done.
                if !target.kind.iter().any(|kind| kind == "custom-build") && self.ready.insert(package_id) {
                    on(Progress::Ready(self.ready.len()));
                }
            }
            Ok(Message::Compiler { message }) if message.level.starts_with("error") => {
                self.first_error = self.first_error.take().or(message.rendered);
            }
            _ => {}
        }
    }

    fn notice(&mut self, line: String, on: &mut impl FnMut(Progress)) {
        if let Some(rest) = line.trim_start().strip_prefix("Compiling ") {
            on(Progress::Compiling(rest.split(' ').next().unwrap_or_default().to_owned()));
        }
        if self.notices.len() == KEPT_LINES {
            self.notices.pop_front();
        }
        self.notices.push_back(line);
    }
}

/// Cargo's own words from its first error on: a wrong manifest, a build script, no network.
fn own_error(notices: &VecDeque<String>) -> String {
    let start = notices.iter().position(|line| line.starts_with("error")).unwrap_or(0);
    let text: Vec<&str> = notices.iter().skip(start).map(String::as_str).collect();
    if text.is_empty() { "cargo가 아무 말 없이 끝났다".to_owned() } else { text.join("\n") }
}

fn bounded(text: &str) -> String {
    let text = text.trim_end();
    if text.len() <= MAX_MESSAGE {
        return text.to_owned();
    }
    format!("{}\n…", &text[..text.floor_char_boundary(MAX_MESSAGE)])
}

fn lines<R: AsyncRead + Unpin>(from: R) -> tokio::io::Lines<BufReader<R>> {
    BufReader::new(from).lines()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(lines: &[&str]) -> (Report, Vec<Progress>) {
        let (mut report, mut seen) = (Report::default(), Vec::new());
        for line in lines {
            report.message(line, "users", &mut |progress| seen.push(progress));
        }
        (report, seen)
    }

    #[test]
    fn crates_are_counted_once_and_the_binary_is_found() {
        let (report, seen) = report(&[
            r#"{"reason":"compiler-artifact","package_id":"a","target":{"name":"build-script-build","kind":["custom-build"]},"executable":null,"fresh":true}"#,
            r#"{"reason":"build-script-executed","package_id":"a"}"#,
            r#"{"reason":"compiler-artifact","package_id":"a","target":{"name":"a","kind":["lib"]},"executable":null}"#,
            r#"{"reason":"compiler-artifact","package_id":"users","target":{"name":"users","kind":["lib"]},"executable":null}"#,
            r#"{"reason":"compiler-artifact","package_id":"users","target":{"name":"users","kind":["bin"]},"executable":"/t/users"}"#,
            r#"{"reason":"build-finished","success":true}"#,
            "println of a build tool",
        ]);
        assert_eq!(report.executable, Some(PathBuf::from("/t/users")));
        assert_eq!(seen, [Progress::Ready(1), Progress::Ready(2)]);
    }

    #[test]
    fn the_first_error_wins_and_warnings_do_not_count() {
        let message = |level: &str, text: &str| {
            format!(r#"{{"reason":"compiler-message","message":{{"level":"{level}","rendered":"{text}"}}}}"#)
        };
        let (report, _) =
            report(&[&message("warning", "w"), &message("error", "first"), &message("error", "second")]);
        assert_eq!(report.first_error.as_deref(), Some("first"));
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let cut = bounded(&"가".repeat(MAX_MESSAGE));
        assert!(cut.len() <= MAX_MESSAGE + 4 && cut.ends_with("가\n…"));
        assert_eq!(bounded("짧다\n"), "짧다");
    }

    #[test]
    fn without_a_compiler_message_cargo_speaks_for_itself() {
        let notices = ["    Updating index", "error: no such package", "  help"].map(str::to_owned);
        assert_eq!(own_error(&VecDeque::from(notices)), "error: no such package\n  help");
    }
}
