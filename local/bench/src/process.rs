//! What the kernel says of processes: their CPU time, memory, files and threads, and whose children they are.
//! Knows /proc (Linux) and process ids; nothing of what the processes do.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::time::ClockId;
use nix::unistd::Pid;

/// A process, for good: the number alone may be given to another one later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The process id.
    pub pid: i32,
    /// Clock ticks since boot at which it started.
    started: u64,
}

/// One look at a process's `stat` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which process.
    pub identity: Identity,
    /// The file name of its program, at most 15 bytes of it.
    pub program: String,
    /// `R` runs, `S` sleeps, `T` is stopped, `Z` has ended.
    pub state: char,
    parent: i32,
}

/// What a process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holdings {
    /// Resident memory, bytes, shared pages counted in full.
    pub resident: u64,
    /// Its proportional share of resident memory, bytes: shared pages are divided among those who share them.
    pub proportional: u64,
    /// Open file descriptors.
    pub files: u64,
    /// Threads.
    pub threads: u64,
}

fn folder(pid: i32) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

/// Looks at one process; `None` when it is gone.
pub fn see(pid: i32) -> Option<Seen> {
    // "pid (name) state parent …" (proc_pid_stat(5)); field 22 is the start time.
    let stat = fs::read_to_string(folder(pid).join("stat")).ok()?;
    let (program, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let started = fields.get(19)?.parse().ok()?;
    Some(Seen {
        identity: Identity { pid, started },
        program: program.to_owned(),
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
    })
}

/// All living processes.
fn all() -> impl Iterator<Item = Seen> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(see).filter(|seen| seen.state != 'Z')
}

/// The living children of a process.
pub fn children(parent: i32) -> Vec<Seen> {
    all().filter(|seen| seen.parent == parent).collect()
}

/// The living processes that a process started, and those they started.
pub fn descendants(ancestor: i32) -> Vec<Seen> {
    let all: Vec<Seen> = all().collect();
    let (mut found, mut parents) = (Vec::new(), vec![ancestor]);
    while let Some(parent) = parents.pop() {
        let own = all.iter().filter(|seen| seen.parent == parent);
        parents.extend(own.clone().map(|seen| seen.identity.pid));
        found.extend(own.cloned());
    }
    found
}

/// The living processes whose working folder has `part` in its path.
pub fn working_below(part: &str) -> Vec<Seen> {
    let is_below = |seen: &Seen| {
        let working = fs::read_link(folder(seen.identity.pid).join("cwd"));
        working.is_ok_and(|path| format!("{}/", path.to_string_lossy()).contains(part))
    };
    all().filter(is_below).collect()
}

/// Whether this very process still runs.
pub fn lives(identity: Identity) -> bool {
    see(identity.pid).is_some_and(|seen| seen.identity == identity && seen.state != 'Z')
}

/// A variable of a process's environment as it was started; `None` when it has none of this name.
pub fn variable(pid: i32, name: &str) -> Option<String> {
    let environment = fs::read(folder(pid).join("environ")).ok()?;
    let mut entries =
        environment.split(|byte| *byte == 0).filter_map(|entry| std::str::from_utf8(entry).ok());
    entries.find_map(|entry| entry.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

/// Ends a child of `parent` at once; false when it is not one, or not any more.
pub fn kill_child(parent: i32, child: Identity) -> bool {
    let is_it = see(child.pid).is_some_and(|seen| seen.identity == child && seen.parent == parent);
    is_it && kill(Pid::from_raw(child.pid), Signal::SIGKILL).is_ok()
}

/// CPU time used so far; `None` when the process is gone.
pub fn cpu_time(pid: i32) -> Option<Duration> {
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(pid)).ok()?;
    clock.now().ok().map(Duration::from)
}

/// How many processes have wanted a CPU in the last minute, as the kernel writes it; `None` where it does not tell.
pub fn load() -> Option<String> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next().map(str::to_owned)
}

/// What the process holds now; `None` when it is gone.
pub fn holdings(pid: i32) -> Option<Holdings> {
    let rollup = fs::read_to_string(folder(pid).join("smaps_rollup")).ok()?;
    let status = fs::read_to_string(folder(pid).join("status")).ok()?;
    Some(Holdings {
        resident: number(&rollup, "Rss:")? * 1024,
        proportional: number(&rollup, "Pss:")? * 1024,
        files: fs::read_dir(folder(pid).join("fd")).ok()?.count() as u64,
        threads: number(&status, "Threads:")?,
    })
}

/// The number behind a name at the start of a line.
fn number(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen_as_it_is() {
        let own = i32::try_from(std::process::id()).unwrap();
        let seen = see(own).unwrap();
        assert!(lives(seen.identity) && seen.state == 'R' || seen.state == 'S');
        assert!(!lives(Identity { started: seen.identity.started + 1, ..seen.identity }));
        let held = holdings(own).unwrap();
        assert!(held.resident >= held.proportional && held.proportional > 0);
        assert!(held.files >= 3 && held.threads >= 1);
        assert!(cpu_time(own).unwrap() > Duration::ZERO);
        assert!(variable(own, "PATH").is_some() && variable(own, "PAT").is_none());
        let here = std::env::current_dir().unwrap();
        assert!(working_below(&here.to_string_lossy()).iter().any(|seen| seen.identity.pid == own));
    }

    #[test]
    fn only_a_child_of_the_named_parent_is_ended() {
        let own = i32::try_from(std::process::id()).unwrap();
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let seen =
            children(own).into_iter().find(|seen| seen.identity.pid == child.id().cast_signed()).unwrap();
        assert!(!kill_child(1, seen.identity));
        assert!(lives(seen.identity));
        assert!(kill_child(own, seen.identity));
        child.wait().unwrap();
        assert!(!lives(seen.identity) && !kill_child(own, seen.identity));
    }
}
