//! A small process beside the host that ends the environments if the host dies, however it dies.
//! Knows process groups only.
//!
//! The kernel ends a function's own process with the host where it can (Linux), and a stopped group is ended when it is orphaned.
//! Neither reaches what a function has started itself and is not stopped, nor a running function on macOS.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use nix::unistd::Pid;

/// Reads `+ group` and `- group` and, when the host's end of the pipe closes, ends the groups that are left.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM
groups=' '
while read -r sign group; do
    case $sign in
        +) groups="$groups$group " ;;
        -) groups="${groups%% $group *} ${groups#* $group }" ;;
    esac
done
for group in $groups; do
    kill -s KILL -- "-$group"
done 2>/dev/null
"#;

/// The host's end of the guardian.
#[derive(Debug)]
pub struct Guardian {
    process: Mutex<Child>,
}

impl Guardian {
    /// Starts it.
    ///
    /// # Errors
    /// There is no shell.
    pub fn start() -> io::Result<Self> {
        let process = Command::new("/bin/sh")
            .args(["-c", SCRIPT])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl+C in the host's terminal is not meant for it.
            .process_group(0)
            .spawn()?;
        Ok(Self { process: Mutex::new(process) })
    }

    /// This group must not outlive the host.
    pub fn watch(&self, group: Pid) {
        self.tell('+', group);
    }

    /// This group has ended.
    pub fn forget(&self, group: Pid) {
        self.tell('-', group);
    }

    fn tell(&self, sign: char, group: Pid) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        // Should somebody have ended the guardian, the kernel's own rules are left.
        if let Some(pipe) = &mut process.stdin {
            let _ = pipe.write_all(format!("{sign} {group}\n").as_bytes());
        }
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        let process = self.process.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(process.stdin.take());
        let _ = process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_are_left_end_with_the_host_and_forgotten_ones_do_not() {
        let sleeper = || Command::new("/bin/sleep").arg("60").process_group(0).spawn().unwrap();
        let group = |child: &Child| Pid::from_raw(child.id().cast_signed());
        let mut sleepers = [sleeper(), sleeper(), sleeper()];
        let guardian = Guardian::start().unwrap();
        sleepers.iter().for_each(|child| guardian.watch(group(child)));
        guardian.forget(group(&sleepers[1]));
        drop(guardian);
        let [first, second, third] = &mut sleepers;
        assert!(!first.wait().unwrap().success() && !third.wait().unwrap().success());
        assert!(second.try_wait().unwrap().is_none());
        second.kill().unwrap();
        second.wait().unwrap();
    }
}
