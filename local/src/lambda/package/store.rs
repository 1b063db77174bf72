//! The compiled functions that were handed over: one folder per function and content, never changed once written.
//! Knows files and times only.
//!
//! `STORE/<function>/<hash>/bootstrap` is the binary; `STORE/<function>/current` names the newest hash, and its
//! modification time is the moment at which the build that confirmed it began.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

/// The newest and the one before it, which may still be starting somewhere.
const KEPT: usize = 2;

/// A finished binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The cargo package.
    pub package: String,
    /// The executable, named as Lambda's `provided` runtimes name it. The file is never changed afterwards.
    pub bootstrap: PathBuf,
    /// Its content: the first 16 hexadecimal digits of SHA-256.
    pub hash: String,
}

/// The folder of finished binaries.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// A store below `folder`, which need not exist yet.
    pub fn new(folder: PathBuf) -> Store {
        Store { folder }
    }

    /// The binary of an earlier run, if nothing in `sources` has changed since its build began.
    pub fn unchanged(&self, package: &str, sources: &[PathBuf]) -> Option<Built> {
        let confirmed = fs::metadata(self.stamp(package)).and_then(|metadata| metadata.modified()).ok()?;
        let hash = self.newest_hash(package)?;
        let bootstrap = self.bootstrap(package, &hash);
        (bootstrap.is_file() && newest(sources)? < confirmed).then(|| Built {
            package: package.to_owned(),
            bootstrap,
            hash,
        })
    }

    /// Takes over what cargo has built. `began` is when that build began.
    ///
    /// # Errors
    /// The binary cannot be read or the store not written to.
    pub fn add(&self, package: &str, executable: &Path, began: SystemTime) -> Result<Built> {
        let context = || format!("함수 {package}의 실행 파일을 {}에 두지 못했다", self.folder.display());
        let made = made(executable).with_context(context)?;
        let hash =
            match self.newest_hash(package).filter(|hash| is_made(&self.bootstrap(package, hash), made)) {
                Some(hash) => hash,
                None => self.take(package, executable, made).with_context(context)?,
            };
        let bootstrap = self.bootstrap(package, &hash);
        self.confirm(package, &hash, began).with_context(context)?;
        Ok(Built { package: package.to_owned(), bootstrap, hash })
    }

    /// Removes all but the newest versions of a function.
    pub fn prune(&self, package: &str) {
        let folders = fs::read_dir(self.folder.join(package)).into_iter().flatten().flatten();
        let mut versions: Vec<(SystemTime, PathBuf)> = folders
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        versions.sort();
        versions.reverse();
        for (_, old) in versions.into_iter().skip(KEPT) {
            // A running process keeps its file until it ends; what fails now succeeds next time.
            let _ = fs::remove_dir_all(old);
        }
    }

    /// The hash that `current` names.
    fn newest_hash(&self, package: &str) -> Option<String> {
        let hash = fs::read_to_string(self.stamp(package)).ok()?.trim().to_owned();
        (hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(hash)
    }

    fn take(&self, package: &str, executable: &Path, made: Made) -> io::Result<String> {
        let hash = hash_of(executable)?;
        let bootstrap = self.bootstrap(package, &hash);
        if !bootstrap.is_file() {
            let version = self.folder.join(package).join(&hash);
            fs::create_dir_all(&version)?;
            // A copy, because cargo's linker may write into the file it made; renamed, so that it appears whole.
            let beside = version.join("bootstrap.part");
            fs::copy(executable, &beside)?;
            fs::rename(&beside, &bootstrap)?;
        }
        // Tells next time that this is cargo's file without reading it.
        File::open(&bootstrap)?.set_modified(made.0)?;
        Ok(hash)
    }

    fn confirm(&self, package: &str, hash: &str, began: SystemTime) -> io::Result<()> {
        let beside = self.folder.join(package).join("current.part");
        fs::write(&beside, hash)?;
        File::options().write(true).open(&beside)?.set_modified(began)?;
        fs::rename(&beside, self.stamp(package))?;
        // The version in use is the newest one, also when an edit was taken back.
        File::open(self.folder.join(package).join(hash))?.set_modified(SystemTime::now())
    }

    fn stamp(&self, package: &str) -> PathBuf {
        self.folder.join(package).join("current")
    }

    fn bootstrap(&self, package: &str, hash: &str) -> PathBuf {
        self.folder.join(package).join(hash).join("bootstrap")
    }
}

/// When a file was last written, and its length in bytes.
type Made = (SystemTime, u64);

fn made(file: &Path) -> io::Result<Made> {
    let metadata = fs::metadata(file)?;
    Ok((metadata.modified()?, metadata.len()))
}

fn is_made(file: &Path, expected: Made) -> bool {
    made(file).is_ok_and(|made| made == expected)
}

fn hash_of(file: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut file = File::open(file)?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match io::Read::read(&mut file, &mut buffer)? {
            0 => break,
            read => hasher.update(&buffer[..read]),
        }
    }
    Ok(hasher.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The newest modification below `sources`, folders included: they change when a file in them is removed.
/// A source that does not exist does not count; `None` when a time cannot be read or nothing is there.
fn newest(sources: &[PathBuf]) -> Option<SystemTime> {
    let mut newest = None;
    for source in sources.iter().filter(|source| source.exists()) {
        let is_source = |name: &OsStr| name != "target" && name != ".git";
        for entry in WalkDir::new(source).into_iter().filter_entry(|entry| is_source(entry.file_name())) {
            newest = newest.max(Some(entry.ok()?.metadata().ok()?.modified().ok()?));
        }
    }
    newest
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    struct Fixture {
        folder: tempfile::TempDir,
        store: Store,
    }

    impl Fixture {
        fn new() -> Fixture {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::new(folder.path().join("store"));
            Fixture { folder, store }
        }

        fn file(&self, name: &str, text: &str) -> PathBuf {
            let path = self.folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        }
    }

    #[test]
    fn a_binary_is_kept_whole_and_found_again() {
        let fixture = Fixture::new();
        let (exe, source) = (fixture.file("exe", "one"), fixture.file("main.rs", ""));
        let now = SystemTime::now() + Duration::from_secs(1);
        let built = fixture.store.add("users", &exe, now).unwrap();
        fs::write(&exe, "two").unwrap();
        assert_eq!(fs::read_to_string(&built.bootstrap).unwrap(), "one");
        assert!(built.bootstrap.ends_with(format!("users/{}/bootstrap", built.hash)));
        assert_eq!(fixture.store.unchanged("users", std::slice::from_ref(&source)), Some(built));
        assert_eq!(fixture.store.unchanged("cold-start", &[source]), None);
    }

    #[test]
    fn a_file_that_cargo_left_alone_is_not_read_again() {
        let fixture = Fixture::new();
        let exe = fixture.file("exe", "one");
        let first = fixture.store.add("users", &exe, SystemTime::now()).unwrap();
        let (time, _) = made(&exe).unwrap();
        // Other bytes of the same length and time stand for a file whose reading would be noticed.
        fs::write(&exe, "two").unwrap();
        File::options().write(true).open(&exe).unwrap().set_modified(time).unwrap();
        assert_eq!(fixture.store.add("users", &exe, SystemTime::now()).unwrap(), first);
        File::options()
            .write(true)
            .open(&exe)
            .unwrap()
            .set_modified(time + Duration::from_millis(1))
            .unwrap();
        let second = fixture.store.add("users", &exe, SystemTime::now()).unwrap();
        assert_ne!(second, first);
        assert_eq!(fs::read_to_string(second.bootstrap).unwrap(), "two");
    }

    #[test]
    fn a_newer_source_or_a_lost_binary_means_building() {
        let fixture = Fixture::new();
        let (exe, source) = (fixture.file("exe", "one"), fixture.file("main.rs", ""));
        let began = fs::metadata(&source).unwrap().modified().unwrap();
        fixture.store.add("users", &exe, began).unwrap();
        // Saved in the very moment the build began: it may have been read before.
        assert_eq!(fixture.store.unchanged("users", std::slice::from_ref(&source)), None);
        let built = fixture.store.add("users", &exe, began + Duration::from_secs(1)).unwrap();
        assert!(fixture.store.unchanged("users", &[source.clone(), PathBuf::from("/nowhere")]).is_some());
        fs::remove_file(built.bootstrap).unwrap();
        assert_eq!(fixture.store.unchanged("users", &[source]), None);
    }

    #[test]
    fn the_last_two_versions_stay() {
        let fixture = Fixture::new();
        let mut hashes = Vec::new();
        for text in ["one", "two", "three", "one"] {
            let exe = fixture.file("exe", text);
            hashes.push(fixture.store.add("users", &exe, SystemTime::now()).unwrap().hash);
            // File systems may store times in whole milliseconds or worse: set them apart.
            let version = fixture.folder.path().join("store/users").join(&hashes[hashes.len() - 1]);
            let age = Duration::from_secs(100 - 10 * hashes.len() as u64);
            File::open(version).unwrap().set_modified(SystemTime::now() - age).unwrap();
        }
        fixture.store.prune("users");
        let kept = |hash: &str| fixture.folder.path().join("store/users").join(hash).is_dir();
        assert_eq!((kept(&hashes[0]), kept(&hashes[1]), kept(&hashes[2])), (true, false, true));
    }
}
