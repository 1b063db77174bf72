//! A book in a folder, read by mdBook and handed to the preprocessor in process.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::{
    cell::RefCell,
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

use mdbook_driver::MDBook;
use mdbook_live::Live;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext, book::Book, errors::Error};

/// `tests/<name>` of this crate.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// A book in a temporary folder: (path, content) pairs, book.toml and SUMMARY.md among them.
pub fn written(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    root
}

/// A copy of a fixture that a test may change.
pub fn copied(name: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    copy(&fixture(name), root.path());
    root
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The book after the preprocessor, and its remarks.
pub fn preprocessed(root: &Path) -> (Result<Book, Error>, Vec<String>) {
    let book = MDBook::load(root).unwrap();
    let context = PreprocessorContext::new(book.root.clone(), book.config.clone(), "html".to_owned());
    let (live, remarks) = live();
    let result = live.run(&context, book.book);
    let remarks = remarks.borrow().clone();
    (result, remarks)
}

/// The whole book built by mdBook into a temporary folder.
pub fn built(root: &Path) -> Result<tempfile::TempDir, Error> {
    let out = tempfile::tempdir().unwrap();
    let mut book = MDBook::load(root).unwrap();
    book.config.build.build_dir = out.path().to_owned();
    book.with_preprocessor(live().0);
    book.build().map(|()| out)
}

fn live() -> (Live, Rc<RefCell<Vec<String>>>) {
    let remarks = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&remarks);
    (Live::new(move |remark| heard.borrow_mut().push(remark.to_string())), remarks)
}
