//! Builds the book with mdBook's own library, in this process, so that nobody has to install mdBook.
//! Knows mdbook-driver and the preprocessor's library; the result is what `mdbook build` writes, byte for byte.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mdbook_driver::MDBook;
use mdbook_live::Live;

/// What a finished build has to tell.
#[derive(Debug, Clone)]
pub struct BuildReport {
    /// The folder that holds the HTML.
    pub html: PathBuf,
    /// Chapters written, drafts not counted.
    pub chapters: usize,
    /// What the preprocessor remarked without failing, as `file:line:column: …`, e.g. a missing recording.
    pub remarks: Vec<String>,
    /// How long loading and building took.
    pub elapsed: Duration,
}

/// Builds the book whose `book.toml` lies in `book_root`.
///
/// `dest` is relative to the current folder; `None` means the folder that `book.toml` names. Blocking, and `MDBook`
/// cannot move between threads: call it on a thread of its own.
///
/// # Errors
/// Whatever mdBook or the preprocessor reports. The preprocessor's error names every faulty place of the book at
/// once, as `file:line:column`.
pub fn build_once(book_root: &Path, dest: Option<&Path>) -> Result<BuildReport> {
    let started = Instant::now();
    let config = book_root.join("book.toml");
    if !config.is_file() {
        bail!("책이 없다: {} 파일을 찾지 못했다", config.display());
    }
    let mut book = MDBook::load(book_root)?;
    if let Some(dest) = dest {
        book.config.build.build_dir = std::path::absolute(dest)
            .with_context(|| format!("결과를 쓸 폴더를 알 수 없다: {}", dest.display()))?;
    }
    let remarks = Rc::new(RefCell::new(Vec::new()));
    // Under the same name it takes the place of the command in book.toml and keeps its position. A book that does
    // not ask for the preprocessor does not get it, as with mdBook itself.
    if book.config.contains_key("preprocessor.live") {
        let remarks = Rc::clone(&remarks);
        book.with_preprocessor(Live::new(move |problem| remarks.borrow_mut().push(problem.to_string())));
    }
    book.build()?;
    let chapters = book
        .iter()
        .filter(|item| matches!(item, mdbook_driver::book::BookItem::Chapter(chapter) if !chapter.is_draft_chapter()))
        .count();
    let remarks = remarks.take();
    Ok(BuildReport { html: book.build_dir_for("html"), chapters, remarks, elapsed: started.elapsed() })
}
