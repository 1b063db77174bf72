//! Starts a process without copying the host's page tables, because a fork of the whole host costs more than the function's init.
//! Knows processes only. With the module above it, the place for unsafe code.
//!
//! The standard library takes the quick way (posix_spawn(3)) only if nothing is to be done between fork and exec. Limits and the
//! parent-death signal must be set there, so this does what posix_spawn does: the child borrows the host's memory, and the
//! thread that starts it stands still until it has become the function's program (`CLONE_VM | CLONE_VFORK`, clone(2)).

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::ptr;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction};
use nix::unistd::{Pid, chdir, dup2_stderr, dup2_stdin, dup2_stdout, pipe2, setpgid};
use rustix::process::{PidfdFlags, WaitOptions, pidfd_open, waitpid};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe::Receiver;

use super::{Launch, Limits, confine};

/// Bytes of stack for the few system calls before the program takes over.
const STACK: usize = 64 * 1024;

/// A started process and what it prints.
#[derive(Debug)]
pub struct Child {
    /// Its process id, which is also its group's.
    pub pid: Pid,
    /// What it prints; taken by whoever reads it.
    pub stdout: Option<Receiver>,
    /// The same of its standard error.
    pub stderr: Option<Receiver>,
    end: AsyncFd<OwnedFd>,
}

impl Child {
    /// Starts a process that leads a group of its own.
    ///
    /// # Errors
    /// The binary cannot be run, or its folder not entered.
    pub fn start(launch: &Launch) -> io::Result<Self> {
        let program = text(launch.bootstrap.as_os_str())?;
        let folder = text(launch.folder.as_os_str())?;
        let variables = launch.variables.iter().map(|(name, value)| text(format!("{name}={value}")));
        let variables = variables.collect::<io::Result<Vec<_>>>()?;
        let nothing = File::open(Path::new("/dev/null"))?;
        let (stdout, child_stdout) = pipe2(OFlag::O_CLOEXEC)?;
        let (stderr, child_stderr) = pipe2(OFlag::O_CLOEXEC)?;
        let image = Image {
            arguments: [program.as_ptr(), ptr::null()],
            variables: variables.iter().map(|one| one.as_ptr()).chain([ptr::null()]).collect(),
            program: &program,
            folder: &folder,
            input: &nothing,
            output: &child_stdout,
            errors: &child_stderr,
            limits: Limits::of(launch),
        };
        let [stdout, stderr] = [Receiver::from_owned_fd(stdout)?, Receiver::from_owned_fd(stderr)?];
        let pid = image.start()?;
        let end = end_of(pid).inspect_err(|_| {
            super::kill(pid);
            let _ = reap(pid, WaitOptions::empty());
        })?;
        Ok(Self { pid, stdout: Some(stdout), stderr: Some(stderr), end })
    }

    /// Waits until the process has ended. Until [`Child::reap`] its id, which names its group, is nobody else's.
    pub async fn ended(&mut self) {
        let _ = self.end.readable().await;
    }

    /// How the process has ended; waits for it if it has not.
    ///
    /// # Errors
    /// The system does not tell.
    pub async fn reap(&mut self) -> io::Result<ExitStatus> {
        self.ended().await;
        reap(self.pid, WaitOptions::NOHANG)
    }

    /// Ends the process: nobody wants it.
    pub fn abandon(self) {
        super::kill(self.pid);
        let _ = reap(self.pid, WaitOptions::empty());
    }
}

/// Everything the child needs to become the function's program; allocated before it is started.
struct Image<'a> {
    program: &'a CStr,
    arguments: [*const libc::c_char; 2],
    variables: Vec<*const libc::c_char>,
    folder: &'a CStr,
    input: &'a File,
    output: &'a OwnedFd,
    errors: &'a OwnedFd,
    limits: Limits,
}

impl Image<'_> {
    fn start(&self) -> io::Result<Pid> {
        let mut failed = None;
        let mut stack = vec![0; STACK];
        // A handler of the host's must not run in the child, which shares the host's memory.
        let mask = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
        let child = || {
            failed = Some(self.replace());
            127
        };
        #[allow(unsafe_code)]
        // SAFETY: the child only makes system calls that are async-signal-safe, allocates nothing and cannot unwind; its stack and
        // all it refers to live until it has called exec or ended, because this thread stands still until then (CLONE_VFORK).
        let started = unsafe {
            let flags = CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK;
            clone(Box::new(child), &mut stack, flags, Some(libc::SIGCHLD))
        };
        mask.thread_set_mask()?;
        let pid = started?;
        match failed {
            None => Ok(pid),
            Some(error) => {
                let _ = reap(pid, WaitOptions::empty());
                Err(error.into())
            }
        }
    }

    /// Runs in the child, and returns only if it fails.
    fn replace(&self) -> Errno {
        self.prepare().err().unwrap_or_else(|| {
            #[allow(unsafe_code)]
            // SAFETY: the program, the arguments and the variables are C strings that outlive the call, and both lists end with null.
            unsafe {
                libc::execve(self.program.as_ptr(), self.arguments.as_ptr(), self.variables.as_ptr());
            }
            Errno::last()
        })
    }

    fn prepare(&self) -> nix::Result<()> {
        let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
        for signal in Signal::iterator().filter(|signal| ![Signal::SIGKILL, Signal::SIGSTOP].contains(signal))
        {
            #[allow(unsafe_code)]
            // SAFETY: the default action runs no code; the child has a copy of the host's table of actions.
            unsafe {
                sigaction(signal, &default)?;
            }
        }
        // A group of its own in the host's session: signals reach what the function starts, and if the host dies while the group
        // is stopped, the kernel's rule for orphaned groups (SIGHUP, then SIGCONT) ends it.
        setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
        confine(self.limits)?;
        dup2_stdin(self.input)?;
        dup2_stdout(self.output)?;
        dup2_stderr(self.errors)?;
        chdir(self.folder)?;
        SigSet::empty().thread_set_mask()
    }
}

/// Becomes readable when the process has ended (pidfd_open(2), Linux 5.3).
fn end_of(pid: Pid) -> io::Result<AsyncFd<OwnedFd>> {
    let end = pidfd_open(known(pid)?, PidfdFlags::NONBLOCK)?;
    #[allow(unsafe_code)]
    // SAFETY: an OwnedFd always gives the descriptor that it owns, and `AsyncFd` keeps it open for as long as it is registered.
    let registered = unsafe { AsyncFd::register_with_interest(end, Interest::READABLE) };
    Ok(registered?)
}

fn reap(pid: Pid, options: WaitOptions) -> io::Result<ExitStatus> {
    let ended = waitpid(Some(known(pid)?), options)?;
    let (_, status) = ended.ok_or_else(|| io::Error::other("the process has not ended"))?;
    Ok(ExitStatus::from_raw(status.as_raw()))
}

fn known(pid: Pid) -> io::Result<rustix::process::Pid> {
    rustix::process::Pid::from_raw(pid.as_raw()).ok_or_else(|| io::ErrorKind::NotFound.into())
}

fn text(text: impl AsRef<std::ffi::OsStr>) -> io::Result<CString> {
    CString::new(text.as_ref().as_bytes()).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::time::Duration;

    use tokio::io::AsyncReadExt;

    use super::*;

    fn launch(program: &Path, folder: &Path) -> Launch {
        Launch {
            bootstrap: program.to_owned(),
            variables: BTreeMap::from([("WORD".to_owned(), "낱말".to_owned())]),
            folder: folder.to_owned(),
            memory: 128 * 1024 * 1024,
            cpu: Duration::from_secs(10),
        }
    }

    fn script(folder: &Path, text: &str) -> PathBuf {
        let program = folder.join("bootstrap");
        std::fs::write(&program, text).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        program
    }

    #[tokio::test]
    async fn a_program_runs_in_its_folder_with_its_variables_only_and_its_end_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let program =
            script(folder.path(), "#!/bin/sh\npwd\necho \"$WORD ${HOME-none}\"\necho bad >&2\nexit 7\n");
        let mut child = Child::start(&launch(&program, folder.path())).unwrap();
        let (mut output, mut errors) = (String::new(), String::new());
        child.stdout.take().unwrap().read_to_string(&mut output).await.unwrap();
        child.stderr.take().unwrap().read_to_string(&mut errors).await.unwrap();
        let expected = format!("{}\n낱말 none\n", folder.path().canonicalize().unwrap().display());
        assert_eq!((output, errors.as_str()), (expected, "bad\n"));
        assert_eq!(child.reap().await.unwrap().code(), Some(7));
    }

    #[tokio::test]
    async fn signals_have_their_default_actions_again() {
        let folder = tempfile::tempdir().unwrap();
        // Rust's runtime ignores SIGPIPE, and a mask outlives exec.
        let program = script(folder.path(), "#!/bin/sh\ngrep -E '^Sig(Blk|Ign)' /proc/self/status\n");
        let mut child = Child::start(&launch(&program, folder.path())).unwrap();
        let mut output = String::new();
        child.stdout.take().unwrap().read_to_string(&mut output).await.unwrap();
        let masks: Vec<_> = output.lines().filter_map(|line| line.split_once(":\t")).collect();
        assert_eq!(masks.len(), 2, "{output}");
        for (name, mask) in masks {
            // Signals from 32 on belong to the C library.
            assert_eq!(u64::from_str_radix(mask, 16).unwrap() & 0x7fff_ffff, 0, "{name}");
        }
        assert!(child.reap().await.unwrap().success());
    }

    #[tokio::test]
    async fn what_cannot_be_run_is_an_error_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Child::start(&launch(&folder.path().join("none"), folder.path())).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        let program = script(folder.path(), "#!/bin/sh\n");
        let elsewhere = Child::start(&launch(&program, &folder.path().join("none"))).unwrap_err();
        assert_eq!(elsewhere.kind(), io::ErrorKind::NotFound);
        assert!(Child::start(&launch(Path::new("a\0b"), folder.path())).is_err());
        // The host's own mask is as before.
        assert_eq!(SigSet::thread_get_mask().unwrap(), SigSet::empty());
    }
}
