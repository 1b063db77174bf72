//! Starts a process where the kernel is not Linux: a fork and an exec, as the standard library does them.
//! Knows processes only. With the module above it, the place for unsafe code.

use std::io;
use std::process::{ExitStatus, Stdio};

use nix::unistd::Pid;
use tokio::net::unix::pipe::Receiver;
use tokio::process::Command;

use super::{Launch, Limits, confine};

/// A started process and what it prints.
#[derive(Debug)]
pub struct Child {
    /// Its process id, which is also its group's.
    pub pid: Pid,
    /// What it prints; taken by whoever reads it.
    pub stdout: Option<Receiver>,
    /// The same of its standard error.
    pub stderr: Option<Receiver>,
    child: tokio::process::Child,
}

impl Child {
    /// Starts a process that leads a group of its own.
    ///
    /// # Errors
    /// The binary cannot be run, or its folder not entered.
    pub fn start(launch: &Launch) -> io::Result<Self> {
        let mut command = Command::new(&launch.bootstrap);
        command
            .env_clear()
            .envs(&launch.variables)
            .current_dir(&launch.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let limits = Limits::of(launch);
        #[allow(unsafe_code)]
        // SAFETY: between fork and exec the closure only makes system calls that are async-signal-safe and allocates nothing.
        unsafe {
            command.pre_exec(move || confine(limits).map_err(io::Error::from));
        }
        let mut child = command.spawn()?;
        let pid = child.id().ok_or_else(|| io::Error::other("the process ended at once"))?;
        let stdout =
            child.stdout.take().map(|end| Receiver::from_owned_fd(end.into_owned_fd()?)).transpose()?;
        let stderr =
            child.stderr.take().map(|end| Receiver::from_owned_fd(end.into_owned_fd()?)).transpose()?;
        Ok(Self { pid: Pid::from_raw(pid.cast_signed()), stdout, stderr, child })
    }

    /// Waits until the process has ended.
    pub async fn ended(&mut self) {
        let _ = self.child.wait().await;
    }

    /// How the process has ended; waits for it if it has not.
    ///
    /// # Errors
    /// The system does not tell.
    pub async fn reap(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Ends the process: nobody wants it.
    pub fn abandon(mut self) {
        let _ = self.child.start_kill();
    }
}
