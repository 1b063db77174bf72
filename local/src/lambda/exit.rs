//! How a process ended, in the words of Lambda's log.
//! Knows exit statuses only.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

/// The end of an environment's process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// `exit status 1`, `signal: killed`; empty when it ended without giving a reason, with status 0.
    pub status: String,
    /// `Runtime.ExitError`, or `Runtime.InvalidEntrypoint` when it could not be started.
    pub error_type: &'static str,
    /// Whether it ended because it wanted more memory than it may have.
    pub out_of_memory: bool,
}

impl Exit {
    /// The process ended. With `out_of_memory` it is said to have been killed: on Lambda the kernel kills whoever uses more
    /// memory than the function has, while here it refuses the memory and the process gives up.
    pub fn new(status: io::Result<ExitStatus>, out_of_memory: bool) -> Self {
        let out_of_memory = out_of_memory && status.as_ref().is_ok_and(|status| !status.success());
        let status = match status {
            _ if out_of_memory => signal(9),
            Ok(status) => match (status.signal(), status.code()) {
                (Some(number), _) => signal(number),
                (None, Some(0)) => String::new(),
                (None, code) => format!("exit status {}", code.unwrap_or(-1)),
            },
            Err(error) => error.to_string(),
        };
        Self { status, error_type: "Runtime.ExitError", out_of_memory }
    }

    /// The process could not be started.
    pub fn not_started(bootstrap: &Path, error: &io::Error) -> Self {
        Self {
            status: format!("fork/exec {}: {error}", bootstrap.display()),
            error_type: "Runtime.InvalidEntrypoint",
            out_of_memory: false,
        }
    }

    /// The sentence of Lambda's log and of the error the caller gets.
    pub fn message(&self) -> String {
        match (self.status.as_str(), self.error_type) {
            ("", _) => "Runtime exited without providing a reason".into(),
            (status, "Runtime.InvalidEntrypoint") => status.into(),
            (status, _) => format!("Runtime exited with error: {status}"),
        }
    }
}

/// Go's names of signals, which Lambda's log has.
fn signal(number: i32) -> String {
    let name = match number {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        8 => "floating point exception",
        9 => "killed",
        11 => "segmentation fault",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        nix::libc::SIGBUS => "bus error",
        nix::libc::SIGXCPU => "CPU time limit exceeded",
        nix::libc::SIGXFSZ => "file size limit exceeded",
        _ => return format!("signal: signal {number}"),
    };
    format!("signal: {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_as_lambda_tells_it() {
        let told =
            |raw: i32, out_of_memory| Exit::new(Ok(ExitStatus::from_raw(raw)), out_of_memory).message();
        assert_eq!(told(0, false), "Runtime exited without providing a reason");
        assert_eq!(told(3 << 8, false), "Runtime exited with error: exit status 3");
        assert_eq!(told(9, false), "Runtime exited with error: signal: killed");
        assert_eq!(told(6, false), "Runtime exited with error: signal: aborted");
        assert_eq!(told(6, true), "Runtime exited with error: signal: killed");
        assert_eq!(told(0, true), "Runtime exited without providing a reason");
        let missing = Exit::not_started(Path::new("/var/task/bootstrap"), &io::ErrorKind::NotFound.into());
        assert_eq!(missing.message(), "fork/exec /var/task/bootstrap: entity not found");
    }
}
