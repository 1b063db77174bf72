//! Sends the blocks of a book to a running service: the chapter is the test, and its answers are the recordings.
//! Knows everything below; prints nothing, so a program and another crate's test can use it alike.

mod answer;
mod chapter;
mod record;
mod report;
mod service;
mod source;
mod stand_in;
mod tokens;

use std::path::{Path, PathBuf};

pub use record::Provenance;
pub use report::{BlockReport, Report, Written};

use crate::{place::Problems, recording::load_recording};
use chapter::ChapterRun;
use record::Recorder;
use service::Service;
use source::BookOnDisk;

/// Why a run did not take place or could not be finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The book itself has mistakes.
    #[error("{0}")]
    Book(#[from] Problems),
    /// book.toml or SUMMARY.md cannot be read.
    #[error("책을 읽을 수 없다({path}): {reason}. --book으로 book.toml이 있는 폴더를 준다.")]
    Load {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// The address is none.
    #[error("주소 `{0}`을(를) 쓸 수 없다. --base http://127.0.0.1:3000처럼 준다.")]
    Base(String),
    /// Neither the caller nor book.toml names an address.
    #[error("서비스의 주소가 없다. --base http://127.0.0.1:3000처럼 준다.")]
    NoBase,
    /// Nobody answers.
    #[error("{base}에 연결할 수 없다({reason}). 서비스를 먼저 띄우고 주소와 포트를 확인한다.")]
    Unreachable {
        /// The address.
        base: String,
        /// What went wrong.
        reason: String,
    },
    /// A recording cannot be written.
    #[error("기록을 쓸 수 없다({path}): {reason}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// The operating system gives no random numbers.
    #[error("운영 체제에서 난수를 얻지 못했다({0}).")]
    Random(String),
    /// No chapter has the asked-for path.
    #[error("`{0}`에 맞는 장이 없다. SUMMARY.md에 적힌 경로로 준다.")]
    NoChapter(String),
}

/// Which blocks to send, and where.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The folder of book.toml.
    pub book: &'a Path,
    /// Scheme, host and port of the service; what `{{api}}` adds is a path. May be left out when `api` in book.toml
    /// has a scheme and a host itself.
    pub base: Option<&'a str>,
    /// Only chapters whose path ends with this.
    pub chapter: Option<&'a str>,
}

/// Runs every block of the book against `base` and judges status, headers, asserts and claims.
///
/// # Errors
/// The book has mistakes, or nobody answers at `base`. Failed checks are no error: see [`Report::passed`].
pub fn check(base: &str, book: &Path) -> Result<Report, RunError> {
    check_each(&Plan { book, base: Some(base), chapter: None }, &mut |_| {})
}

/// [`check`] for a part of the book; `seen` is told of each block as soon as it is done.
///
/// # Errors
/// As [`check`].
pub fn check_each(plan: &Plan<'_>, seen: &mut dyn FnMut(&BlockReport)) -> Result<Report, RunError> {
    run(plan, None, seen)
}

/// Runs every block like [`check_each`] and writes the answers of those that passed below the book's source folder.
/// A recording whose answer has not changed is left alone.
///
/// # Errors
/// As [`check`], or a recording cannot be written.
pub fn record(
    plan: &Plan<'_>,
    provenance: &Provenance,
    seen: &mut dyn FnMut(&BlockReport),
) -> Result<Report, RunError> {
    run(plan, Some(provenance), seen)
}

fn run(
    plan: &Plan<'_>,
    provenance: Option<&Provenance>,
    seen: &mut dyn FnMut(&BlockReport),
) -> Result<Report, RunError> {
    let book = BookOnDisk::load(plan.book)?;
    let wanted =
        |path: &str| plan.chapter.is_none_or(|chapter| path.ends_with(chapter.trim_start_matches("./")));
    if let Some(chapter) = plan.chapter
        && !book.chapters.iter().any(|c| wanted(&c.path))
    {
        return Err(RunError::NoChapter(chapter.to_owned()));
    }
    let service = Service::connect(plan.base, &book.settings)?;
    let mut report = Report::default();
    for chapter in book.chapters.iter().filter(|chapter| wanted(&chapter.path)) {
        let mut session = ChapterRun::new(&service, &book.settings)?;
        let mut recorder =
            provenance.map(|provenance| Recorder::new(provenance, &book.settings, service.is_local()));
        for (_, block) in &chapter.blocks {
            let (mut told, answers) = session.block(block);
            if let Some(recorder) = &mut recorder
                && told.passed()
                && told.skipped.is_none()
            {
                let recording = recorder.recording(block, &answers);
                let old = load_recording(&book.recordings, "", block).ok();
                told.written = Some(record::write(&book.recordings, block.id(), &recording, old)?);
            }
            seen(&told);
            report.blocks.push(told);
        }
    }
    Ok(report)
}

/// The blocks of one chapter as a file for the real `hurl` program.
///
/// # Errors
/// The book has mistakes, or `chapter` is none of its chapters.
pub fn export(book: &Path, chapter: &str) -> Result<String, RunError> {
    let book = BookOnDisk::load(book)?;
    let wanted = book.chapters.iter().find(|c| c.path.ends_with(chapter.trim_start_matches("./")));
    let chapter = wanted.ok_or_else(|| RunError::NoChapter(chapter.to_owned()))?;
    Ok(crate::export::export(chapter, &book.settings))
}
