//! The stock mdbook program and `cargo run -- build` write the same book, byte for byte, and every block has its recording.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every file below `folder`, by its path from there.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file());
    let named = |entry: walkdir::DirEntry| {
        let name = entry.path().strip_prefix(folder).unwrap().to_owned();
        (name, std::fs::read(entry.path()).unwrap())
    };
    files.map(named).collect()
}

fn succeed(command: &mut Command) {
    let output = command.env("MDBOOK_PREPROCESSOR__LIVE__STRICT", "true").output();
    let output =
        output.unwrap_or_else(|error| panic!("{command:?}: {error}; ./test installs what is missing"));
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{messages}");
    // mdBook logs an include of a missing file or anchor as an error, and succeeds.
    assert!(!messages.contains("ERROR"), "{command:?}\n{messages}");
}

#[test]
fn the_stock_program_and_the_server_build_the_same_book() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let program = std::env::var_os("MDBOOK_PROGRAM").map(PathBuf::from);
    let program = program.unwrap_or_else(|| root.join("target/tools/bin/mdbook"));
    let (stock, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    succeed(Command::new(program).arg("build").arg(root.join("book")).arg("--dest-dir").arg(stock.path()));
    succeed(Command::new(env!("CARGO_BIN_EXE_local")).arg("build").arg("--dest-dir").arg(own.path()));
    let (stock, own) = (files(stock.path()), files(own.path()));
    assert_eq!(stock.keys().collect::<Vec<_>>(), own.keys().collect::<Vec<_>>());
    let different: Vec<_> =
        stock.iter().filter(|(name, bytes)| own[*name] != **bytes).map(|(name, _)| name).collect();
    assert!(different.is_empty(), "{different:?}");
    assert!(stock.contains_key(Path::new("05-cold-start.html")));
}
