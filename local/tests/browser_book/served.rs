//! The book, built once for all tests and served by the real site; and the whole program where functions must run.
//! Knows the crate under test and nothing of the pages.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use local::site::Site;
use local::site::build::build_once;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use webdriver::{Driver, Session};

pub const LIMIT: Duration = Duration::from_secs(30);
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
pub const THEMES: [&str; 5] = ["light", "rust", "coal", "navy", "ayu"];

/// The book as `cargo run` serves it, without functions.
pub struct Book {
    pub url: String,
    /// What was built, as it would be published.
    pub folder: PathBuf,
    _runtime: Runtime,
    _changes: watch::Sender<u64>,
}

pub static BOOK: LazyLock<Book> = LazyLock::new(|| {
    let home = home();
    let (folder, scratch) = (home.join("book"), home.join("scratch"));
    let book = Path::new(ROOT).join("book");
    build_once(&book, Some(&folder)).unwrap();
    let runtime = Runtime::new().unwrap();
    let (changes, seen) = watch::channel(0);
    let site = Site::new(book, scratch, watch::channel(Vec::new()).1);
    let url = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = site.router(port);
        tokio::spawn(async move { axum::serve(listener, router).await });
        tokio::spawn(async move { site.run(seen).await });
        format!("http://127.0.0.1:{port}")
    });
    Book { url, folder, _runtime: runtime, _changes: changes }
});

/// A folder of this run's own. Nobody drops a static, so what earlier runs have left is removed first.
fn home() -> PathBuf {
    let runs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser-book");
    for run in std::fs::read_dir(&runs).into_iter().flatten().flatten() {
        let pid = run.file_name().to_string_lossy().parse().map(Pid::from_raw);
        if pid.is_ok_and(|pid| kill(pid, None).is_err()) {
            let _ = std::fs::remove_dir_all(run.path());
        }
    }
    let own = runs.join(std::process::id().to_string());
    std::fs::create_dir_all(&own).unwrap();
    own
}

impl Book {
    /// Every page a reader can open, the page for missing ones included; neither the print page nor the one that leads back from
    /// signing in.
    pub fn pages(&self) -> Vec<String> {
        let files = std::fs::read_dir(&self.folder).unwrap().map(Result::unwrap);
        let names = files.map(|file| file.file_name().into_string().unwrap());
        let mut pages: Vec<_> = names
            .filter(|name| name.ends_with(".html"))
            .filter(|name| !["print.html", "toc.html", "signed-in.html"].contains(&name.as_str()))
            .collect();
        pages.sort();
        assert!(pages.len() > 5 && pages.contains(&"404.html".to_owned()), "{pages:?}");
        pages
    }

    /// Chapters by the number of blocks a reader can run, most first.
    pub fn by_blocks(&self) -> Vec<(usize, String)> {
        let blocks = |page: String| {
            let html = std::fs::read_to_string(self.folder.join(&page)).unwrap();
            (html.matches("<live-request").count(), page)
        };
        let mut pages: Vec<_> = self.pages().into_iter().map(blocks).collect();
        pages.sort_by(|a, b| b.cmp(a));
        pages
    }
}

/// Held for writing by tests that time the page: no other browser runs beside them.
static MACHINE: RwLock<()> = RwLock::new(());

pub fn in_browser(test: impl FnOnce(&Session<'_>)) {
    let _beside_others = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    in_a_browser(test);
}

/// For tests that time what they see: no other browser of this program runs meanwhile.
pub fn alone_in_browser(test: impl FnOnce(&Session<'_>)) {
    let _alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
    in_a_browser(test);
}

fn in_a_browser(test: impl FnOnce(&Session<'_>)) {
    if webdriver::skip_browser() {
        return;
    }
    let driver = Driver::start().unwrap();
    test(&driver.session().unwrap());
}

/// Opens a page as somebody who has never been here, and waits until all scripts have run.
pub fn fresh(page: &Session<'_>, url: &str) {
    page.goto(url).unwrap();
    page.script("localStorage.clear(); sessionStorage.clear()", &[]).unwrap();
    page.goto("about:blank").unwrap();
    page.goto(url).unwrap();
    page.wait_until("document.querySelector('mdbook-sidebar-scrollbox a')", LIMIT).unwrap();
}

/// Presses a button as a mouse does, away from the bar at the top of the window.
pub fn press(page: &Session<'_>, css: &str) {
    let center =
        "document.querySelector(arguments[0]).scrollIntoView({ block: 'center', behavior: 'instant' })";
    page.script(center, &[css.into()]).unwrap();
    page.click(css).unwrap();
}

pub fn theme(page: &Session<'_>, name: &str) {
    let choose = "document.getElementById('mdbook-theme-' + arguments[0]).click()";
    page.script(choose, &[name.into()]).unwrap();
    // Colours change over a moment; what is measured is the end of it.
    let still = format!(
        "document.documentElement.classList.contains('{name}') && document.getAnimations().every(one => one.playState !== 'running')
            && [...document.querySelectorAll('link[rel=stylesheet]')].every(one => one.disabled || one.sheet)"
    );
    page.wait_until(&still, LIMIT).unwrap();
}

/// `values` as a list of texts.
pub fn texts(values: &Value) -> Vec<String> {
    values.as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

/// The whole program with its functions, ended when dropped.
pub struct Program {
    child: Child,
    pub url: String,
}

impl Program {
    pub fn start(arguments: &[&str]) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_local"))
            .args(["serve", "--port", "0", "--memory"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.find_map(|line| line.unwrap().strip_prefix("책").map(|url| url.trim().to_owned()));
        std::thread::spawn(move || lines.for_each(drop));
        let url = url.unwrap().trim_end_matches('/').to_owned();
        Program { child, url }
    }

    /// Waits until the function behind `path` is compiled; the first time takes minutes.
    pub fn live(self, path: &str) -> Program {
        let end = Instant::now() + Duration::from_secs(600);
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        loop {
            let answer = agent.get(format!("{}{path}", self.url)).call().unwrap();
            if !answer.headers().contains_key("x-local-state") {
                return self;
            }
            assert!(Instant::now() < end, "{path} never came to life");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let pid = Pid::from_raw(self.child.id().cast_signed());
        let _ = kill(pid, Signal::SIGTERM);
        let _ = self.child.wait();
    }
}

/// The built book in a folder of its own, made by the program with these environment variables.
pub fn built_with(variables: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_local"))
        .args(["build", "--dest-dir"])
        .arg(folder.path())
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let path = folder.path().to_owned();
    (folder, path)
}
