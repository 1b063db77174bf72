//! Where the data lies, who may open it, and the stack id that belongs to it.
//! Knows files and one lock; knows nothing of tables.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use template::{ACCOUNT, REGION};

/// Where data is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// Nowhere: it is gone with the process.
    Memory,
    /// In a file in this folder.
    Folder(PathBuf),
}

/// Opened data: holds the lock as long as it lives.
#[derive(Debug)]
pub struct Data {
    file: Option<PathBuf>,
    stack_id: String,
    _lock: Option<File>,
}

const FILE: &str = "dynamodb.sqlite";
const STACK: &str = "stack-id";
const LOCK: &str = "lock";

impl Data {
    /// Takes the lock and reads, or makes, the stack id.
    ///
    /// The stack id keys the namespaces of readers, as `AWS::StackId` does on AWS; with a new one all items would be
    /// somebody else's, so it is kept beside the data.
    ///
    /// # Errors
    /// Another process has the data open (the message says which), or the folder cannot be written.
    pub fn open(storage: &Storage) -> Result<Self> {
        let Storage::Folder(folder) = storage else {
            return Ok(Self { file: None, stack_id: new_stack_id(), _lock: None });
        };
        std::fs::create_dir_all(folder)
            .with_context(|| format!("폴더를 만들지 못했다: {}", folder.display()))?;
        let lock = lock(&folder.join(LOCK))?;
        let path = folder.join(STACK);
        let stack_id = match std::fs::read_to_string(&path) {
            Ok(text) if text.starts_with("arn:") => text.trim().to_owned(),
            _ => {
                let id = new_stack_id();
                std::fs::write(&path, &id).with_context(|| format!("쓰지 못했다: {}", path.display()))?;
                id
            }
        };
        Ok(Self { file: Some(folder.join(FILE)), stack_id, _lock: Some(lock) })
    }

    /// The database file; `None` for data in memory.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What `AWS::StackId` is here.
    pub fn stack_id(&self) -> &str {
        &self.stack_id
    }

    /// Moves a file that cannot be used out of the way, with SQLite's side files, and says where it is now.
    ///
    /// # Errors
    /// It cannot be renamed.
    pub(super) fn set_aside(&self) -> Result<PathBuf> {
        let Some(file) = &self.file else { bail!("data in memory has no file") };
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let named = |suffix: &str| {
            let mut name = file.clone().into_os_string();
            name.push(suffix);
            PathBuf::from(name)
        };
        let broken = format!(".broken-{seconds}");
        for side in ["-wal", "-shm"] {
            if named(side).exists() {
                std::fs::rename(named(side), named(&format!("{broken}{side}")))?;
            }
        }
        let aside = named(&broken);
        std::fs::rename(file, &aside).with_context(|| format!("옮기지 못했다: {}", file.display()))?;
        Ok(aside)
    }
}

fn new_stack_id() -> String {
    let id = uuid::Uuid::new_v4();
    format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/local/{id}")
}

fn lock(path: &Path) -> Result<File> {
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)?;
            write!(file, "{}", std::process::id())?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            bail!(
                "데이터를 다른 프로세스(pid {holder})가 쓰고 있다: {}\n그쪽을 끝내거나, --data DIR이나 --memory로 따로 시작한다",
                path.display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("잠그지 못했다: {}", path.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_opening_is_refused_and_names_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::Folder(folder.path().to_owned());
        let first = Data::open(&storage).unwrap();
        let message = Data::open(&storage).unwrap_err().to_string();
        assert!(
            message.contains(&std::process::id().to_string()) && message.contains("--memory"),
            "{message}"
        );
        let id = first.stack_id().to_owned();
        drop(first);
        assert_eq!(Data::open(&storage).unwrap().stack_id(), id);
    }

    #[test]
    fn memory_has_no_file_and_a_new_stack_every_time() {
        let (one, two) = (Data::open(&Storage::Memory).unwrap(), Data::open(&Storage::Memory).unwrap());
        assert!(one.file().is_none() && one.stack_id() != two.stack_id());
    }
}
