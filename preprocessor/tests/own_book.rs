//! The book of this repository has no mistake that a build can find, with every recording demanded.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

use std::path::Path;

use mdbook_driver::MDBook;
use mdbook_live::Live;
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};

#[test]
fn the_book_is_ready_to_be_published() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book");
    let mut book = MDBook::load(&root).unwrap();
    let checks: Option<toml::Table> = book.config.get("preprocessor.live.checks").unwrap();
    let checks = checks.expect("book.toml asks for checks");
    for key in ["links", "alternatives", "terms", "quotes", "complete", "figures"] {
        assert!(checks.contains_key(key), "book.toml: [preprocessor.live.checks] lacks {key}");
    }
    book.config.set("preprocessor.live.strict", true).unwrap();
    let context = PreprocessorContext::new(book.root.clone(), book.config.clone(), "html".to_owned());
    if let Err(mistakes) = Live::new(|_| {}).run(&context, book.book) {
        panic!("{mistakes}");
    }
}
