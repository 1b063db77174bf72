//! Starts the process of an execution environment and speaks to it by signals, because freezing and ending need the kernel.
//! Knows processes only: no functions, no Runtime API. The one module that may hold unsafe code.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, killpg};
use nix::sys::stat::{Mode, umask};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// What to start.
#[derive(Debug)]
pub struct Launch {
    /// The function's binary.
    pub bootstrap: PathBuf,
    /// The whole environment: nothing of the host's own is passed on.
    pub variables: BTreeMap<String, String>,
    /// A private working folder, also its `TMPDIR`; made by the launcher.
    pub folder: PathBuf,
    /// The most memory the process may have for itself, in bytes: `MemorySize`.
    pub memory: u64,
}

/// A started process: it leads a process group of its own.
#[derive(Debug)]
pub struct Process {
    /// The child with its piped output; waited for by its supervisor.
    pub child: Child,
    /// Its process id, which is also its group's.
    pub pid: Pid,
}

/// Starts processes from one thread that lives as long as the host does.
///
/// On Linux the kernel kills a child when the *thread* that started it ends (`PR_SET_PDEATHSIG`, prctl(2)), so threads of
/// the async runtime, which come and go, must not start any.
#[derive(Debug, Clone)]
pub struct Launcher {
    requests: std::sync::mpsc::Sender<(Launch, oneshot::Sender<io::Result<Process>>)>,
}

impl Launcher {
    /// Starts the launcher's thread. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start() -> io::Result<Self> {
        let (requests, inbox) = std::sync::mpsc::channel::<(Launch, oneshot::Sender<io::Result<Process>>)>();
        let runtime = Handle::current();
        thread::Builder::new().name("launcher".into()).spawn(move || {
            let _runtime = runtime.enter();
            for (launch, answer) in inbox {
                if let Err(Ok(mut process)) = answer.send(spawn(&launch)) {
                    // Nobody waits for it any more.
                    let _ = process.child.start_kill();
                }
            }
        })?;
        Ok(Self { requests })
    }

    /// Starts a process.
    ///
    /// # Errors
    /// The binary cannot be run, or the folder cannot be made.
    pub async fn launch(&self, launch: Launch) -> io::Result<Process> {
        let (answer, answered) = oneshot::channel();
        let gone = || io::Error::other("the launcher has stopped");
        self.requests.send((launch, answer)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

/// Lambda's limit of file descriptors per environment ("Lambda quotas").
const FILE_DESCRIPTORS: u64 = 1024;

fn spawn(launch: &Launch) -> io::Result<Process> {
    std::fs::create_dir_all(&launch.folder)?;
    let mut command = Command::new(&launch.bootstrap);
    command
        .env_clear()
        .envs(&launch.variables)
        .current_dir(&launch.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own in the host's session: signals reach what the function starts, and if the host dies while the
        // group is stopped, the kernel's rule for orphaned groups (SIGHUP, then SIGCONT) ends it.
        .process_group(0);
    let memory = launch.memory;
    let host = std::process::id();
    #[allow(unsafe_code)]
    // SAFETY: between fork and exec the closure only makes system calls that are async-signal-safe and allocates nothing.
    unsafe {
        command.pre_exec(move || confine(memory, host));
    }
    let child = command.spawn()?;
    let pid = child.id().ok_or_else(|| io::Error::other("the process ended at once"))?;
    Ok(Process { child, pid: Pid::from_raw(pid.cast_signed()) })
}

/// Runs in the child before the function's binary.
fn confine(memory: u64, host: u32) -> io::Result<()> {
    umask(Mode::from_bits_truncate(0o077));
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    setrlimit(Resource::RLIMIT_NOFILE, FILE_DESCRIPTORS, FILE_DESCRIPTORS)?;
    #[cfg(target_os = "linux")]
    {
        // RLIMIT_DATA counts what can be written to. RLIMIT_AS would count address space that malloc only reserves, 64 MB a
        // thread, and end a small function by chance (getrlimit(2), mallopt(3)).
        setrlimit(Resource::RLIMIT_DATA, memory, memory)?;
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
        // The host may have died between fork and the call above.
        if nix::unistd::getppid().as_raw().cast_unsigned() != host {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (memory, host);
    Ok(())
}

/// Freezes the process group. A group that is gone already is no error.
pub fn freeze(pid: Pid) {
    let _ = killpg(pid, Signal::SIGSTOP);
}

/// Thaws the process group.
pub fn thaw(pid: Pid) {
    let _ = killpg(pid, Signal::SIGCONT);
}

/// Ends the process group at once; works on a frozen one too.
pub fn kill(pid: Pid) {
    let _ = killpg(pid, Signal::SIGKILL);
}

/// CPU time the process has used, or `None` where this system does not tell (or the process is gone).
pub fn cpu_time(pid: Pid) -> Option<Duration> {
    #[cfg(target_os = "linux")]
    {
        let clock = nix::time::ClockId::pid_cpu_clock_id(pid).ok()?;
        clock.now().ok().map(Duration::from)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = pid;
        None
    }
}

/// Memory of a process, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// What it holds now.
    pub now: u64,
    /// The most it has held.
    pub peak: u64,
}

/// What a process holds in memory (`VmRSS` and `VmHWM` of proc_pid_status(5)); `None` where the system does not tell.
pub fn memory(pid: Pid) -> Option<Memory> {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status")).ok()?;
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
    };
    Some(Memory { now: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
}
