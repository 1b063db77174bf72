//! Tells which process is at the other end of a loopback connection.
//! Reads the kernel's tables (proc_pid_net(5), proc_pid_fd(5)); where there are none, nobody can tell.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use nix::unistd::Pid;

/// Whose connection it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A process of the group.
    Group,
    /// Another process, or none any more.
    Other,
    /// The system does not tell.
    Unknown,
}

/// Whether the connection from `from`, accepted at `here`, belongs to a process of `group`.
pub fn owner(from: SocketAddr, here: SocketAddr, group: Pid) -> Owner {
    let Ok(table) = fs::read_to_string("/proc/net/tcp") else { return Owner::Unknown };
    let Some(inode) = socket(&table, from, here) else { return Owner::Other };
    let link = format!("socket:[{inode}]");
    // The leader first: it is the one nearly always.
    let members = std::iter::once(group.as_raw()).chain(members(group.as_raw()));
    if members.into_iter().any(|pid| holds(pid, &link)) { Owner::Group } else { Owner::Other }
}

/// The inode of the socket at the other end.
fn socket(table: &str, from: SocketAddr, here: SocketAddr) -> Option<&str> {
    let (from, here) = (written(from)?, written(here)?);
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let ends = (fields.next()?, fields.next()?);
        (ends == (from.as_str(), here.as_str())).then(|| fields.nth(6))?
    })
}

/// An address as the table has it: the four bytes as the machine reads them, in hexadecimal, and the port.
fn written(address: SocketAddr) -> Option<String> {
    let SocketAddr::V4(address) = address else { return None };
    Some(format!("{:08X}:{:04X}", u32::from_ne_bytes(address.ip().octets()), address.port()))
}

fn members(group: i32) -> Vec<i32> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| group_of(*pid) == Some(group)).collect()
}

/// Field 5 of "pid (name) state parent group …" (proc_pid_stat(5)).
fn group_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(2)?.parse().ok()
}

fn holds(pid: i32, link: &str) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|target| target == Path::new(link)))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use nix::unistd::{getpgrp, getpid};

    use super::*;

    #[test]
    fn a_connection_belongs_to_the_group_of_who_opened_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let here = listener.local_addr().unwrap();
        let connection = TcpStream::connect(here).unwrap();
        let from = connection.local_addr().unwrap();
        assert_eq!(owner(from, here, getpgrp()), Owner::Group);
        assert_eq!(owner(from, here, getpid()), Owner::Group, "the leader is looked at first");
        let mut other = std::process::Command::new("/bin/sleep").arg("60").spawn().unwrap();
        assert_eq!(owner(from, here, Pid::from_raw(other.id().cast_signed())), Owner::Other);
        other.kill().unwrap();
        other.wait().unwrap();
        assert_eq!(owner(here, from, getpgrp()), Owner::Other, "not accepted yet");
    }
}
