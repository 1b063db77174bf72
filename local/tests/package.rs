//! The packager with a real cargo on a small workspace without dependencies: what is handed over, when, and what a
//! person is told when a function does not compile.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use local::lambda::package::{Built, Options, Packager, State, Status};
use local::terminal::Terminal;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

const ONE: &str = "fixture-one";
const TWO: &str = "fixture-two";
const LONG: Duration = Duration::from_secs(120);

fn workspace(two: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
        std::fs::write(root.join(name), text).unwrap();
    };
    write(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"demos/one\", \"demos/two\"]\n\
         [profile.quick]\ninherits = \"dev\"\ndebug = false\n",
    );
    for (dir, name) in [("one", ONE), ("two", TWO)] {
        write(
            &format!("demos/{dir}/Cargo.toml"),
            &format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        );
    }
    write("demos/one/src/main.rs", "fn main() { println!(\"one\") }");
    write("demos/two/src/main.rs", two);
    folder
}

struct Running {
    status: watch::Receiver<Vec<Status>>,
    built: mpsc::UnboundedReceiver<Built>,
    changes: watch::Sender<u64>,
    task: JoinHandle<()>,
}

fn start(root: &Path, cargo_root: &Path) -> Running {
    let mut options = Options::new(
        root.to_owned(),
        vec![ONE.to_owned(), TWO.to_owned()],
        root.join("target/local/functions"),
    );
    options.root = cargo_root.to_owned();
    let packager = Packager::new(options, Terminal::default());
    let (deliver, built) = mpsc::unbounded_channel();
    let (changes, receiver) = watch::channel(0);
    let status = packager.status();
    let task = tokio::spawn(packager.run(receiver, move |one| deliver.send(one).unwrap()));
    Running { status, built, changes, task }
}

impl Running {
    async fn until(&mut self, reached: impl FnMut(&Vec<Status>) -> bool) -> Vec<Status> {
        timeout(LONG, self.status.wait_for(reached)).await.unwrap().unwrap().clone()
    }

    async fn next(&mut self) -> Built {
        timeout(LONG, self.built.recv()).await.unwrap().unwrap()
    }

    fn save(&self, file: PathBuf, text: &str) {
        std::fs::write(file, text).unwrap();
        self.changes.send_modify(|count| *count += 1);
    }
}

fn says(built: &Built) -> String {
    String::from_utf8(Command::new(&built.bootstrap).output().unwrap().stdout).unwrap()
}

#[tokio::test]
async fn binaries_are_handed_over_when_their_content_is_new() {
    let folder = workspace("fn main() { println!(\"two\") }");
    let source = folder.path().join("demos/two/src/main.rs");
    let mut first = start(folder.path(), folder.path());
    assert!(first.status.borrow().iter().all(|status| status.state == State::Waiting && !status.serving));
    let (one, two) = (first.next().await, first.next().await);
    assert_eq!((one.package.as_str(), says(&one).as_str()), (ONE, "one\n"));
    assert_eq!((two.package.as_str(), says(&two).as_str()), (TWO, "two\n"));
    first.until(|all| all.iter().all(|status| status.state == State::Live && status.serving)).await;

    // Only the function whose source was saved is replaced, and the old binary stays what it was.
    first.save(source.clone(), "fn main() { println!(\"zwei\") }");
    let newer = first.next().await;
    assert_eq!((newer.package.as_str(), says(&newer).as_str()), (TWO, "zwei\n"));
    assert_eq!(says(&two), "two\n");
    first.until(|all| all.iter().all(|status| status.state == State::Live)).await;
    first.task.abort();

    // A second start hands over what is unchanged before cargo is asked: here cargo cannot even start.
    let mut second = start(folder.path(), &folder.path().join("nowhere"));
    assert_eq!((second.next().await, second.next().await), (one.clone(), newer.clone()));
    second.until(|all| all.iter().all(|status| status.state == State::Failed && status.serving)).await;
    second.task.abort();

    // With cargo it finds nothing to do and hands over nothing more.
    let mut third = start(folder.path(), folder.path());
    assert_eq!((third.next().await, third.next().await), (one, newer.clone()));
    third.save(source.clone(), "fn main() { let x: u8 = \"\"; }");
    let failed = third.until(|all| all[1].state == State::Failed).await;
    let message = failed[1].message.as_deref().unwrap();
    assert!(
        message.contains("mismatched types") && message.contains("demos/two/src/main.rs:1:25"),
        "{message}"
    );
    assert!(failed[1].serving && failed[0].state == State::Live);

    // The edit is taken back: the same content is live again without being handed over.
    third.save(source, "fn main() { println!(\"zwei\") }");
    third.until(|all| all[1].state == State::Live && all[1].message.is_none()).await;
    assert!(third.built.try_recv().is_err());
    assert_eq!(says(&newer), "zwei\n");
}

#[tokio::test]
async fn stopping_ends_the_compilers() {
    let folder = workspace("fn main() {}");
    let note = folder.path().join("pid");
    std::fs::write(
        folder.path().join("demos/one/build.rs"),
        format!(
            "fn main() {{ std::fs::write({note:?}, std::process::id().to_string()).unwrap(); \
             std::thread::sleep(std::time::Duration::from_secs(600)); }}"
        ),
    )
    .unwrap();
    let running = start(folder.path(), folder.path());
    let pid = timeout(LONG, async {
        loop {
            if let Some(pid) = std::fs::read_to_string(&note).ok().and_then(|text| text.parse().ok()) {
                return Pid::from_raw(pid);
            }
            tokio::task::yield_now().await;
        }
    });
    let pid = pid.await.unwrap();
    assert!(kill(pid, None).is_ok());
    running.task.abort();
    let gone = timeout(LONG, async {
        while kill(pid, None).is_ok() {
            tokio::task::yield_now().await;
        }
    });
    gone.await.unwrap();
}

#[tokio::test]
async fn a_broken_manifest_is_reported_in_cargos_words() {
    let folder = workspace("fn main() {}");
    std::fs::write(folder.path().join("demos/two/Cargo.toml"), "[package]\nname = 7\n").unwrap();
    let mut running = start(folder.path(), folder.path());
    let failed = running.until(|all| all.iter().all(|status| status.state == State::Failed)).await;
    let message = failed[0].message.as_deref().unwrap();
    assert!(message.starts_with("error") && message.contains("demos/two/Cargo.toml"), "{message}");
    assert!(!failed[0].serving);
}
