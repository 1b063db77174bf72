//! `deploy check` as a person runs it, in a copy of what it reads.

use std::path::Path;

use deploy::check::{Arguments, run};

use crate::read;

const READ: [&str; 4] = ["samconfig.toml", "template.yaml", "deploy/guard.yaml", "book/src/data/prices.toml"];

/// A project of these files alone, `file` changed; no book is built in it.
fn project(file: &str, from: &str, to: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    for name in READ {
        let text = read(name);
        let changed = if name == file { text.replacen(from, to, 1) } else { text.clone() };
        assert_eq!(changed != text, name == file, "{name} does not contain `{from}`");
        write(name, &changed);
    }
    folder
}

fn check(root: &Path, set: &str) -> Result<String, String> {
    run(root, &Arguments { config_env: set.to_owned() }).map_err(|error| format!("{error:#}"))
}

#[test]
fn the_report_says_what_a_month_costs_and_what_was_not_compared() {
    let folder = project("", "", "");
    for set in ["public", "lab", "local"] {
        let report = check(folder.path(), set).unwrap();
        let has = |text: &str| assert!(report.contains(text), "{text}:\n{report}");
        has("지킨다");
        has(&format!("가장 비싼 달 ({set}, 서울 리전"));
        has("GET /api/cold-start/throttled");
        has("book/book이(가) 없어");
    }
}

#[test]
fn a_broken_promise_a_dear_month_and_another_book_are_all_named_at_once() {
    let folder = project("template.yaml", "GenerateSecret: false", "GenerateSecret: true");
    let config = read("samconfig.toml").replace("LargeRate=0.025", "LargeRate=0.3");
    std::fs::write(folder.path().join("samconfig.toml"), config).unwrap();
    let book = folder.path().join("book/book");
    std::fs::create_dir_all(&book).unwrap();
    std::fs::write(book.join("index.html"), "<script>other()</script>").unwrap();
    let error = check(folder.path(), "public").unwrap_err();
    let first = error.lines().next().unwrap();
    assert!(
        ["약속 1곳", "가장 비싼 달이", "`ScriptHashes`가 다르다"].iter().all(|part| first.contains(part)),
        "{first}"
    );
    assert!(error.contains(": ReaderClient: `GenerateSecret`"), "{error}");
    assert!(error.contains("맞춘다:\n'sha256-"), "{error}");
}

#[test]
fn an_unknown_set_and_a_missing_price_are_named() {
    let folder = project("book/src/data/prices.toml", "gb_second_arm", "gb_second_risc");
    let error = check(folder.path(), "public").unwrap_err();
    assert!(error.contains("prices.toml") && error.contains("gb_second_arm"), "{error}");
    assert!(check(folder.path(), "prod").unwrap_err().contains("lab, local, public"));
}
