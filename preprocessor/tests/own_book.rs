//! The book of this repository has no mistake that a build can find, with every recording demanded, and its widgets weigh
//! what they may.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

use std::{path::Path, process::Command};

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

/// Bytes of files of the book's theme, each as `gzip -9` packs it.
fn gzipped(names: &[&str]) -> usize {
    let theme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/theme");
    let packed = |name: &&str| {
        let packed = Command::new("gzip").args(["-9", "-n", "-c"]).arg(theme.join(name)).output().unwrap();
        assert!(packed.status.success() && packed.stdout.len() > 100, "{name}: {packed:?}");
        packed.stdout.len()
    };
    names.iter().map(packed).sum()
}

/// Each file has a bound of its own beside its other tests; together they have less room than apart.
#[test]
fn the_scripts_and_styles_of_all_widgets_are_light() {
    let scripts = gzipped(&["live.js", "lesson.js", "figure.js", "simulator.js", "journey.js"]);
    assert!(scripts <= 14_000, "{scripts} bytes of scripts");
    let styles = gzipped(&["live.css", "book.css"]);
    assert!(styles <= 5_000, "{styles} bytes of styles");
}
