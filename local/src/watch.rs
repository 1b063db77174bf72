//! Notices saved files and says which part of the project they concern: the book, the functions, the template.
//! Knows where sources lie; what to do about a change is decided by whoever listens.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use notify::event::{EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use walkdir::WalkDir;

/// Editors save in several steps and `git` changes many files: wait until nothing has happened for this long …
const QUIET: Duration = Duration::from_millis(60);
/// … but not longer than this while changes keep coming.
const LONGEST_BURST: Duration = Duration::from_millis(1000);

/// Where the sources are.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The project: its `Cargo.toml`, `Cargo.lock`, `template.yaml` and `samconfig.toml` lie here.
    pub root: PathBuf,
    /// The folder of `book.toml`.
    pub book: PathBuf,
    /// The folder of the functions' crates. Chapters quote them, so a change there is a change of the book too.
    pub functions: PathBuf,
}

/// Counters that grow with every noticed change.
#[derive(Debug, Clone)]
pub struct Changes {
    /// A chapter, the theme, or something that chapters quote.
    pub book: watch::Receiver<u64>,
    /// Something a function is compiled from.
    pub functions: watch::Receiver<u64>,
    /// `template.yaml` or `samconfig.toml`.
    pub template: watch::Receiver<u64>,
}

/// Watches as long as it lives.
#[derive(Debug)]
pub struct Watcher {
    _system: RecommendedWatcher,
}

impl Watcher {
    /// Starts watching.
    ///
    /// # Errors
    /// The operating system refuses, e.g. because too many files are watched already.
    pub fn start(sources: &Sources) -> Result<(Watcher, Changes)> {
        let places = Places::find(sources)?;
        let book = watch::Sender::new(0);
        let functions = watch::Sender::new(0);
        let template = watch::Sender::new(0);
        let changes = Changes {
            book: book.subscribe(),
            functions: functions.subscribe(),
            template: template.subscribe(),
        };

        let known = places.clone();
        let notice = move |event: notify::Result<Event>| {
            let touched = known.touched_by(event);
            for (is_touched, counter) in
                [(touched.book, &book), (touched.functions, &functions), (touched.template, &template)]
            {
                if is_touched {
                    counter.send_modify(|count| *count += 1);
                }
            }
        };
        let mut system = notify::recommended_watcher(notice).context("파일 변경을 지켜볼 수 없다")?;
        for (folder, mode) in places.folders() {
            system
                .watch(&folder, mode)
                .with_context(|| format!("파일 변경을 지켜볼 수 없다: {}", folder.display()))?;
        }
        Ok((Watcher { _system: system }, changes))
    }
}

/// Waits for a change and then for the end of its burst, so that one save makes one rebuild. `false`: nobody
/// will report changes any more.
pub async fn settled(changes: &mut watch::Receiver<u64>) -> bool {
    if changes.changed().await.is_err() {
        return false;
    }
    let end = Instant::now() + LONGEST_BURST;
    while let Ok(Ok(())) = timeout_at(end.min(Instant::now() + QUIET), changes.changed()).await {}
    true
}

/// Reading a file, or a new access time, changes nothing.
fn may_change_content(kind: &EventKind) -> bool {
    !matches!(kind, EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)))
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Touched {
    book: bool,
    functions: bool,
    template: bool,
}

#[derive(Debug, Clone)]
struct Places {
    root: PathBuf,
    book: PathBuf,
    /// Where mdBook writes to; a build must not cause a build.
    output: PathBuf,
    functions: PathBuf,
    /// Files elsewhere that links in the book lead to.
    linked: BTreeSet<PathBuf>,
}

impl Places {
    fn find(sources: &Sources) -> Result<Places> {
        let real = |path: &Path| {
            path.canonicalize().with_context(|| format!("지켜볼 폴더를 찾지 못했다: {}", path.display()))
        };
        let book = real(&sources.book)?;
        // `build_dir` of book.toml; a book.toml that cannot be read is reported by the build.
        let output = mdbook_driver::config::Config::from_disk(book.join("book.toml"))
            .map_or_else(|_| book.join("book"), |config| book.join(config.build.build_dir));
        let linked = WalkDir::new(&book)
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.path_is_symlink())
            .filter_map(|entry| entry.path().canonicalize().ok())
            .filter(|target| !target.starts_with(&book))
            .collect();
        // A project without functions of its own is a book all the same.
        let functions = sources.functions.canonicalize().unwrap_or_else(|_| sources.functions.clone());
        Ok(Places { root: real(&sources.root)?, book, output, functions, linked })
    }

    fn folders(&self) -> Vec<(PathBuf, RecursiveMode)> {
        let mut folders = vec![(self.book.clone(), RecursiveMode::Recursive)];
        if self.functions.is_dir() {
            folders.push((self.functions.clone(), RecursiveMode::Recursive));
        }
        // Not the files themselves: an editor replaces a file by a new one, and the watch would stay on the old.
        let mut single: BTreeSet<PathBuf> = BTreeSet::from([self.root.clone()]);
        for target in &self.linked {
            match target.parent() {
                _ if target.is_dir() => folders.push((target.clone(), RecursiveMode::Recursive)),
                Some(parent) => _ = single.insert(parent.to_owned()),
                None => {}
            }
        }
        single.retain(|folder| !folders.iter().any(|(watched, _)| folder.starts_with(watched)));
        folders.extend(single.into_iter().map(|folder| (folder, RecursiveMode::NonRecursive)));
        folders
    }

    fn touched_by(&self, event: notify::Result<Event>) -> Touched {
        let lost = Touched { book: true, functions: true, template: false };
        match event {
            // The system's queue ran over: anything may have changed.
            Err(_) => lost,
            Ok(event) if event.need_rescan() => lost,
            Ok(event) if !may_change_content(&event.kind) => Touched::default(),
            Ok(event) => {
                let mut touched = Touched::default();
                for path in &event.paths {
                    self.judge(path, &mut touched);
                }
                touched
            }
        }
    }

    fn judge(&self, path: &Path, touched: &mut Touched) {
        if path.starts_with(&self.output) || is_passing(path.strip_prefix(&self.root).unwrap_or(path)) {
            return;
        }
        if path.starts_with(&self.functions) {
            touched.functions = true;
            touched.book = true;
        }
        if path.starts_with(&self.book) || self.linked.iter().any(|target| path.starts_with(target)) {
            touched.book = true;
        }
        if path.parent() == Some(&self.root) {
            match path.file_name().and_then(|name| name.to_str()) {
                Some("Cargo.toml" | "Cargo.lock") => touched.functions = true,
                Some("template.yaml" | "samconfig.toml") => {
                    touched.template = true;
                    touched.book = true;
                }
                _ => {}
            }
        }
    }
}

/// Files that editors and tools put beside the real ones for a moment, and what is built.
fn is_passing(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let in_built = path.components().any(|part| matches!(part.as_os_str().to_str(), Some("target" | ".git")));
    in_built
        || name.starts_with('.')
        || name.starts_with('#')
        || name.ends_with('~')
        // vim asks with this name whether a folder can be written to.
        || name == "4913"
        || [".swp", ".swx", ".tmp", ".bak", "___jb_tmp___", "___jb_old___"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn project() -> (tempfile::TempDir, Sources) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for sub in ["book/src", "book/book", "demos/users/src", "assets"] {
            fs::create_dir_all(root.join(sub)).unwrap();
        }
        for (name, text) in
            [("book/book.toml", ""), ("README2.md", "x"), ("assets/live.js", "x"), ("assets/other", "x")]
        {
            fs::write(root.join(name), text).unwrap();
        }
        std::os::unix::fs::symlink("../../README2.md", root.join("book/src/README2.md")).unwrap();
        std::os::unix::fs::symlink("../assets/live.js", root.join("book/live.js")).unwrap();
        let sources = Sources { book: root.join("book"), functions: root.join("demos"), root };
        (folder, sources)
    }

    #[test]
    fn each_path_concerns_its_part() {
        let (_folder, sources) = project();
        let places = Places::find(&sources).unwrap();
        let judge = |path: &str| {
            let mut touched = Touched::default();
            places.judge(&sources.root.join(path), &mut touched);
            (touched.book, touched.functions, touched.template)
        };
        for (path, expected) in [
            ("book/src/a.md", (true, false, false)),
            ("book/theme/book.css", (true, false, false)),
            ("README2.md", (true, false, false)),
            ("assets/live.js", (true, false, false)),
            ("assets/other", (false, false, false)),
            ("README.md", (false, false, false)),
            ("demos/users/src/main.rs", (true, true, false)),
            ("Cargo.lock", (false, true, false)),
            ("template.yaml", (true, false, true)),
            ("book/book/index.html", (false, false, false)),
            ("demos/users/target/debug/x", (false, false, false)),
            ("book/src/.a.md.swp", (false, false, false)),
            ("book/src/a.md~", (false, false, false)),
            ("book/src/4913", (false, false, false)),
            ("book/src/#a.md#", (false, false, false)),
        ] {
            assert_eq!(judge(path), expected, "{path}");
        }
    }

    #[tokio::test]
    async fn a_saved_chapter_and_a_replaced_link_target_are_noticed() {
        let (_folder, sources) = project();
        let (_watcher, mut changes) = Watcher::start(&sources).unwrap();
        fs::write(sources.root.join("book/src/a.md"), "x").unwrap();
        assert!(settled(&mut changes.book).await);

        let (_watcher, mut changes) = Watcher::start(&sources).unwrap();
        // As an editor does it: write beside, then rename over the target of the link.
        fs::write(sources.root.join("README2.md.tmp"), "y").unwrap();
        fs::rename(sources.root.join("README2.md.tmp"), sources.root.join("README2.md")).unwrap();
        assert!(settled(&mut changes.book).await);
        assert!(!changes.functions.has_changed().unwrap());
    }

    #[tokio::test]
    async fn a_burst_is_one_change() {
        let (sender, mut receiver) = watch::channel(0);
        let burst = tokio::spawn(async move {
            for i in 1..=20 {
                sender.send_replace(i);
                tokio::task::yield_now().await;
            }
            sender
        });
        assert!(settled(&mut receiver).await);
        let sender = burst.await.unwrap();
        assert!(!receiver.has_changed().unwrap());
        drop(sender);
    }

    #[tokio::test]
    async fn the_end_of_watching_is_told() {
        let (sender, mut receiver) = watch::channel(0);
        drop(sender);
        assert!(!settled(&mut receiver).await);
    }
}
