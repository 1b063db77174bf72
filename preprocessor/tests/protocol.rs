//! The real program over mdBook's real protocol: `supports`, then the book as JSON from standard input to output.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

mod book_on_disk;

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use book_on_disk::{fixture, preprocessed};
use mdbook_driver::MDBook;
use mdbook_preprocessor::{PreprocessorContext, book::Book};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mdbook-live"))
}

fn sent(root: &Path) -> Output {
    let book = MDBook::load(root).unwrap();
    let context = PreprocessorContext::new(book.root.clone(), book.config.clone(), "html".to_owned());
    let input = serde_json::to_vec(&(&context, &book.book)).unwrap();
    let mut child =
        program().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn supports_html_and_nothing_else() {
    assert!(program().args(["supports", "html"]).status().unwrap().success());
    assert!(!program().args(["supports", "epub"]).status().unwrap().success());
}

#[test]
fn the_program_and_the_library_give_the_same_book() {
    let output = sent(&fixture("golden"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let book: Book = serde_json::from_slice(&output.stdout).unwrap();
    let (expected, remarks) = preprocessed(&fixture("golden"));
    assert_eq!(book, expected.unwrap());
    assert_eq!(error.lines().collect::<Vec<_>>(), remarks);
}

#[test]
fn mistakes_leave_no_book() {
    let output = sent(&fixture("mistakes"));
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(error.lines().filter(|line| line.starts_with("src/")).count(), 22, "{error}");
}

#[test]
fn what_is_no_book_is_refused_with_the_needed_version() {
    let mut child =
        program().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{\"sections\": []}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("mdBook 0.5"));
}
