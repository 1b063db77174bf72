//! The program under test and a book to publish.
//! Knows `deploy`'s command line.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Output, Stdio};

use tempfile::TempDir;
use tokio::process::{Child, Command};

pub const SECRET: &str = "the-secret-key-nobody-may-see";

/// `deploy publish` with these arguments, talking to `server` alone.
pub fn command(root: &Path, server: SocketAddr, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deploy"));
    command.args(["--root", root.to_str().unwrap(), "publish"]).args(arguments);
    command.env_clear();
    command.env("AWS_ENDPOINT_URL", format!("http://{server}"));
    command.env("AWS_ACCESS_KEY_ID", "publisher1").env("AWS_SECRET_ACCESS_KEY", SECRET);
    command.env("AWS_REGION", "us-east-1").env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", root);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

pub async fn run(root: &Path, server: SocketAddr, arguments: &[&str]) -> Output {
    command(root, server, arguments).output().await.unwrap()
}

pub fn start(root: &Path, server: SocketAddr, arguments: &[&str]) -> Child {
    command(root, server, arguments).spawn().unwrap()
}

/// What it printed, after a success.
pub fn printed(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(err.is_empty(), "nobody watches: no progress is drawn: {err}");
    out.into_owned()
}

/// What it complained of, after a failure.
pub fn complaint(output: &Output) -> String {
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!err.contains(SECRET), "{err}");
    err
}

/// A folder with a book of these files.
pub fn book(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), files);
    root
}

/// Replaces the whole book.
pub fn write(root: &Path, files: &[(&str, &str)]) {
    let folder = root.join("book/book");
    let _ = std::fs::remove_dir_all(&folder);
    for (name, content) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}
