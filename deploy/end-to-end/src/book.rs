//! The real book, built twice: as it is, and as it is after somebody has worked on it.
//! Knows the project's folder and `local build`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use book_files::Files;
use walkdir::WalkDir;

use crate::python::finish;

/// What mdBook writes for another host; `publish` leaves it out.
const LEFT_OUT: [&str; 2] = [".nojekyll", "CNAME"];

/// A built book in its folder.
pub struct Edition {
    pub folder: PathBuf,
    /// What is published of it.
    pub files: Files,
}

/// Builds the book of the project at `root` into `folder`.
///
/// # Errors
/// The book has errors: with all of them.
pub fn build(programs: &Path, root: &Path, folder: &Path) -> Result<Edition> {
    let mut local = Command::new(programs.join("local"));
    finish(local.arg("build").arg("--root").arg(root).arg("--dest-dir").arg(folder))?;
    let mut files = book_files::read(folder)?;
    files.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
    Ok(Edition { folder: folder.to_owned(), files })
}

/// Builds the book as it is after an afternoon's work: a style sheet changed, so every page names another one; a paragraph
/// and a picture more. `copy` becomes the project it is built from.
///
/// # Errors
/// The copy cannot be made, or the change shows in no page.
pub fn build_reworked(programs: &Path, root: &Path, copy: &Path, folder: &Path) -> Result<Edition> {
    if copy.exists() {
        fs::remove_dir_all(copy)?;
    }
    fs::create_dir_all(copy)?;
    // The chapters quote files of the whole project.
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let (name, from) = (entry.file_name(), entry.path().canonicalize()?);
        if name == "book" {
            copy_folder(&from, &copy.join(name))?;
        } else if name != "target" {
            symlink(from, copy.join(name))?;
        }
    }
    append(&copy.join("book/theme/book.css"), "\n.reworked { color: inherit; }\n")?;
    append(
        &copy.join("book/src/03-pros.md"),
        "\n새로 쓴 문단이다.\n\n![한 칸짜리 새 그림](images/new.svg)\n",
    )?;
    let picture = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"/>\n";
    fs::write(copy.join("book/src/images/new.svg"), picture)?;
    build(programs, copy, folder)
}

/// Writes the edition once more, one of its pages with another comment in it.
///
/// # Errors
/// The page cannot be written.
pub fn with_one_page_changed(edition: &Edition, page: &str, folder: &Path) -> Result<Edition> {
    let mut files = edition.files.clone();
    files.get_mut(page).with_context(|| page.to_owned())?.extend_from_slice(b"<!-- changed -->\n");
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    for (name, content) in &files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().context("parent")?)?;
        fs::write(path, content)?;
    }
    Ok(Edition { folder: folder.to_owned(), files })
}

fn append(path: &Path, more: &str) -> Result<()> {
    ensure!(path.is_file(), "{}이 없다", path.display());
    let text = fs::read_to_string(path)?;
    fs::write(path, format!("{text}{more}"))?;
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for entry in WalkDir::new(from) {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            fs::create_dir_all(target)?;
        } else {
            // Through links: a link into the project would lead out of the copy.
            fs::copy(entry.path(), target).with_context(|| entry.path().display().to_string())?;
        }
    }
    Ok(())
}
