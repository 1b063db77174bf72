//! Starts one process with everything it may not do, and speaks to its group by signals, because freezing and ending need the kernel.
//! Knows processes only: no functions, no Runtime API. The one module, with its submodule, that may hold unsafe code.

#[cfg(target_os = "linux")]
mod spawn;
#[cfg(not(target_os = "linux"))]
#[path = "process/spawn_portable.rs"]
mod spawn;

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, killpg};
use nix::sys::stat::{Mode, umask};
use nix::unistd::Pid;

pub use spawn::Child;

/// What to start.
#[derive(Debug)]
pub struct Launch {
    /// The function's binary or script.
    pub bootstrap: PathBuf,
    /// The whole environment: nothing of the host's own is passed on.
    pub variables: BTreeMap<String, String>,
    /// A private working folder, also its `TMPDIR`; made here, for nobody else to read.
    pub folder: PathBuf,
    /// The most memory the process may have for itself, in bytes: `MemorySize`.
    pub memory: u64,
    /// The CPU time after which the kernel ends the process, whatever becomes of the host.
    pub cpu: Duration,
}

/// Lambda's limit of file descriptors per environment ("Lambda quotas").
const FILE_DESCRIPTORS: u64 = 1024;
/// Lambda's limit of processes and threads per environment ("Lambda quotas").
const PROCESSES: u64 = 1024;

/// The limits, worked out before the fork.
#[derive(Debug, Clone, Copy)]
struct Limits {
    memory: u64,
    cpu: u64,
    processes: Option<u64>,
    host: u32,
}

impl Limits {
    fn of(launch: &Launch) -> Self {
        Self {
            memory: launch.memory,
            cpu: launch.cpu.as_secs().max(1),
            processes: processes(),
            host: std::process::id(),
        }
    }
}

/// Starts a process that leads a group of its own. Must be called by a thread that lives as long as the host (see
/// `PR_SET_PDEATHSIG`, prctl(2): the kernel ends the child when the *thread* that started it ends) and inside a runtime.
///
/// # Errors
/// The binary cannot be run, or the folder cannot be made.
pub fn spawn(launch: &Launch) -> io::Result<Child> {
    DirBuilder::new().recursive(true).mode(0o700).create(&launch.folder)?;
    Child::start(launch)
}

/// The kernel counts a user's processes and threads, not an environment's: what runs already, whoever started it, comes on top
/// of what the environment may have (getrlimit(2); the count is in proc_loadavg(5)). `None` where the system does not tell.
fn processes() -> Option<u64> {
    let loads = std::fs::read_to_string("/proc/loadavg").ok()?;
    let (_, all) = loads.split(' ').nth(3)?.split_once('/')?;
    Some(all.parse::<u64>().ok()? + PROCESSES)
}

/// Runs in the child before the function's binary: system calls only.
fn confine(limits: Limits) -> nix::Result<()> {
    umask(Mode::from_bits_truncate(0o077));
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    setrlimit(Resource::RLIMIT_NOFILE, FILE_DESCRIPTORS, FILE_DESCRIPTORS)?;
    lower(Resource::RLIMIT_CPU, limits.cpu)?;
    if let Some(processes) = limits.processes {
        lower(Resource::RLIMIT_NPROC, processes)?;
    }
    #[cfg(target_os = "linux")]
    {
        // RLIMIT_DATA counts what can be written to. RLIMIT_AS would count address space that malloc only reserves, 64 MB a
        // thread, and end a small function by chance (getrlimit(2), mallopt(3)).
        setrlimit(Resource::RLIMIT_DATA, limits.memory, limits.memory)?;
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
        // The host may have died between fork and the call above.
        if nix::unistd::getppid().as_raw().cast_unsigned() != limits.host {
            return Err(nix::errno::Errno::EPIPE);
        }
    }
    Ok(())
}

/// Sets the limit that counts and leaves its bound, so that the host can set it again.
fn lower(resource: Resource, limit: u64) -> nix::Result<()> {
    let (_, most) = getrlimit(resource)?;
    setrlimit(resource, limit.min(most), most)
}

/// Lets the process use `more` CPU time from now on before the kernel ends it. A process that is gone already is no error.
pub fn allow_cpu(pid: Pid, more: Duration) {
    #[cfg(target_os = "linux")]
    {
        let Some(used) = cpu_time(pid) else { return };
        use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
        // The bound is the host's own still.
        let Rlimit { maximum, .. } = getrlimit(Resource::Cpu);
        let limit = Rlimit { current: Some((used + more).as_secs() + 1), maximum };
        let _ = prlimit(Pid::from_raw(pid.as_raw()), Resource::Cpu, limit);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (pid, more);
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_cpu_time_can_be_moved() {
        let mut process = std::process::Command::new("/bin/sleep").arg("60").spawn().unwrap();
        let pid = Pid::from_raw(process.id().cast_signed());
        let limit = || {
            let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
            let line = limits.lines().find_map(|line| line.strip_prefix("Max cpu time")).unwrap().to_owned();
            line.split_whitespace().next().unwrap().to_owned()
        };
        for seconds in [5, 3, 9] {
            allow_cpu(pid, Duration::from_secs(seconds));
            assert_eq!(limit(), (seconds + 1).to_string());
        }
        let memory = memory(pid).unwrap();
        assert!(0 < memory.now && memory.now <= memory.peak);
        process.kill().unwrap();
        process.wait().unwrap();
        allow_cpu(pid, Duration::from_secs(5));
    }
}
