//! What this repository's own book promises beside being built without a mistake, which `stock.rs` sees to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod appendices;
mod listings;
mod modules;
mod notes;
mod scripts;
mod weight;

use std::path::{Path, PathBuf};

fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../book")
}

/// A check that nobody asks for finds nothing.
#[test]
fn the_book_asks_for_every_check() {
    let config: toml::Table =
        toml::from_str(&std::fs::read_to_string(book().join("book.toml")).unwrap()).unwrap();
    let checks = config["preprocessor"]["live"]["checks"].as_table().unwrap();
    for key in ["links", "alternatives", "terms", "quotes", "complete", "figures", "reading"] {
        assert!(checks.contains_key(key), "book.toml: [preprocessor.live.checks] lacks {key}");
    }
}
