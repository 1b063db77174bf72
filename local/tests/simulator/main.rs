//! The book's environment simulator, held to the rules that run: the Rust placement on a virtual clock, the figures drawn from
//! it, and the page's script in a real Chromium.
//!
//! `UPDATE_SIMULATIONS=1 cargo test -p local --test simulator` writes the vectors' expected side and the figures anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod browser;
mod figure;
mod fragments;
mod limits;
mod model;
mod vectors;

use std::path::{Path, PathBuf};

/// A path below the project's folder.
fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Holds a file to what it should contain, or writes it where `UPDATE_SIMULATIONS=1` asks for that.
fn hold(path: &Path, expected: &str) {
    if std::env::var("UPDATE_SIMULATIONS").is_ok_and(|value| value == "1") {
        std::fs::write(path, expected).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    let place = path.display();
    assert_eq!(found, expected, "{place} differs; UPDATE_SIMULATIONS=1 writes it anew");
}
