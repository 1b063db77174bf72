//! Compiles the functions in the background and hands over each finished binary, as `sam build` and a deployment would.
//! Knows cargo and files; who runs the binaries, and how, is decided by whoever receives them.

mod cargo;
mod store;

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use indicatif::ProgressBar;
use serde::Serialize;
use tokio::sync::watch;

use crate::terminal::Terminal;
use crate::watch::settled;
use cargo::{Cargo, Progress};
use store::Store;

pub use store::Built;

/// How one function is doing. As JSON: `{"name", "state", "serving", "message"?, "progress"?}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The cargo package.
    pub name: String,
    /// What happens to its newest source.
    pub state: State,
    /// Whether a binary, maybe of an older source, has been handed over.
    pub serving: bool,
    /// With `failed`: the compiler's first error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// With `building`: crates done and crates in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<(usize, usize)>,
}

/// The states of a function's newest source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Its turn comes.
    Waiting,
    /// It is being compiled.
    Building,
    /// Its binary has been handed over.
    Live,
    /// It does not compile.
    Failed,
}

/// What is compiled, and where to.
#[derive(Debug, Clone)]
pub struct Options {
    /// The workspace.
    pub root: PathBuf,
    /// The functions in the order they are wanted; each package has a binary of its name.
    pub packages: Vec<String>,
    /// Whether they are compiled as they are deployed, rather than quickly.
    pub as_deployed: bool,
    /// What the functions are compiled from: folders and files. If none of it is newer than an earlier build, its
    /// binary is handed over before cargo is asked.
    pub sources: Vec<PathBuf>,
    /// Where finished binaries are kept.
    pub store: PathBuf,
}

impl Options {
    /// The functions in `root/demos`, compiled quickly, kept in `store`.
    pub fn new(root: PathBuf, packages: Vec<String>, store: PathBuf) -> Options {
        let sources = ["demos", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo"];
        let sources = sources.iter().map(|name| root.join(name)).collect();
        Options { root, packages, as_deployed: false, sources, store }
    }
}

/// Compiles functions one after the other.
#[derive(Debug)]
pub struct Packager {
    packages: Vec<String>,
    sources: Vec<PathBuf>,
    cargo: Cargo,
    store: Store,
    terminal: Terminal,
    status: watch::Sender<Vec<Status>>,
    delivered: Vec<Option<String>>,
}

impl Packager {
    /// A packager that has built nothing yet; all functions are waiting.
    pub fn new(options: Options, terminal: Terminal) -> Packager {
        let waiting = |name: &String| Status {
            name: name.clone(),
            state: State::Waiting,
            serving: false,
            message: None,
            progress: None,
        };
        // `deploy package` compiles each function by a call of its own: together, each would carry the features of the others.
        let (profile, together) = match options.as_deployed {
            true => ("lambda", Vec::new()),
            false => ("quick", options.packages.clone()),
        };
        Packager {
            status: watch::Sender::new(options.packages.iter().map(waiting).collect()),
            delivered: vec![None; options.packages.len()],
            cargo: Cargo::new(options.root, profile, together),
            store: Store::new(options.store),
            packages: options.packages,
            sources: options.sources,
            terminal,
        }
    }

    /// The states of all functions, in the order of the packages.
    pub fn status(&self) -> watch::Receiver<Vec<Status>> {
        self.status.subscribe()
    }

    /// Hands over unchanged binaries of an earlier run at once, then lets cargo judge and build, then again after
    /// every burst of `changes`. `deliver` gets a binary only when its content is new. Ends when the sender of
    /// `changes` is gone; dropping the future ends cargo.
    pub async fn run(mut self, mut changes: watch::Receiver<u64>, mut deliver: impl FnMut(Built) + Send) {
        for index in 0..self.packages.len() {
            if let Some(built) = self.store.unchanged(&self.packages[index], &self.sources) {
                self.hand_over(index, built, &mut deliver);
            }
        }
        loop {
            for index in 0..self.packages.len() {
                self.build(index, &mut deliver).await;
            }
            if !settled(&mut changes).await {
                return;
            }
        }
    }

    async fn build(&mut self, index: usize, deliver: &mut (impl FnMut(Built) + Send)) {
        let package = self.packages[index].clone();
        let (began, clock) = (SystemTime::now(), Instant::now());
        let mut attempt = Attempt { packager: self, index, all: 0, ready: 0, bar: None };
        if !attempt.is_serving() {
            attempt.show_start();
            attempt.all = attempt.packager.cargo.count_crates(&package).await.unwrap_or_default();
        }
        let cargo = attempt.packager.cargo.clone();
        let result = cargo.build(&package, |progress| attempt.show(progress)).await;
        attempt.end();
        let result = match result {
            Ok(executable) => self.keep(&package, executable, began).await,
            Err(message) => Err(message),
        };
        match result {
            Ok(built) if self.delivered[index].as_ref() == Some(&built.hash) => self.set_live(index),
            Ok(built) => {
                self.hand_over(index, built, deliver);
                tracing::info!("함수 {package}: 준비됨 ({})", seconds(clock.elapsed()));
            }
            Err(message) => {
                tracing::error!("함수 {package}: 컴파일 실패\n{message}");
                self.set(index, |status| {
                    status.state = State::Failed;
                    status.message = Some(message);
                });
            }
        }
    }

    async fn keep(&self, package: &str, executable: PathBuf, began: SystemTime) -> Result<Built, String> {
        let (store, package) = (self.store.clone(), package.to_owned());
        let kept = tokio::task::spawn_blocking(move || store.add(&package, &executable, began)).await;
        kept.map_err(|error| error.to_string())?.map_err(|error| format!("{error:#}"))
    }

    fn hand_over(&mut self, index: usize, built: Built, deliver: &mut impl FnMut(Built)) {
        self.delivered[index] = Some(built.hash.clone());
        deliver(built);
        self.store.prune(&self.packages[index]);
        self.set_live(index);
    }

    fn set_live(&self, index: usize) {
        self.set(index, |status| {
            status.state = State::Live;
            status.serving = true;
            status.message = None;
        });
    }

    fn set(&self, index: usize, change: impl FnOnce(&mut Status)) {
        self.status.send_if_modified(|all| {
            let Some(status) = all.get_mut(index) else { return false };
            let before = status.clone();
            status.progress = None;
            change(status);
            *status != before
        });
    }
}

/// One run of cargo as others see it. A function that already answers counts as building only once a compiler
/// has really started: mostly cargo finds nothing to do.
struct Attempt<'p> {
    packager: &'p Packager,
    index: usize,
    /// Crates in all; 0 when unknown.
    all: usize,
    /// Crates done.
    ready: usize,
    bar: Option<ProgressBar>,
}

impl Attempt<'_> {
    fn is_serving(&self) -> bool {
        self.packager.status.borrow().get(self.index).is_some_and(|status| status.serving)
    }

    fn show_start(&self) {
        self.packager.set(self.index, |status| {
            if status.state != State::Building {
                tracing::info!("함수 {}: 컴파일 시작", status.name);
            }
            status.state = State::Building;
            status.message = None;
        });
    }

    fn show(&mut self, progress: Progress) {
        match progress {
            Progress::Compiling(name) => {
                if self.bar.is_none() {
                    self.show_start();
                    let package = &self.packager.packages[self.index];
                    let bar = self.packager.terminal.bar(package, self.all as u64);
                    // What was fresh has been reported before.
                    bar.set_position(self.ready as u64);
                    self.bar = Some(bar);
                }
                if let Some(bar) = &self.bar {
                    bar.set_message(name);
                }
            }
            Progress::Ready(ready) if self.all > 0 => {
                self.ready = ready;
                if let Some(bar) = &self.bar {
                    bar.set_position(ready as u64);
                }
                let progress = (ready.min(self.all), self.all);
                self.packager.set(self.index, |status| status.progress = Some(progress));
            }
            Progress::Ready(_) => {}
        }
    }

    fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1}초", time.as_secs_f64())
}
