//! Reads a built book from its folder into memory, within bounds.
//! Knows the file system; a file's name is its path below the folder, with `/` on every system.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;

/// More than any book of ours; a wrong folder given by mistake ends in a message, not in a full memory.
const MAX_BYTES: u64 = 256 * 1024 * 1024;
const MAX_FILES: usize = 20_000;

/// Name (`guide/index.html`) → content.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Reads the build in `folder`.
///
/// # Errors
/// A file cannot be read, a name is not UTF-8, or the folder is larger than a book can be.
pub fn read(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut total = 0;
    for entry in WalkDir::new(folder) {
        let entry = entry.with_context(|| format!("지은 책을 읽지 못했다: {}", folder.display()))?;
        // Neither folders nor links: mdBook writes plain files, and a link could point anywhere.
        if !entry.file_type().is_file() {
            continue;
        }
        let path = entry.path();
        total += entry.metadata().map_or(0, |metadata| metadata.len());
        if total > MAX_BYTES || files.len() >= MAX_FILES {
            bail!("책이 너무 크다: {} (파일 {MAX_FILES}개, {} MB까지)", folder.display(), MAX_BYTES >> 20);
        }
        let content = std::fs::read(path).with_context(|| format!("읽지 못했다: {}", path.display()))?;
        files.insert(name(folder, path)?, content);
    }
    Ok(files)
}

fn name(folder: &Path, path: &Path) -> Result<String> {
    let relative = path.strip_prefix(folder)?;
    let parts: Option<Vec<&str>> = relative.components().map(|part| part.as_os_str().to_str()).collect();
    Ok(parts.with_context(|| format!("파일 이름이 UTF-8이 아니다: {}", path.display()))?.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_the_build_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/b.html"), "x").unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("leak.txt")).unwrap();
        assert_eq!(read(folder.path()).unwrap(), Files::from([("a/b.html".to_owned(), b"x".to_vec())]));
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let message = format!("{:#}", read(Path::new("nowhere/book")).unwrap_err());
        assert!(message.contains("nowhere/book"), "{message}");
    }
}
